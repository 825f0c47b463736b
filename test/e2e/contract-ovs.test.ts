/** The contract of network drivers, kept by the driver on a real Open vSwitch. */
import assert from 'node:assert/strict';
import { routerPortName, tapName } from '../../src/drivers/network/names.ts';
import { createOvsDriver } from '../../src/drivers/network/ovs/ovs.ts';
import { underlayOf } from '../../src/model/network/underlay.ts';
import { networkContract } from '../contract/network.ts';
import type { NetworkStage } from '../contract/network-stage.ts';
import { abilities, layoutOn } from './network-plans.ts';
import { type PrivateHost, startPrivateHost } from './private-host.ts';

const picture = `
ip -o link | sed 's/^[0-9]*: \\([^:]*\\): .*/\\1/' | sort
ip netns
ovs-vsctl show
ovs-ofctl --names --no-stats dump-flows br-croft 2>/dev/null | sort
nft list ruleset
pgrep -c -x dnsmasq || :
find "$1" -type f | sort
`;

async function openOvsStage(): Promise<NetworkStage> {
  const on: PrivateHost = await startPrivateHost('one');
  const layout = layoutOn(on);
  await on.sh(
    'ip link add name up0 type veth peer name up1; ip link set dev up0 up; ip link set dev up1 up; mkdir -p "$1"',
    layout.runFolder,
  );
  const routers = `${layout.runFolder}/routers`;
  const toPort = (what: string, script: string) => ({ what, inflict: async (name: string) => void (await on.sh(script, name)) });
  return {
    ...{ driver: createOvsDriver().on({ host: on.host, layout, abilities }), host: on.host },
    underlay: underlayOf(layout),
    otherUnderlay: underlayOf({ ...layout, uplink: 'up1' }),
    damages: {
      underlay: [
        { what: 'record', inflict: async () => void (await on.sh('rm "$1/underlay.json"', layout.runFolder)) },
        { what: 'guard', inflict: async () => void (await on.sh('nft delete table inet "croft_$1"', layout.controllerId)) },
        { what: 'bridge', inflict: async () => void (await on.sh('ovs-vsctl del-br br-croft')) },
      ],
      port: [
        toPort('half: no port of the switch', 'ovs-vsctl del-port "$1"'),
        toPort('half: no tap', 'ip link delete dev "$1"'),
        toPort('half: no label', 'ip link set dev "$1" alias ""'),
        toPort('flows', 'ovs-ofctl del-flows br-croft "in_port=$1"'),
      ],
      router: [
        { what: 'half: no plan', inflict: async ({ sliceId }) => void (await on.sh('rm "$1/$2/plan.json"', routers, sliceId)) },
        {
          what: 'port',
          inflict: async ({ networks }) => void (await on.sh('ovs-vsctl del-port "$1"', routerPortName(networks[0]?.networkId ?? ''))),
        },
      ],
    },
    impossible: async (port) => ({ port: { ...port, segment: 4999 }, [Symbol.asyncDispose]: async () => undefined }),
    async foreign({ nicId }) {
      const name = tapName(nicId);
      await on.sh('ip tuntap add dev "$1" mode tap', name);
      const look = () => on.sh('ip -d link show "$1"', name);
      const before = await look();
      return {
        name,
        intact: async () => assert.equal(await look(), before),
        [Symbol.asyncDispose]: async () => void (await on.sh('ip link delete dev "$1"', name)),
      };
    },
    picture: () => on.sh(picture, layout.runFolder),
    [Symbol.asyncDispose]: () => on.stop(),
  };
}

networkContract('ovs', openOvsStage);
