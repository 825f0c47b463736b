/** The expected hash of a published file, from the definition or from the list of checksums that it names. */
import { asCroftError, CroftError } from '../../model/error.ts';
import type { ChecksumAlgorithm, ImageChecksum } from '../../model/image/definition.ts';
import { checksumOf } from '../../model/image/map/checksum-file.ts';
import { urlWords } from '../../model/input/url-words.ts';
import { asSourceFailure, SourceFailure } from './failure.ts';
import { readLocalText } from './local.ts';
import type { Requester } from './request.ts';
import type { Tries } from './tries.ts';
import { parseSource } from './url.ts';

export interface ExpectedChecksum {
  algorithm: ChecksumAlgorithm;
  /** Lower-case hex. */
  value: string;
}

/** The lists of whole distributions have some hundred KiB. */
const listLimit = 4 * 1024 ** 2;
const digits = { sha256: 64, sha512: 128 };

/** Null where the definition has none. Rejects with `image.fetch`, `image.unusable` or the signal's reason. */
export async function expectedChecksum(
  name: string,
  checksum: ImageChecksum | null,
  requester: Requester,
  tries: Tries,
  signal: AbortSignal,
): Promise<ExpectedChecksum | null> {
  if (checksum === null) return null;
  if ('value' in checksum) return normalised(name, checksum.algorithm, checksum.value);
  const { algorithm, url, file } = checksum;
  const text = await readList(url, requester, tries, signal).catch((thrown: unknown) => {
    signal.throwIfAborted();
    const { message } = asSourceFailure(thrown);
    throw new CroftError('image.fetch', `The checksums of the image ${name} could not be fetched from ${urlWords(url)}: ${message}`, {
      hint: 'See whether the controller reaches that server, and whether the list is still there.',
      cause: thrown,
    });
  });
  try {
    return { algorithm, value: checksumOf(text, algorithm, file) };
  } catch (thrown) {
    const { code, message, hint } = asCroftError(thrown);
    throw new CroftError(code, `${message} (${urlWords(url)}, for the image ${name})`, {
      ...(hint === undefined ? {} : { hint }),
      cause: thrown,
    });
  }
}

async function readList(source: string, requester: Requester, tries: Tries, signal: AbortSignal): Promise<string> {
  const url = parseSource(source);
  if (url.protocol === 'file:') return await readLocalText(url, listLimit);
  for (;;) {
    try {
      const answer = await requester.get(url, {}, signal);
      try {
        if (answer.status !== 200) {
          throw new SourceFailure(`it answered with status ${answer.status}`, { transient: answer.status >= 500 });
        }
        return await readText(answer.body);
      } finally {
        answer.close();
      }
    } catch (thrown) {
      await tries.failed(thrown, signal);
    }
  }
}

async function readText(body: AsyncGenerator<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body) {
    pieces.push(piece);
    length += piece.length;
    if (length > listLimit) throw new SourceFailure(`it has more than ${listLimit} bytes`);
  }
  return Buffer.concat(pieces).toString();
}

function normalised(name: string, algorithm: ChecksumAlgorithm, value: string): ExpectedChecksum {
  const hex = value.trim().toLowerCase();
  if (new RegExp(`^[0-9a-f]{${digits[algorithm]}}$`).test(hex)) return { algorithm, value: hex };
  throw new CroftError('image.unusable', `The checksum of the image ${name} is no ${algorithm}: ${JSON.stringify(value)}`);
}
