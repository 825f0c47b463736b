/** A host of its own for tests: private process, mount and network namespaces, with an Open vSwitch or what else it is given; all gone with `stop`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Channel, type Connection, exitCode } from '../../src/host/channel.ts';
import { type Host, run } from '../../src/host/host.ts';
import { NodeHost } from '../../src/host/node-host.ts';

export interface PrivateHost {
  host: Host;
  /** Its folder, of which `run` is its /run. */
  folder: string;
  /** Runs a script with positional parameters on it; rejects where that fails. */
  sh(script: string, ...parameters: string[]): Promise<string>;
  /** Whether the script succeeds. */
  succeeds(script: string, ...parameters: string[]): Promise<boolean>;
  /** Resolves once the script succeeds; rejects after 10 s. */
  until(script: string, ...parameters: string[]): Promise<void>;
  stop(): Promise<void>;
}

const common = `
set -e
mkdir -p "$1/run/netns"
mount --bind "$1/run" /run
ip link set dev lo up
`;

const openVswitch = `
mkdir -p "$1/run/openvswitch" "$1/etc"
mount --bind "$1/etc" /etc/openvswitch
ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
ovsdb-server --remote=punix:/run/openvswitch/db.sock --pidfile=/run/openvswitch/ovsdb-server.pid --log-file="$1/ovsdb-server.log" -vconsole:off --detach
ovs-vsctl --no-wait init
ovs-vswitchd --pidfile=/run/openvswitch/ovs-vswitchd.pid --log-file="$1/ovs-vswitchd.log" -vconsole:off --detach
`;

const serve = `
echo ready
cat
`;

/** `services` starts what runs on it: a script whose argument is the host's folder. */
export async function startPrivateHost(name: string, services: string = openVswitch): Promise<PrivateHost> {
  const folder = await mkdtemp(join(tmpdir(), 'croft-e2e-'));
  await chmod(folder, 0o711);
  const unshare = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child', '--propagation', 'private'];
  const child = spawn('unshare', [...unshare, 'sh', '-c', common + services + serve, 'sh', folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [first] = await Promise.race([once(child.stdout, 'data'), ended.then(() => [''])]);
  if (!String(first).includes('ready')) throw new Error(`the private host ${name} did not start; see its logs in ${folder}`);
  const init = await firstChild(child);
  const enter = (words: string[]) => spawn('nsenter', ['--target', init, '--mount', '--net', '--pid', ...words]);
  const host = new NodeHost({ name, sudo: null, connect: async () => connection((line) => asChannel(enter(['/bin/sh', '-c', line]))) });
  const attempt = (script: string, parameters: string[]) => run(host, { argv: ['sh', '-c', script, 'sh', ...parameters] });
  const succeeds = async (script: string, ...parameters: string[]) => (await attempt(script, parameters)).code === 0;
  return {
    host,
    folder,
    succeeds,
    async sh(script, ...parameters) {
      const result = await attempt(script, parameters);
      if (result.code !== 0)
        throw new Error(`"${script}" (${parameters.join(', ')}) ended with ${result.code}: ${result.stderr}${result.stdout}`);
      return result.stdout;
    },
    async until(script, ...parameters) {
      const deadline = Date.now() + 10_000;
      while (!(await succeeds(script, ...parameters))) {
        if (Date.now() > deadline) throw new Error(`"${script}" (${parameters.join(', ')}) did not come true within 10 s`);
      }
    },
    async stop() {
      await host.close();
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function firstChild(parent: ChildProcess): Promise<string> {
  const children = await readFile(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8');
  return children.trim();
}

function connection(start: (line: string) => Channel): Connection {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const channels: Channel[] = [];
  return {
    closed,
    async open(line) {
      const channel = start(line);
      channels.push(channel);
      return channel;
    },
    socket: async (path) => {
      const socket = createConnection(path);
      await once(socket, 'connect');
      return socket;
    },
    end() {
      for (const channel of channels) channel.destroy();
      resolve();
    },
  };
}

function asChannel(child: ReturnType<typeof spawn>): Channel {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('a shell without streams');
  const { promise: ended, resolve } = Promise.withResolvers<number | null>();
  child.once('close', (code, signal) => resolve(exitCode(code, signal)));
  const destroy = () => {
    resolve(null);
    for (const stream of [stdin, stdout, stderr]) stream.destroy();
  };
  return { stdin, stdout, stderr, ended, destroy };
}
