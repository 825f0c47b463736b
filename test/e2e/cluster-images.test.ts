/** Images from a web server to guests on several hosts, and rules of placement, with everything real. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { until } from '../support/until.ts';
import { ClusterStage } from './cluster-stage.ts';

const patience = 60_000;

let stage: ClusterStage;
let server: Server;
let url: string;
let packed: Buffer;
let sum: string;
let failing = true;

before(async () => {
  stage = await ClusterStage.open({ hosts: 3, adopt: false });
  const nodes = await stage.nodes();
  await Promise.all(nodes.map((node) => stage.client.nodes.add({ ...node, pool: node.name === 'lab3' ? 'slow' : 'fast' })));
  await Promise.all(nodes.map(({ name }) => stage.nodeIs(name, 'ready')));
  packed = zstdCompressSync(await buffer(Readable.from(await stage.client.images.content('micro'))));
  sum = createHash('sha256').update(packed).digest('hex');
  server = createServer((request, response) => {
    if (request.url === '/guest.raw.zst' && !failing) response.end(packed);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  server?.close();
  await stage?.[Symbol.asyncDispose]();
});

test('SC8 a VM waits for its image with the reason while the server fails, and starts once the image was fetched', async () => {
  const { client } = stage;
  await client.images.pull('guest', { definition: { source: `${url}/guest.raw.zst`, sha256: sum } });
  const { task } = await client.slices.apply({ file: { slice: 'early', vms: { one: { image: 'guest', memory: '128MiB', nics: [] } } } });
  assert.ok(task);
  await until(
    'the VM says why it waits',
    async () => /guest.*404/s.test((await client.vms.get('early', 'one')).reason ?? '') || undefined,
    patience,
  );
  failing = false;
  await client.images.pull('guest', { definition: { source: `${url}/guest.raw.zst`, sha256: sum } });
  await stage.done(task);
  assert.equal((await client.vms.get('early', 'one')).state, 'running');
  await stage.remove('early');
});

test('SC9 an image is kept in advance on the nodes of a pool, and taken away again once nothing names it', async () => {
  const { client } = stage;
  await client.images.prepull('guest', ['pool:fast']);
  const image = await until(
    'the image is where it is kept',
    async () => {
      const view = await client.images.get('guest');
      return view.nodes.includes('lab1') && view.nodes.includes('lab2') ? view : undefined;
    },
    patience,
  );
  const file = (name: string) => stage.on(name, 'ls "$1" || :', `/var/lib/croft/node/${stage.controllerId}/images`);
  assert.match(await file('lab1'), new RegExp(image.content?.sha256 ?? '-'));
  const checks = await client.images.verify('guest');
  assert.deepEqual(new Set(checks.map(({ outcome }) => outcome)), new Set(['intact']));
});

test('CR4 VMs keep to their pool and apart from each other; what has no place says what would make one', async () => {
  const { client } = stage;
  const web = { image: 'guest', memory: '64MiB', nics: [], count: 3, placement: { pools: ['fast'], antiAffinity: { required: ['web'] } } };
  const file = { slice: 'apart', vms: { web } };
  const planned = await client.slices.plan({ file });
  assert.match(planned.places.find(({ vm }) => vm === 'web-3')?.reason ?? '', /apart/);
  await client.slices.apply({ file });
  const views = await until(
    'two of the VMs run',
    async () => {
      const vms = await client.vms.list({ slice: 'apart' });
      return vms.filter(({ state }) => state === 'running').length === 2 ? vms : undefined;
    },
    patience,
  );
  assert.deepEqual(views.flatMap(({ node }) => node ?? []).sort(), ['lab1', 'lab2']);
  assert.match(views.find(({ node }) => node === null)?.reason ?? '', /lab1.*apart.*lab3.*pool/s);
  await stage.remove('apart');
});

test('CR4 VMs that are to be placed together wait together, and start together once there is room', async () => {
  const { client } = stage;
  await client.nodes.drain('lab2');
  const pair = {
    image: 'guest',
    memory: '64MiB',
    nics: [],
    count: 2,
    placement: { pools: ['fast'], antiAffinity: { required: ['pair'] } },
  };
  await client.slices.apply({ file: { slice: 'pair', placement: { together: true }, vms: { pair } } });
  await until(
    'both wait with a reason',
    async () => (await client.vms.list({ slice: 'pair' })).every(({ node, reason }) => node === null && reason !== null) || undefined,
    patience,
  );
  await client.nodes.resume('lab2');
  await until(
    'both run',
    async () => (await client.vms.list({ slice: 'pair' })).every(({ state }) => state === 'running') || undefined,
    patience,
  );
  await stage.remove('pair');
});
