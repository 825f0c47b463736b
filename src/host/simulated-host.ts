/** A host that exists in memory only: every command succeeds without output, after the time of a round trip. */
import { setTimeout as pause } from 'node:timers/promises';
import { CroftError } from '../model/error.ts';
import type { Host } from './host.ts';

/** `delay` in ms. */
export function createSimulatedHost(name: string, delay: number): Host {
  const refuse = async (what: string): Promise<never> => {
    throw new CroftError('unsupported', `node ${name} is simulated: ${what}`, { node: name });
  };
  return {
    name,
    async batch(commands) {
      if (delay > 0) await pause(delay);
      return commands.map(() => ({ code: 0, stdout: '', stderr: '' }));
    },
    spawn: () => refuse('no program runs there'),
    connect: () => refuse('it has no sockets'),
    login: async () => ({ user: 'root', groupId: 0 }),
    close: async () => undefined,
    end: async () => undefined,
  };
}
