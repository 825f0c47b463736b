/** Live events over a real socket. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from '../../src/client/client.ts';
import type { Event } from '../../src/model/event.ts';
import { CuttableProxy } from '../api/cuttable-proxy.ts';
import { listen } from '../api/listen.ts';
import { type Stage, setStage, token } from '../api/stand-ins.ts';
import { until } from '../support/until.ts';

async function append(stage: Stage, ...messages: string[]): Promise<void> {
  await stage.store.events.append(messages.map((message) => ({ kind: 'vm.running', slice: message.split(' ')[0] ?? '', message })));
  stage.announce();
}

async function take(events: AsyncIterator<Event>, count: number): Promise<string[]> {
  const messages: string[] = [];
  while (messages.length < count) messages.push((await events.next()).value.message);
  return messages;
}

/** Aborts what was begun with its signal when the test leaves the block. */
class Leaving extends AbortController implements Disposable {
  [Symbol.dispose](): void {
    this.abort();
  }
}

test('CR16 events are followed from where the client is, live, and only of the slice asked for', async () => {
  await using stage = await setStage();
  const client = createClient({ url: await listen(stage), token });
  await append(stage, 'a 1', 'b 2', 'a 3');
  using leaving = new Leaving();
  const [first] = await client.events.list();
  const all = client.events.follow({ after: first?.sequence ?? 0 }, leaving.signal)[Symbol.asyncIterator]();
  const ofOne = client.events.follow({ after: 0, slice: 'a' }, leaving.signal)[Symbol.asyncIterator]();
  assert.deepEqual(await take(all, 2), ['b 2', 'a 3']);
  assert.deepEqual(await take(ofOne, 2), ['a 1', 'a 3']);
  const [live, liveOfOne] = [take(all, 2), take(ofOne, 1)];
  await append(stage, 'b 4', 'a 5');
  assert.deepEqual(await live, ['b 4', 'a 5']);
  assert.deepEqual(await liveOfOne, ['a 5']);
});

test('CR16 a follower whose controller restarts gets each event once, also those of the meantime', async () => {
  await using stage = await setStage();
  await using proxy = await CuttableProxy.start(await listen(stage));
  const client = createClient({ url: proxy.url, token });
  using leaving = new Leaving();
  const events = client.events.follow({}, leaving.signal)[Symbol.asyncIterator]();
  const first = take(events, 1);
  await until('the follower is connected', async () => (stage.followers() > 0 ? true : undefined));
  await append(stage, 'a 1');
  assert.deepEqual(await first, ['a 1']);
  const next = take(events, 3);
  proxy.cut();
  await append(stage, 'a 2', 'a 3');
  await until('the follower is back', async () => (proxy.connections() > 1 ? true : undefined));
  await append(stage, 'a 4');
  assert.deepEqual(await next, ['a 2', 'a 3', 'a 4']);
});

test('CR16 a follower that leaves is forgotten, and one that stays does not keep the controller from closing', async () => {
  await using stage = await setStage();
  const client = createClient({ url: await listen(stage), token });
  using staying = new Leaving();
  void client.events.follow({ after: 0 }, staying.signal)[Symbol.asyncIterator]().next();
  {
    using leaving = new Leaving();
    void client.events.follow({ after: 0 }, leaving.signal)[Symbol.asyncIterator]().next();
    await until('both follow', async () => (stage.followers() === 2 ? true : undefined));
  }
  await until('one is forgotten', async () => (stage.followers() === 1 ? true : undefined));
  await stage.api.close();
  assert.equal(stage.followers(), 0);
});

test('CR16 a reader that starts at an event which is no longer kept first gets the gap, then the rest', async () => {
  await using stage = await setStage();
  const client = createClient({ url: await listen(stage), token });
  await append(stage, 'a 1', 'b 2', 'a 3', 'a 4');
  await stage.store.events.prune({ kept: 2, since: 0 }, 100);
  const [gap, ...rest] = await client.events.list({ after: 1 });
  assert.deepEqual([gap?.kind, gap?.sequence, gap?.data], ['events.gap', 2, { from: 2, to: 2 }]);
  assert.deepEqual(
    rest.map(({ message }) => message),
    ['a 3', 'a 4'],
  );
  assert.deepEqual(
    (await client.events.list({ after: 2 })).map(({ message }) => message),
    ['a 3', 'a 4'],
  );
  using leaving = new Leaving();
  const followed = client.events.follow({ after: 0, slice: 'a' }, leaving.signal)[Symbol.asyncIterator]();
  assert.deepEqual(await take(followed, 3), ['events 1 to 2 are no longer kept; what follows begins after them', 'a 3', 'a 4']);
});

test('CR16 a follower from before a restore elsewhere is told so, and misses nothing of what there is', async () => {
  await using stage = await setStage();
  const client = createClient({ url: await listen(stage), token });
  await append(stage, 'a 1', 'a 2');
  using leaving = new Leaving();
  const followed = client.events.follow({ after: 900 }, leaving.signal)[Symbol.asyncIterator]();
  const gap = 'event 900 is not known here, the newest is 2, as after a restore; what follows are all events that are kept';
  assert.deepEqual(await take(followed, 3), [gap, 'a 1', 'a 2']);
  await append(stage, 'a 3');
  assert.deepEqual(await take(followed, 1), ['a 3']);
  assert.equal((await client.events.list({ after: 900 })).length, 4);
});
