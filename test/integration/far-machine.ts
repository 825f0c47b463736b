/** Two machines on one cable, as network namespaces: one for a database server, and one that can be cut off in silence. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const run = promisify(execFile);

const subnet = '10.76.253';

export interface FarMachines extends AsyncDisposable {
  /** Of the namespace in which the server is to run, and its address, which this machine reaches too. */
  server: { namespace: string; address: string };
  /** Of the namespace of the machine that is cut off. */
  client: { namespace: string };
  /** No packet leaves or reaches the client any more, and nobody is told. */
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** Needs root. Use `ip netns exec NAMESPACE` to run a program on one of them. */
export async function openFarMachines(): Promise<FarMachines> {
  const tag = randomBytes(3).toString('hex');
  const server = `server-${tag}`;
  const client = `client-${tag}`;
  const own = `far${tag}`;
  await using undo = new AsyncDisposableStack();
  const ip = async (...words: string[]) => void (await run('ip', words));
  for (const namespace of [server, client]) {
    await ip('netns', 'add', namespace);
    undo.defer(() => ip('netns', 'delete', namespace));
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
  }
  await ip('-n', server, 'link', 'add', 'bridge', 'type', 'bridge');
  await ip('-n', server, 'address', 'add', `${subnet}.1/24`, 'dev', 'bridge');
  await ip('link', 'add', own, 'type', 'veth', 'peer', 'name', 'near', 'netns', server);
  await ip('-n', client, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'far', 'netns', server);
  for (const port of ['near', 'far']) await ip('-n', server, 'link', 'set', port, 'master', 'bridge', 'up');
  await ip('-n', server, 'link', 'set', 'bridge', 'up');
  await ip('address', 'add', `${subnet}.2/24`, 'dev', own);
  await ip('link', 'set', own, 'up');
  await ip('-n', client, 'address', 'add', `${subnet}.3/24`, 'dev', 'eth0');
  await ip('-n', client, 'link', 'set', 'eth0', 'up');
  /** Both ends of the cable keep their carrier. The numbers are those of the spanning tree's states: forwarding, disabled. */
  const pass = async (passes: boolean) => {
    await run('bridge', ['-n', server, 'link', 'set', 'dev', 'far', 'state', passes ? '3' : '0']);
  };
  const all = undo.move();
  return {
    server: { namespace: server, address: `${subnet}.1` },
    client: { namespace: client },
    cut: () => pass(false),
    mend: () => pass(true),
    [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
  };
}
