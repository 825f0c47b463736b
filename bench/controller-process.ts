/** A controller as a process of its own, so that what the bench does costs it nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '../src/client/client.ts';
import { homeAt, readOrNull } from '../src/controller/home.ts';
import { findController } from '../src/controller/presence.ts';
import { until } from '../test/support/until.ts';

export interface ControllerProcess extends AsyncDisposable {
  pid: number;
  url: string;
  token: string;
  client: Client;
}

const croft = fileURLToPath(new URL('../croft', import.meta.url));

/** Starts `croft serve` with these flags on a home folder; disposing of it ends it and leaves the VMs running. */
export async function startControllerProcess(folder: string, flags: readonly string[] = []): Promise<ControllerProcess> {
  const home = homeAt(folder);
  const log = openSync(home.log, 'a', 0o600);
  const child = spawn(croft, ['serve', '--port', '0', ...flags], {
    stdio: ['ignore', log, log],
    env: { PATH: process.env.PATH, HOME: folder, CROFT_HOME: folder, CROFT_POWERDOWN_TIME: '1' },
  });
  closeSync(log);
  const url = await until('the controller answers', async () => {
    if (child.exitCode !== null) throw new Error(`the controller ended: ${await readFile(home.log, 'utf8')}`);
    return (await findController(home))?.url || undefined;
  });
  const token = (await readOrNull(home.token)) ?? '';
  return { pid: child.pid ?? 0, url, token, client: createClient({ url, token }), [Symbol.asyncDispose]: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
