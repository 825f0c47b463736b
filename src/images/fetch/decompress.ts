/** Unpacks a stream while it arrives: gzip and zstd here, xz and bzip2 by their programs. */
import type { Writable } from 'node:stream';
import { CroftError } from '../../model/error.ts';
import type { Compression } from '../../model/image/definition.ts';
import { startFilter } from '../program.ts';
import { CorruptStream, unpackFrames } from './unpack-frames.ts';

type Unpack = (packed: AsyncGenerator<Buffer>) => AsyncGenerator<Buffer>;

/** Larger dictionaries take more memory than a controller should give to one image; `xz -9` needs 65 MiB. */
const xzMemory = '256MiB';

const unpackers: Record<Exclude<Compression, 'none'>, Unpack> = {
  gz: (packed) => unpackFrames(packed, 'gz'),
  zstd: (packed) => unpackFrames(packed, 'zstd'),
  xz: (packed) => unpackBy(packed, 'xz', ['--decompress', '--stdout', `--memlimit-decompress=${xzMemory}`], 'xz-utils'),
  bz2: (packed) => unpackBy(packed, 'bzip2', ['--decompress', '--stdout'], 'bzip2'),
};

/**
 * The unpacked content, in pieces, each valid until the next one is requested; all packed content is read, including several consecutive
 * members or frames. Rejects with the failure of `packed`, with CorruptStream where the stream is broken, truncated or followed by other
 * content, and with `node.unfit`.
 */
export function decompress(packed: AsyncGenerator<Buffer>, compression: Compression): AsyncGenerator<Buffer> {
  return compression === 'none' ? packed : unpackers[compression](packed);
}

async function* unpackBy(
  packed: AsyncGenerator<Buffer>,
  program: string,
  parameters: string[],
  debianPackage: string,
): AsyncGenerator<Buffer> {
  const filter = startFilter(program, parameters, { debianPackage });
  filter.ended.catch(() => undefined);
  const feeding = feed(packed, filter.input);
  try {
    yield* filter.output;
    const failure = await feeding;
    if (failure !== null) throw failure.thrown;
    const complaint = await filter.ended;
    if (complaint !== '') throw new CorruptStream(complaint);
  } catch (thrown) {
    if (thrown instanceof CroftError && thrown.code === 'command.failed') throw new CorruptStream(thrown.message, { cause: thrown });
    throw thrown;
  } finally {
    filter.kill();
    await feeding;
    await filter.ended.catch(() => undefined);
  }
}

/** Resolves with the failure of reading the packed stream. A program that ends early reports the reason itself. */
async function feed(packed: AsyncGenerator<Buffer>, input: Writable): Promise<{ thrown: unknown } | null> {
  input.on('error', () => undefined);
  try {
    for await (const chunk of packed) if (!(await isWritten(input, chunk))) return null;
    return null;
  } catch (thrown) {
    return { thrown };
  } finally {
    input.end();
  }
}

function isWritten(input: Writable, chunk: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    input.write(chunk, (error) => resolve(error === null || error === undefined));
  });
}
