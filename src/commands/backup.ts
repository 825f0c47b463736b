/** Backups in transit: the store's lines, compressed. */
import { createInterface } from 'node:readline';
import { pipeline, type Readable, Readable as ReadableStream } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { CroftError } from '../model/error.ts';
import type { Store } from '../store/store.ts';
import type { CommandContext } from './context.ts';
import type { CommandDependencies } from './dependencies.ts';

/** The store's dump, compressed while it is read. Destroying the stream ends the read. */
export function backupContent(store: Store): Readable {
  return pipeline(ReadableStream.from(withLineEnds(store.backups.dump())), createGzip(), () => undefined);
}

async function* withLineEnds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

/** Rejects with `conflict.confirm` where there is something to lose and `replace` is not set, with `input.*` for a broken backup. */
export async function restoreBackup(
  { principal, store, wake }: CommandContext<Pick<CommandDependencies, 'store' | 'wake'>>,
  content: Readable,
  replace: boolean,
): Promise<void> {
  if (!replace) await refuseLoss(store);
  const message = 'the store was replaced by a backup';
  await store.backups.restore(linesOf(content), [{ kind: 'store.restored', message, actor: principal.name }]);
  wake();
}

async function refuseLoss(store: Store): Promise<void> {
  let unreadable = 0;
  const leftOut = (): void => {
    unreadable += 1;
  };
  const [nodes, slices] = await Promise.all([store.nodes.names(), store.slices.list({}, leftOut)]);
  const sliceCount = slices.length + unreadable;
  if (nodes.size === 0 && sliceCount === 0) return;
  throw new CroftError('conflict.confirm', `the store has ${nodes.size} nodes and ${sliceCount} slices, which the backup would replace`, {
    hint: 'Say `croft restore --replace` to replace them, or restore into a new controller.',
  });
}

/** Throws `input.syntax` where the content is not gzip or ends too early. */
async function* linesOf(content: Readable): AsyncGenerator<string> {
  const text = createGunzip();
  const compressed = pipeline(content, text, () => undefined);
  try {
    yield* createInterface({ input: compressed, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (cause) {
    throw new CroftError('input.syntax', `the backup cannot be unpacked: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
