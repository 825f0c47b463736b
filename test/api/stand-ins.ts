/** What stands behind the API in its tests: a real store in a folder of its own, and narrow fakes of what lies on nodes. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pino } from 'pino';
import { administratorOnly } from '../../src/access/principals.ts';
import type { ApiDependencies } from '../../src/api/dependencies.ts';
import { createMetrics } from '../../src/api/metrics.ts';
import type { Api } from '../../src/api/route.ts';
import { createApi } from '../../src/api/server.ts';
import type { Principal } from '../../src/model/access/principal.ts';
import { CroftError } from '../../src/model/error.ts';
import { usualTraits } from '../../src/model/image/definition.ts';
import { readImageMap } from '../../src/model/image/map/read.ts';
import { nodeConfigSchema } from '../../src/model/node/node.ts';
import type { Snapshot } from '../../src/model/vm/operations.ts';
import { openStore } from '../../src/store/open.ts';
import type { FetchedImage, Store } from '../../src/store/store.ts';

export const token = 'a-token-for-tests';
export const version = '0.0.0-test';
export const authorization = `Bearer ${token}`;
export const imageHash = createHash('sha256').update('micro').digest('hex');
export const sampleMap = readImageMap(
  'aliases: { late: late-1 }\nimages: { late-1: { source: "https://images.test/late.qcow2", disk: 2GiB, memory: 1GiB } }',
  'images.yaml',
);
export const sampleImage = (name: string, sha256: string, size = 512): FetchedImage => ({
  ...{ name, traits: usualTraits, origin: null },
  content: { sha256, format: 'raw', size, virtualSize: size },
});
export const fingerprint = `SHA256:${'A'.repeat(43)}`;

/** Members by their tokens. */
const members = new Map<string, Principal>(['ann', 'bob'].map((name) => [`token-of-${name}`, { kind: 'member', name }]));
/** The header that a member sends. */
export const authorizationOf = (member: 'ann' | 'bob'): string => `Bearer token-of-${member}`;

type Parts = Partial<ApiDependencies>;
type Replacements = Parts | ((store: Store) => Parts | Promise<Parts>);

export interface Stage extends AsyncDisposable {
  api: Api;
  store: Store;
  /** Of the SQLite database. */
  location: string;
  /** How often the loops were woken. */
  wakes(): number;
  /** Tells followers that events were appended. */
  announce(): void;
  /** How many follow the events now. */
  followers(): number;
  /** What was asked of nodes. */
  asked: string[];
  /** Lines of the log. */
  log: string[];
}

