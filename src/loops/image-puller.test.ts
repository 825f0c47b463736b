import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CroftError } from '../model/error.ts';
import type { ImageDefinition } from '../model/image/definition.ts';
import { usualTraits } from '../model/image/definition.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { type ImageFetcher, ImagePuller } from './image-puller.ts';
import { Journal } from './journal.ts';

const definition = (name: string): ImageDefinition => ({
  ...{ name, sources: [`https://images.test/${name}`], checksum: null, compression: 'none', format: null, traits: usualTraits },
});

type FetchedImage = Awaited<ReturnType<ImageFetcher['fetch']>>;

interface Job {
  name: string;
  signal: AbortSignal;
  done: PromiseWithResolvers<FetchedImage>;
  progress(received: number): void;
}

interface Stage extends AsyncDisposable {
  store: Store;
  puller: ImagePuller;
  /** The next download that begins. */
  next(): Promise<Job>;
  /** Downloads that began and were not taken by `next`. */
  waiting: Job[];
  /** Names of which parts were discarded. */
  discarded: string[];
  /** Resolves when the puller has reported a change. */
  change(): Promise<void>;
  advance(ms: number): void;
  journal: Journal;
}

async function setStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'croft-puller-'));
  const store = await openStore({
    location: join(folder, 'croft.db'),
    settings: { segments: { first: 100, last: 199 }, transit: '100.64.0.0/24' },
  });
  let now = 1_000;
  const waiting: Job[] = [];
  const discarded: string[] = [];
  let begun = Promise.withResolvers<void>();
  let changed = Promise.withResolvers<void>();
  const fetcher: ImageFetcher = {
    fetch({ name }, { onProgress, signal }) {
      const done = Promise.withResolvers<FetchedImage>();
      signal.addEventListener('abort', () => done.reject(signal.reason));
      const progress = (received: number) => onProgress({ phase: 'download', received, total: 100, source: 'https://images.test' });
      waiting.push({ name, signal, done, progress });
      begun.resolve();
      begun = Promise.withResolvers();
      return done.promise;
    },
    async discard(isUnwanted) {
      discarded.push(...['a', 'b'].filter(isUnwanted));
    },
  };
  const journal = new Journal(store.events, (error) => assert.fail(String(error)));
  const puller = new ImagePuller({
    ...{ store, fetcher, journal },
    arriving: (work) => work(),
    changed() {
      changed.resolve();
      changed = Promise.withResolvers();
    },
    failed: (error) => assert.fail(String(error)),
    now: () => now,
  });
  return {
    ...{ store, puller, waiting, discarded, journal },
    async next() {
      while (waiting.length === 0) await begun.promise;
      return waiting.shift() as Job;
    },
    change: () => changed.promise,
    advance(ms) {
      now += ms;
    },
    async [Symbol.asyncDispose]() {
      await puller.stop();
      await journal.flush();
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

const fetched: FetchedImage = {
  sha256: 'a'.repeat(64),
  format: 'qcow2',
  size: 10,
  virtualSize: 20,
  source: 'https://images.test/a',
  failures: [],
};

test('SC8 an image that was asked for is fetched, gets its content, and its progress is reported meanwhile', async () => {
  await using stage = await setStage();
  await stage.store.imagePulls.request(definition('a'));
  stage.puller.wake();
  const job = await stage.next();
  job.progress(40);
  assert.equal(stage.puller.progress('a')?.received, 40);
  const changed = stage.change();
  job.done.resolve(fetched);
  await changed;
  const image = await stage.store.images.get('a');
  assert.equal(image.content?.sha256, fetched.sha256);
  assert.equal(image.origin, 'https://images.test/a');
  assert.deepEqual(await stage.store.imagePulls.list(), []);
  await stage.journal.flush();
  const messages = (await stage.store.events.after(0, 10)).map(({ message }) => message);
  assert.deepEqual(messages, ['image a: download 40 %', `image a is sha256:${fetched.sha256}`]);
});

test('SC8 a failure is recorded with its reason and tried again later; an image that no VM waits for is given up after three attempts', async () => {
  await using stage = await setStage();
  await stage.store.imagePulls.request(definition('a'));
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    stage.puller.wake();
    const job = await stage.next();
    const changed = stage.change();
    job.done.reject(new CroftError('image.fetch', 'no such file'));
    await changed;
    const [pull] = await stage.store.imagePulls.list();
    assert.deepEqual([pull?.attempts, pull?.reason], [attempt, 'no such file']);
    stage.advance(300_000);
  }
  stage.puller.wake();
  await stage.puller.stop();
  assert.deepEqual(await stage.store.imagePulls.list(), []);
  assert.deepEqual(await stage.store.images.list(), []);
  assert.equal(stage.waiting.length, 0);
});

test('SC8 a download is aborted when its image is removed, and when it is requested with other settings', async () => {
  await using stage = await setStage();
  await stage.store.imagePulls.request(definition('a'));
  stage.puller.wake();
  const first = await stage.next();
  await stage.store.images.remove('a');
  const forgotten = stage.puller.forget('a');
  await assert.rejects(first.done.promise);
  await forgotten;
  assert.deepEqual(await stage.store.images.list(), []);
  assert.deepEqual(stage.discarded, ['a']);

  await stage.store.imagePulls.request(definition('a'));
  stage.puller.wake();
  const second = await stage.next();
  await stage.store.imagePulls.request({ ...definition('a'), sources: ['https://images.test/newer'] });
  stage.puller.wake();
  await assert.rejects(second.done.promise);
  assert.equal((await stage.next()).name, 'a');
});

test('SC8 a download that ends just when its image is asked for in another way, in the same instant, does not take its place', async () => {
  await using stage = await setStage();
  await stage.store.imagePulls.request(definition('a'));
  stage.puller.wake();
  const first = await stage.next();
  await stage.store.imagePulls.request({ ...definition('a'), sources: ['https://images.test/newer'] });
  first.done.resolve(fetched);
  const second = await stage.next();
  assert.equal((await stage.store.images.get('a')).content, null);
  const changed = stage.change();
  second.done.resolve({ ...fetched, sha256: 'b'.repeat(64) });
  await changed;
  assert.equal((await stage.store.images.get('a')).content?.sha256, 'b'.repeat(64));
});

test('SC8 at most two images are fetched at one time', async () => {
  await using stage = await setStage();
  for (const name of ['a', 'b', 'c']) await stage.store.imagePulls.request(definition(name));
  stage.puller.wake();
  const [one, two] = [await stage.next(), await stage.next()];
  assert.deepEqual([one.name, two.name, stage.waiting.length], ['a', 'b', 0]);
  one.done.resolve(fetched);
  assert.equal((await stage.next()).name, 'c');
});

test('SC8 sources without an answer delay no others, and sources that gave no image are named in the report', async () => {
  await using stage = await setStage();
  for (const name of ['a', 'b', 'c', 'd']) await stage.store.imagePulls.request(definition(name));
  stage.puller.wake();
  const [, moving] = [await stage.next(), await stage.next()];
  moving.progress(1);
  stage.advance(10_000);
  stage.puller.wake();
  const third = await stage.next();
  assert.deepEqual([third.name, stage.waiting.length], ['c', 0], 'the one that moves still counts');
  const changed = stage.change();
  third.done.resolve({ ...fetched, failures: [{ source: 'https://images.test/c', reason: 'it answered with status 503' }] });
  await changed;
  await stage.journal.flush();
  const [{ message = '' } = {}] = (await stage.store.events.after(0, 10)).filter(({ kind }) => kind === 'image.added');
  assert.match(message, /; https:\/\/images\.test\/c did not give it: it answered with status 503$/);
});
