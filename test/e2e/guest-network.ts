/** A network namespace with one network in it: taps for guests on a bridge, and DHCP for them; all gone with the scope. */
import assert from 'node:assert/strict';
import { vmUserId } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { tapName } from '../../src/drivers/network/names.ts';
import { type Command, type Host, run } from '../../src/host/host.ts';
import { newIdentifier } from '../../src/model/identifier.ts';
import type { PortPlan } from '../../src/model/node/plan.ts';
import { port as anyPort } from '../support/vm.ts';

const bridge = 'br0';
const address = '10.77.0.1';

/** `bootFolder`: where `boot.0` is, the program that guests boot from the network. */
export async function openGuestNetwork(outer: Host, { bootFolder }: { bootFolder?: string } = {}) {
  const name = `croft-test-${newIdentifier()}`;
  await succeed(outer, ['ip', 'netns', 'add', name]);
  const host = insideNamespace(outer, name);
  await succeed(host, ['ip', 'link', 'add', bridge, 'type', 'bridge']);
  await succeed(host, ['ip', 'address', 'add', `${address}/24`, 'dev', bridge]);
  await succeed(host, ['ip', 'link', 'set', bridge, 'up']);
  const server = ['dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--leasefile-ro', `--interface=${bridge}`];
  const boot = bootFolder === undefined ? [] : ['--enable-tftp', `--tftp-root=${bootFolder}`, '--dhcp-boot=boot.0'];
  const dhcp = await host.spawn({
    argv: [...(server as [string]), '--dhcp-range=10.77.0.10,10.77.0.10', '--bind-interfaces', '--user=root', '--pid-file=', ...boot],
  });

  return {
    host,
    port(nicId: string): PortPlan {
      return anyPort({ nicId, vmId: '', mac: '52:54:00:00:00:0a', address: '10.77.0.10' });
    },
    async addTap(vmId: string, { nicId }: PortPlan): Promise<void> {
      const tap = tapName(nicId);
      await succeed(host, ['ip', 'tuntap', 'add', 'dev', tap, 'mode', 'tap', 'user', String(vmUserId(vmId))]);
      await succeed(host, ['ip', 'link', 'set', tap, 'master', bridge, 'up']);
    },
    /** What the command prints on the guest, reached by SSH with the key. */
    async login(guest: string, user: string, key: string, command: string): Promise<string> {
      const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'IdentitiesOnly=yes', 'BatchMode=yes', 'LogLevel=ERROR'];
      const flags = options.flatMap((option) => ['-o', option]);
      return succeed(host, ['ssh', '-F', 'none', ...flags, '-i', key, `${user}@${guest}`, command]);
    },
    async [Symbol.asyncDispose]() {
      await dhcp.kill();
      await dhcp.exited;
      await succeed(outer, ['ip', 'netns', 'del', name]);
    },
  };
}

/** The same host, with every command inside a network namespace. */
function insideNamespace(outer: Host, name: string): Host {
  const inside = <T extends Pick<Command, 'argv'>>(command: T): T => ({ ...command, argv: ['ip', 'netns', 'exec', name, ...command.argv] });
  return {
    name: outer.name,
    batch: (commands) => outer.batch(commands.map(inside)),
    spawn: (command) => outer.spawn(inside(command)),
    connect: (path) => outer.connect(path),
    login: () => outer.login(),
    close: () => outer.close(),
    end: () => outer.end(),
  };
}

export async function succeed(host: Host, argv: Command['argv']): Promise<string> {
  const { code, stdout, stderr } = await run(host, { argv });
  assert.equal(code, 0, stderr);
  return stdout;
}
