/** The bytes of a published file: the part downloaded before, then the rest over as many connections as necessary. */

import { isHtml } from '../library/recognise.ts';
import { SourceFailure } from './failure.ts';
import { type PartialFile, StaleDownload, type Validator } from './partial.ts';
import type { Answer, Requester } from './request.ts';
import type { Tries } from './tries.ts';

export interface Download {
  url: URL;
  partial: PartialFile;
  requester: Requester;
  tries: Tries;
  signal: AbortSignal;
  /** Receives the expected number of bytes before anything is written, where the server reports it; may reject. */
  announced(total: number): Promise<void>;
  /** Receives the number of bytes present after each piece; may throw. */
  received(length: number, total: number | null): void;
}

/**
 * Yields each piece once it is in the partial file. Rejects with StaleDownload where the download must begin again, with SourceFailure
 * where the source is given up, and with errors of the callbacks.
 */
export async function* download(job: Download): AsyncGenerator<Buffer> {
  for (;;) {
    try {
      yield* receive(job);
      return;
    } catch (thrown) {
      if (thrown instanceof StaleDownload) throw thrown;
      await job.tries.failed(withPlace(thrown, job.partial), job.signal);
    }
  }
}

async function* receive({ url, partial, requester, tries, signal, announced, received }: Download): AsyncGenerator<Buffer> {
  const offset = partial.length;
  const answer = await requester.get(url, offset === 0 ? {} : goOn(partial), signal);
  try {
    if (offset > 0) {
      if (continues(answer, partial) === 'complete') return;
      partial.pieced = true;
    } else {
      begins(answer);
      const total = wholeNumber(answer.headers['content-length']);
      if (total !== null) await announced(total);
      partial.identify({ validator: validatorOf(answer), total });
    }
    const { total } = partial.origin;
    for await (const chunk of answer.body) {
      // A server may send any number of bytes as the rest of a file.
      if (total !== null && partial.length + chunk.length > total) {
        throw new SourceFailure(`it promised ${total} bytes and sent more`, { content: true });
      }
      if (partial.length === 0 && isHtml(chunk)) throw new SourceFailure('it is not an image: it is an HTML page', { content: true });
      await partial.append(chunk);
      tries.reached(partial.length);
      received(partial.length, total);
      yield chunk;
    }
    if (total !== null && partial.length !== total) {
      throw new SourceFailure(`it promised ${total} bytes and sent ${partial.length}`, { transient: true });
    }
  } finally {
    answer.close();
  }
}

/** The request for the rest; for a complete file the request whether it is still the same. */
function goOn({ length, origin: { validator, total } }: PartialFile): Record<string, string> {
  if (validator === null) throw new StaleDownload('the server gives neither an ETag nor a date to go on by');
  const { kind, value } = validator;
  if (length === total) return { [kind === 'etag' ? 'if-none-match' : 'if-modified-since']: value };
  return { range: `bytes=${length}-`, 'if-range': value };
}

function begins(answer: Answer): void {
  if (answer.status !== 200) throw statusFailure(answer.status);
  checkEncoding(answer);
}

/** Throws StaleDownload where the answer is not the rest of the same file. */
function continues(answer: Answer, { length, origin: { validator, total } }: PartialFile): 'complete' | 'rest' {
  const { status, headers } = answer;
  if (status === 304 && length === total) return 'complete';
  if (status === 200) throw new StaleDownload('the file is another one by now, or the server gives no parts of it');
  if (status === 416) throw new StaleDownload('the file is shorter by now');
  if (status !== 206) throw statusFailure(status);
  checkEncoding(answer);
  const [, from, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
  const isRest = Number(from) === length && (size === '*' || total === null || Number(size) === total);
  const said = validator?.kind === 'etag' ? headers.etag : headers['last-modified'];
  const isSame = said === undefined || said === validator?.value;
  if (!isRest || !isSame) throw new StaleDownload('the server sent another part than was asked for');
  return 'rest';
}

/** Weak ETags are equal for files that differ in bytes, so no download can be resumed by them (RFC 9110, 13.1.5). */
function validatorOf({ headers: { etag, 'last-modified': date } }: Answer): Validator | null {
  if (etag?.startsWith('"') === true) return { kind: 'etag', value: etag };
  return date === undefined ? null : { kind: 'date', value: date };
}

function checkEncoding({ headers }: Answer): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() === 'identity') return;
  throw new SourceFailure(`it encodes what it sends (${JSON.stringify(encoding)}), although it was asked not to`);
}

function statusFailure(status: number): SourceFailure {
  const transient = status >= 500 || [408, 425, 429].includes(status);
  return new SourceFailure(`it answered with status ${status}`, { transient });
}

/** The error of a broken connection names the progress so far. */
function withPlace(thrown: unknown, { length, origin: { total } }: PartialFile): unknown {
  if (!(thrown instanceof SourceFailure) || !thrown.transient || length === 0) return thrown;
  const place = `after ${length}${total === null ? '' : ` of ${total}`} bytes`;
  return new SourceFailure(`${thrown.message}, ${place}`, { transient: true, cause: thrown });
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}
