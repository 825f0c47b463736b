/** Streams of the noop driver's VMs: consoles that echo, screens that greet, agents, events. */
import { Duplex } from 'node:stream';
import { CroftError } from '../../../model/error.ts';
import type { NodeHypervisor, NodeLayout } from '../driver.ts';
import type { NoopActs } from './acts.ts';
import { type NodeListener, type NoopVm, type NoopWorld, nodeOf, runs } from './world.ts';

type Streams = Pick<NodeHypervisor, 'console' | 'consoleLog' | 'vnc' | 'guest' | 'watch'>;

/** The greeting of RFB 3.8, RFC 6143 section 7.1.1. */
const greeting = 'RFB 003.008\n';

export function noopStreams(world: NoopWorld, acts: NoopActs, layout: NodeLayout): Streams {
  return {
    async console(reference) {
      return await acts.act({ operation: 'console', vm: reference }, () => {
        const vm = acts.running(layout, reference);
        if (vm.consoleTaken) throw new CroftError('conflict.in-use', `the console of VM ${vm.label} is open already`);
        vm.consoleTaken = true;
        return echo(vm, '', {
          said: (words) => {
            vm.log += words;
          },
          closed: () => {
            vm.consoleTaken = false;
          },
        });
      });
    },
    async vnc(reference) {
      acts.demand('vnc');
      return await acts.act({ operation: 'vnc', vm: reference }, () => {
        return echo(acts.running(layout, reference), greeting, { said: () => undefined, closed: () => undefined });
      });
    },
    async consoleLog(reference, bytes) {
      acts.demand('console-log');
      return await acts.act({ operation: 'consoleLog', vm: reference }, () => (acts.find(layout, reference.id)?.log ?? '').slice(-bytes));
    },
    async guest(reference) {
      acts.demand('guest-agent');
      return await acts.act({ operation: 'guest', vm: reference }, () => {
        const vm = acts.find(layout, reference.id);
        if (!runs(vm)) return null;
        const addresses = vm.launch.ports.map(({ nicId, mac, address }) => ({ nic: nicId, mac, address }));
        return { hostname: vm.launch.hostname, operatingSystem: 'simulated', addresses };
      });
    },
    watch(onEvent) {
      acts.demand('events');
      const listener: NodeListener = (event) => onEvent(event);
      nodeOf(world, layout).listeners.add(listener);
      return {
        async [Symbol.asyncDispose]() {
          nodeOf(world, layout).listeners.delete(listener);
        },
      };
    },
  };
}

function echo({ streams }: NoopVm, first: string, { said, closed }: { said(words: string): void; closed(): void }): Duplex {
  const stream: Duplex = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      if (streams.has(stream)) {
        said(chunk.toString());
        stream.push(chunk);
      }
      done();
    },
    final(done) {
      stream.push(null);
      done();
    },
    destroy(error, done) {
      streams.delete(stream);
      closed();
      done(error);
    },
  });
  streams.add(stream);
  stream.once('end', () => stream.destroy());
  if (first !== '') stream.push(first);
  return stream;
}
