/** Unpacks a stream while it arrives: gzip and zstd here, xz and bzip2 by their programs. */
import type { Writable } from 'node:stream';
import { CroftError } from '../../model/error.ts';
import type { Compression } from '../../model/image/definition.ts';
import { startFilter } from '../program.ts';
import { CorruptStream, unpackFrames } from './unpack-frames.ts';

type Unpack = (packed: AsyncGenerator<Buffer>) => AsyncGenerator<Buffer>;

/** Dictionaries of more than this take more memory than a controller should give to one image; `xz -9` needs 65 MiB. */
const xzMemory = '256MiB';

const unpackers: Record<Exclude<Compression, 'none'>, Unpack> = {
  gz: (packed) => unpackFrames(packed, 'gz'),
  zstd: (packed) => unpackFrames(packed, 'zstd'),
  xz: (packed) => unpackBy(packed, 'xz', ['--decompress', '--stdout', `--memlimit-decompress=${xzMemory}`], 'xz-utils'),
  bz2: (packed) => unpackBy(packed, 'bzip2', ['--decompress', '--stdout'], 'bzip2'),
};

/**
 * What was packed, in pieces, each of which lasts until the next one is asked for; all that is packed is read, several
 * members or frames after each other too. Rejects with what `packed` rejects with, with CorruptStream where it is broken, cut
 * short or followed by something else, and with `node.unfit`.
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

/** Resolves with what reading the packed stream failed with. That a program ends early is its own affair, and it says why. */
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
