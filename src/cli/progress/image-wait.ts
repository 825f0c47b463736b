/** Waits until an image is fetched, and until it is on the nodes that keep it in advance, with its progress shown. */
import { setTimeout as pause } from 'node:timers/promises';
import { CroftError } from '../../model/error.ts';
import type { ImageView, PullProgress } from '../../model/image/view.ts';
import type { NodeView } from '../../model/node/view.ts';
import type { CliContext } from '../context.ts';
import { Interrupted } from '../interrupted.ts';
import { sizeInWords } from '../output/quantity.ts';
import { LiveLines } from './live-lines.ts';
import { transferLine } from './transfer-line.ts';

/** ms between polls. */
const lookEvery = 250;

/**
 * Resolves with the image once it is present. Rejects with `command.failed` and the reason where an attempt failed, `command.timeout`,
 * and Interrupted on Ctrl-C; in all three cases the controller may continue.
 */
export async function waitForImage(context: CliContext, name: string, timeout: number): Promise<ImageView> {
  const client = await context.client();
  const ending = new AbortController();
  const release = context.environment.onInterrupt(() => ending.abort());
  const deadline = Date.now() + timeout;
  const display = new ImageDisplay(context, name);
  try {
    while (Date.now() < deadline) {
      const [view, nodes] = await Promise.all([client.images.get(name), client.nodes.list()]);
      refuseFailed(view);
      const lacking = view.pull === null ? targetsOf(view, nodes).filter((node) => !view.nodes.includes(node)) : [];
      if (view.pull === null && lacking.length === 0) return view;
      display.show(view, lacking);
      await pause(lookEvery, undefined, { signal: ending.signal }).catch(() => {
        throw new Interrupted(`the fetching of ${name} continues in the background; \`croft image show ${name}\` tells how`);
      });
    }
  } finally {
    release();
  }
  throw new CroftError('command.timeout', `image ${name} was not there within ${timeout / 1000} s`, {
    hint: `the fetch continues; see \`croft image show ${name}\``,
  });
}

function refuseFailed({ name, pull }: ImageView): void {
  if (pull === null || pull.reason === null || pull.progress !== null) return;
  throw new CroftError('command.failed', `image ${name} was not fetched: ${pull.reason}`, { hint: 'correct that, then pull it again' });
}

/** Names of the reachable nodes that keep the image in advance. */
function targetsOf({ prepull }: ImageView, nodes: readonly NodeView[]): string[] {
  const wanted = new Set(prepull);
  return nodes
    .filter(({ status }) => status === 'ready')
    .filter(({ name, config }) => wanted.has('all') || wanted.has(`pool:${config.pool}`) || wanted.has(`node:${name}`))
    .map(({ name }) => name);
}

class ImageDisplay {
  readonly #context: CliContext;
  readonly #name: string;
  readonly #lines: LiveLines;
  /** The bytes at the first poll: an earlier attempt's, which say nothing about the rate. */
  #first: { received: number; at: number } | null = null;
  #said = '';

  constructor(context: CliContext, name: string) {
    this.#context = context;
    this.#name = name;
    this.#lines = new LiveLines(context.environment.stderr);
  }

  show({ pull }: ImageView, lacking: readonly string[]): void {
    const progress = pull?.progress ?? null;
    if (this.#context.environment.isTerminal) this.#lines.draw([this.#line(progress, lacking)]);
    else this.#sayOnce(lacking.length > 0 ? `${this.#name}: on its way to ${lacking.join(', ')}` : stage(this.#name, progress));
  }

  #sayOnce(words: string): void {
    if (words !== this.#said) this.#context.say(words);
    this.#said = words;
  }

  #line(progress: PullProgress | null, lacking: readonly string[]): string {
    const width = this.#context.environment.width - 1;
    if (lacking.length > 0) return `${this.#name}: on its way to ${lacking.join(', ')}`.slice(0, width);
    if (progress?.total == null) return stage(this.#name, progress).slice(0, width);
    const { received, total } = progress;
    const now = Date.now();
    if (this.#first === null || received < this.#first.received) this.#first = { received, at: now };
    const { received: before, at } = this.#first;
    return transferLine({ name: this.#name, sent: received, total, before, elapsed: now - at, width });
  }
}

/** For a transfer of unknown size only its beginning is reported. */
function stage(name: string, progress: PullProgress | null): string {
  if (progress === null) return `${name}: waits for its turn`;
  const { phase, received, total, source } = progress;
  if (phase === 'convert') return `${name}: is being converted`;
  return total === null ? `${name}: ${sizeInWords(received)} from ${source}` : `${name}: from ${source}`;
}
