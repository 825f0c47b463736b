import assert from 'node:assert/strict';
import { networkContract } from '../../../../test/contract/network.ts';
import { type NetworkStage, nothing } from '../../../../test/contract/network-stage.ts';
import { FakeHost } from '../../../../test/support/fake-host.ts';
import { CroftError } from '../../../model/error.ts';
import { underlayOf } from '../../../model/network/underlay.ts';
import type { NodeLayout } from '../../hypervisor/driver.ts';
import { createNoopNetworkDriver, type NoopNetwork } from './noop.ts';

async function openNoopStage(): Promise<NetworkStage> {
  const driver = createNoopNetworkDriver({ now: () => 0 });
  const layout: NodeLayout = { controllerId: 'c', stateFolder: '/n1/c', runFolder: '/run/c', bridge: 'br-croft', uplink: null };
  const theirs: NodeLayout = { ...layout, controllerId: 'd', stateFolder: '/n1/d' };
  const host = new FakeHost();
  const abilities = { accelerator: { kind: 'tcg', reason: '' }, architecture: 'x86_64', datapath: 'netdev' } as const;
  const here = (): NoopNetwork => {
    const network = driver.networks.get(layout.stateFolder);
    assert.ok(network);
    return network;
  };
  const picture = ({ underlay, ports, routers }: NoopNetwork) => JSON.stringify([underlay, [...ports], [...routers]]);
  return {
    ...{ driver: driver.on({ host, layout, abilities }), host, underlay: underlayOf(layout) },
    otherUnderlay: { kind: 'vxlan', bridge: 'br-croft', mtu: 1450, peers: [{ node: 'n2', address: '192.0.2.2' }], address: '192.0.2.1' },
    damages: {
      underlay: [{ what: 'faults', inflict: async () => void Object.assign(here().underlay, { healthy: false, faults: ['broken'] }) }],
      port: [
        { what: 'unhealthy', inflict: async (name) => void Object.assign(here().ports.get(name) ?? {}, { healthy: false }) },
        { what: 'gone', inflict: async (name) => void here().ports.delete(name) },
      ],
      router: [
        {
          what: 'faults',
          inflict: async ({ sliceId }) => void Object.assign(here().routers.get(sliceId) ?? {}, { healthy: false, faults: ['broken'] }),
        },
      ],
    },
    async impossible(port) {
      driver.failure = (_, subject) => (subject === port.vmId ? new CroftError('network.port', 'as the test wants it') : null);
      const undo = async () => {
        driver.failure = () => null;
      };
      return { port, [Symbol.asyncDispose]: undo };
    },
    async foreign(port) {
      const another = driver.on({ host, layout: theirs });
      await another.attach([port]);
      const present = () => picture(driver.networks.get(theirs.stateFolder) as NoopNetwork);
      const before = present();
      return {
        name: 'ct-of-another-node',
        intact: async () => assert.equal(present(), before),
        [Symbol.asyncDispose]: () => another.purge(),
      };
    },
    async picture() {
      const network = driver.networks.get(layout.stateFolder);
      const empty = network === undefined || (network.underlay.hash === null && network.ports.size + network.routers.size === 0);
      return empty ? 'nothing' : picture(network);
    },
    [Symbol.asyncDispose]: nothing,
  };
}

networkContract('noop', openNoopStage);