/** A store with the image `micro`, and an API over it. `replace` gives what stands in for parts of what it depends on. */
export async function setStage(replace: Replacements = {}): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'croft-api-'));
  const location = join(folder, 'store.sqlite');
  const store = await openStore({
    location,
    settings: { segments: { first: 100, last: 200 }, transit: '100.64.0.0/16' },
  });
  await store.images.put(sampleImage('micro', imageHash));
  const replaced = typeof replace === 'function' ? await replace(store) : replace;
  const listeners = new Set<() => void>();
  const asked: string[] = [];
  const log: string[] = [];
  let wakes = 0;
  const announce = (): void => {
    for (const listener of listeners) listener();
  };
  const api = await createApi({
    store,
    principals: { byToken: (given) => members.get(given) ?? administratorOnly(token).byToken(given) },
    version,
    leader: () => ({ url: 'http://127.0.0.1:7420', host: 'alpha', pid: 42, since: 0 }),
    transit: '100.64.0.0/16',
    placement: { policy: 'spread', routerGrace: 60_000 },
    metrics: createMetrics(store),
    images: imageIntake(store),
    nodes: nodeGateway(store, asked),
    console: echoConsole,
    operations: snapshotsInMemory(),
    abilitiesOf: (hypervisor) => new Set(hypervisor === 'qemu' ? ['pause'] : []),
    changes: {
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    wake: () => {
      wakes += 1;
      announce();
    },
    logger: pino({ level: 'warn' }, { write: (line: string) => void log.push(line) }),
    ...replaced,
  });
  return {
    api,
    store,
    location,
    announce,
    followers: () => listeners.size,
    asked,
    log,
    wakes: () => wakes,
    async [Symbol.asyncDispose]() {
      await api.close();
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Snapshots that are only names; no guest says anything. */
function snapshotsInMemory(): ApiDependencies['operations'] {
  const made: Snapshot[] = [];
  const known = (name: string): number => {
    const index = made.findIndex((snapshot) => snapshot.name === name);
    if (index < 0) throw new CroftError('not-found', `no snapshot ${name}`);
    return index;
  };
  return {
    snapshots: async () => made,
    async snapshot(_by, _slice, _vm, name, memory) {
      if (made.some((snapshot) => snapshot.name === name)) throw new CroftError('conflict.exists', `snapshot ${name} is there`);
      made.push({ name, memory, at: 1 });
    },
    async revert(_by, _slice, _vm, name) {
      known(name);
    },
    async removeSnapshot(_by, _slice, _vm, name) {
      made.splice(known(name), 1);
    },
    async reboot(_by, _slice, _vm, hard) {
      if (!hard) throw new CroftError('vm.not-running', 'it does not run');
    },
    guest: async () => null,
    async vnc(_slice, vm) {
      if (vm === 'off') throw new CroftError('vm.not-running', 'it does not run');
      const screen = new PassThrough();
      screen.write('RFB 003.008\n');
      return screen;
    },
  };
}

/** Counts and hashes what is uploaded, and holds on to none of it. */
function imageIntake(store: Store): ApiDependencies['images'] {
  return {
    async add(_by, name, content) {
      const hash = createHash('sha256');
      let size = 0;
      for await (const chunk of content as AsyncIterable<Buffer>) {
        hash.update(chunk);
        size += chunk.byteLength;
      }
      return store.images.put(sampleImage(name, hash.digest('hex'), size));
    },
    async remove(_by, name) {
      await store.images.remove(name);
    },
    buildMicro: (_by, name) => store.images.put(sampleImage(name, imageHash)),
    buildDebian: (_by, name) => store.images.put(sampleImage(name, imageHash)),
    map: async () => sampleMap,
    mapAsWritten: async () => sampleMap,
    async definition(name, given) {
      const wanted = given ?? sampleMap.images.get(name);
      if (wanted === undefined) throw new CroftError('not-found', `no ${name}`);
      return wanted;
    },
    wake: () => undefined,
    progress: () => null,
    verify: async () => [{ node: null, outcome: 'intact', message: null }],
    collect: async ({ dryRun }) => [{ node: null, images: dryRun ? [] : [imageHash], bytes: dryRun ? 0 : 5, failure: null }],
    async open(name) {
      const { content } = await store.images.get(name);
      if (content === null) throw new CroftError('not-found', `${name} was not fetched`);
      return { content, stream: Readable.from([Buffer.alloc(content.size)]) };
    },
  };
}

function nodeGateway(store: Store, asked: string[]): ApiDependencies['nodes'] {
  return {
    reach: async (config) => nodeConfigSchema.parse(config),
    async hostKey(target) {
      asked.push(`host-key ${target.address}`);
      return fingerprint;
    },
    doctor: async (name, fix) => ({
      nodes: [
        { node: name ?? 'all', checks: [{ name: 'qemu', ok: fix, detail: fix ? 'installed' : 'missing', fix: 'apt-get install qemu' }] },
      ],
    }),
    async exec(name, work, timeout) {
      asked.push(`exec ${name} ${JSON.stringify(work)} ${timeout}`);
      return { code: 3, stdout: 'out', stderr: 'err' };
    },
    foretellDrain: async () => [{ vm: 'shop/web', movingTo: null, stayReason: 'no node has room' }],
    async forget(_by, name, abandon) {
      const { id } = await store.nodes.get(name);
      return { abandoned: await store.nodes.remove(id, abandon), left: null };
    },
  };
}

/** A guest that sends back what is typed; the one named `off` does not run. */
const echoConsole: ApiDependencies['console'] = {
  async open(slice, vm) {
    if (vm === 'off') throw new CroftError('vm.not-running', `${slice}/${vm} does not run`, { hint: 'start it' });
    return new PassThrough();
  },
  log: async (slice, vm, bytes) => `console of ${slice}/${vm}`.slice(-bytes),
};
