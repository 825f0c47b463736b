/** The command line against a stage's controller, in this process. */
import { Writable } from 'node:stream';
import type { Client } from '../../src/client/client.ts';
import { type Outcome, runFake } from '../support/fake-environment.ts';

/** Wide enough that no table leaves a column out. */
const width = 400;

export function croft(client: Client, words: readonly string[], input?: string): Promise<Outcome> {
  return runFake(words, { client, width, ...(input !== undefined && { input }) });
}

/**
 * Runs a command that continues until Ctrl-C. That comes once `enough` holds of all that it has printed, or rejects, with which
 * this rejects too.
 */
export async function croftUntil(
  client: Client,
  words: readonly string[],
  enough: (printed: string) => boolean | Promise<boolean>,
  input?: string,
): Promise<string> {
  let printed = '';
  let interrupt = (): void => undefined;
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();
  const screen = (): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        printed += chunk.toString();
        Promise.resolve(enough(printed)).then((is) => is && resolve(), reject);
        done();
      },
    });
  const running = runFake(words, {
    ...{ client, width, stdout: screen(), stderr: screen() },
    ...(input !== undefined && { input }),
    onInterrupt(listener) {
      interrupt = listener;
      return () => undefined;
    },
  });
  try {
    await Promise.race([
      over,
      running.then(({ code }) => Promise.reject(new Error(`croft ${words.join(' ')} ended with ${code} after:\n${printed}`))),
    ]);
  } finally {
    interrupt();
    await running;
  }
  return printed;
}
