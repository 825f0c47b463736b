/** What a node is to carry, as the store says it: VMs with all that they are started from, and routers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageContent } from '../../src/model/image/image.ts';
import { planHash } from '../../src/model/node/plan.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { onBothDatabases } from './databases.ts';
import { addReadyNode, apply, lanSlice, networkSpec, putImage, toNode, vmSpec } from './samples.ts';

onBothDatabases(({ open }) => {
  test('CR6 what is wanted on a node is whole: image, ports with segments, routers with leases and names', async (t) => {
    const impairment = { delay: 20_000, jitter: null, loss: null, rate: null };
    const store = await open(t);
    const image = await putImage(store);
    const networks = [networkSpec('lan', '10.0.0.0/24'), networkSpec('wan', '10.0.1.0/24', { internet: true, impairment })];
    const vms = [
      vmSpec('b', ['wan'], { restart: 'always' }),
      vmSpec('a', ['lan', 'wan'], { userData: '#!/bin/sh\n', sshKeys: ['ssh-ed25519 AAAA'] }),
    ];
    const slice = await apply(store, { name: 'blue', networks, vms });
    const node = await addReadyNode(store, 'n1');
    const elsewhere = await addReadyNode(store, 'n2');
    const a = await store.vms.get('blue', 'a');
    const b = await store.vms.get('blue', 'b');
    await store.placement.commit([toNode('vm', a.id, node.id), toNode('vm', b.id, elsewhere.id), toNode('router', slice.id, node.id)]);
    const wanted = (await store.placement.onNode(node.id, [])).wanted;
    const { sha256, format, size } = image.content as ImageContent;
    const [eth0, eth1] = a.nics;
    assert.ok(eth0 && eth1 && b.nics[0]);
    assert.deepEqual(wanted.vms, [
      {
        launch: {
          id: a.id,
          hostname: 'a',
          cpus: 1,
          memory: 128 * mebibyte,
          disk: null,
          image: { id: image.id, sha256, format, size },
          volumes: [],
          firmware: 'bios',
          ports: [
            { nicId: eth0.id, vmId: a.id, mac: eth0.mac, address: '10.0.0.2', segment: 100, model: 'virtio', dhcp: true, impairment: null },
            { nicId: eth1.id, vmId: a.id, mac: eth1.mac, address: '10.0.1.2', segment: 101, model: 'virtio', dhcp: true, impairment },
          ],
          userData: '#!/bin/sh\n',
          cloudConfig: null,
          bootOrder: null,
          sshKeys: ['ssh-ed25519 AAAA'],
          boot: 0,
        },
        label: 'blue/a',
        desired: 'running',
        generation: 1,
        settled: false,
        missingImages: [],
        movingTo: null,
        restart: 'on-failure',
        restarts: 0,
        restartAt: null,
        launchRetry: null,
        changeRetry: null,
        diskRetry: null,
      },
    ]);
    const [lan, wan] = await store.slices.networks(slice.id);
    assert.deepEqual(wanted.routers, [
      {
        sliceId: slice.id,
        slice: 'blue',
        transit: '100.64.0.0/30',
        networks: [
          {
            networkId: lan?.id,
            name: 'lan',
            segment: 100,
            cidr: '10.0.0.0/24',
            gateway: '10.0.0.1',
            internet: false,
            dhcp: true,
            leases: [{ mac: eth0.mac, address: '10.0.0.2', hostname: 'a' }],
            names: [
              { hostname: 'a', address: '10.0.0.2' },
              { hostname: 'b', address: '10.0.1.3' },
            ],
          },
          {
            networkId: wan?.id,
            name: 'wan',
            segment: 101,
            cidr: '10.0.1.0/24',
            gateway: '10.0.1.1',
            internet: true,
            dhcp: true,
            leases: [
              { mac: eth1.mac, address: '10.0.1.2', hostname: 'a' },
              { mac: b.nics[0].mac, address: '10.0.1.3', hostname: 'b' },
            ],
            names: [
              { hostname: 'a', address: '10.0.1.2' },
              { hostname: 'b', address: '10.0.1.3' },
            ],
          },
        ],
      },
    ]);
    assert.equal((await store.placement.onNode(elsewhere.id, [])).wanted.routers.length, 0);
  });

  test('CR6 what did not change has the same hash, and what is absent is still wanted gone', async (t) => {
    const store = await open(t);
    await putImage(store);
    const slice = await apply(store, lanSlice('blue', 12));
    const node = await addReadyNode(store, 'n1');
    const vms = await store.vms.list();
    await store.placement.commit([...vms.map(({ id }) => toNode('vm', id, node.id)), toNode('router', slice.id, node.id)]);
    const before = (await store.placement.onNode(node.id, [])).wanted;
    await apply(store, { ...slice.spec, vms: slice.spec.vms.filter(({ name }) => name !== 'vm12') });
    const after = (await store.placement.onNode(node.id, [])).wanted;
    const hashes = (wanted: typeof before) => wanted.vms.filter(({ label }) => label !== 'blue/vm12').map(({ launch }) => planHash(launch));
    assert.deepEqual(hashes(after), hashes(before));
    const gone = after.vms.find(({ label }) => label === 'blue/vm12');
    assert.deepEqual([gone?.desired, gone?.launch.ports], ['absent', []]);
    assert.equal(after.routers[0]?.networks[0]?.leases.length, 11);
    await store.slices.desire('blue', 'absent');
    assert.deepEqual((await store.placement.onNode(node.id, [])).wanted.routers, []);
  });

  test('CR5 a slice without networks has no router', async (t) => {
    const store = await open(t);
    const slice = await apply(store, { name: 'alone', networks: [], vms: [] });
    const node = await addReadyNode(store, 'n1');
    await store.placement.commit([toNode('router', slice.id, node.id)]);
    assert.deepEqual((await store.placement.onNode(node.id, [])).wanted, {
      underlay: { kind: 'trunk', bridge: 'br-croft', uplink: null, mtu: null, peers: [] },
      vms: [],
      arriving: [],
      leftovers: [],
      abandoned: [],
      images: [],
      routers: [],
    });
  });
});
