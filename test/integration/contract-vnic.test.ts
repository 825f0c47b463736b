/** The contract of network drivers, kept by the driver for illumos' virtual NICs on stand-ins of illumos' programs. */
import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import type { NodeAbilities, NodeLayout } from '../../src/drivers/hypervisor/driver.ts';
import { etherstubName, vnicName } from '../../src/drivers/network/names.ts';
import { plansFolder } from '../../src/drivers/network/vnic/state.ts';
import { createVnicDriver } from '../../src/drivers/network/vnic/vnic.ts';
import { underlayOf } from '../../src/model/network/underlay.ts';
import { networkContract } from '../contract/network.ts';
import type { NetworkStage } from '../contract/network-stage.ts';
import { openStandIns } from '../stand-ins/zones/machine.ts';

const abilities: NodeAbilities = { accelerator: { kind: 'bhyve', reason: '' }, architecture: 'x86_64', datapath: 'system' };

async function openVnicStage(): Promise<NetworkStage> {
  const machine = await openStandIns();
  const controllerId = 'abcd2345';
  const folders = { stateFolder: `${machine.pool}/state`, runFolder: `${machine.pool}/run` };
  const layout: NodeLayout = { controllerId, bridge: 'b', uplink: null, ...folders };
  await machine.change((now) => {
    now.links = { e1000g0: { kind: 'phys', over: '', properties: {} } };
  });
  const properties = (what: string, damage: Record<string, string>) => ({
    what,
    inflict: (name: string) => machine.change(({ links }) => void Object.assign(links[name]?.properties ?? {}, damage)),
  });
  return {
    ...{ driver: createVnicDriver().on({ host: machine.host, layout, abilities }), host: machine.host },
    underlay: underlayOf(layout),
    otherUnderlay: underlayOf({ ...layout, uplink: 'e1000g0' }),
    damages: {
      underlay: [
        { what: 'record', inflict: () => rm(`${layout.runFolder}/underlay.json`) },
        { what: 'virtual switch', inflict: () => machine.change(({ links }) => void delete links[etherstubName(controllerId)]) },
      ],
      port: [
        properties('protection', { protection: 'mac-nospoof' }),
        properties('address', { 'allowed-ips': '10.0.0.9' }),
        properties('VLAN', { vlan: '7' }),
        properties('MAC', { mac: '02:00:00:00:00:ff' }),
        { what: 'half: no plan', inflict: (name) => rm(`${plansFolder(layout)}/${name}`) },
      ],
      router: [],
    },
    async impossible(port) {
      await machine.change(({ faults }) => void faults.push(`vnic ${port.segment}`));
      return { port, [Symbol.asyncDispose]: () => machine.change(({ faults }) => void faults.splice(0)) };
    },
    async foreign({ nicId }) {
      const name = vnicName('other234', nicId);
      const link = { kind: 'vnic' as const, over: 'e1000g0', properties: { mac: '02:00:00:00:00:aa', vlan: '7' } };
      await machine.change(({ links }) => void Object.assign(links, { [name]: link }));
      return {
        name,
        intact: async () => assert.deepEqual((await machine.read()).links[name], link),
        [Symbol.asyncDispose]: () => machine.change(({ links }) => void delete links[name]),
      };
    },
    async picture() {
      const links = Object.entries((await machine.read()).links).sort(([a], [b]) => (a < b ? -1 : 1));
      const plans = await readdir(plansFolder(layout)).catch(() => []);
      return JSON.stringify([links, plans.sort()]);
    },
    [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose](),
  };
}

networkContract('vnic', openVnicStage);
