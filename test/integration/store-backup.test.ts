/** Backups: what is dumped can be restored, into the other database too, and what is wrong is refused with its line. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Store } from '../../src/store/store.ts';
import { onBothDatabases, onPostgres, onSqlite, type TestDatabases } from './databases.ts';
import { addReadyNode, apply, lanSlice, putImage } from './samples.ts';

onBothDatabases(({ open }) => {
  test('CR15 a dump that is restored elsewhere dumps the same', async (t) => {
    const store = await open(t, { now: () => 5 });
    await fill(store);
    const lines = await dump(store);
    const other = await open(t, { now: () => 5 });
    await fill(other);
    await other.events.append([{ kind: 'image.map', message: 'is replaced' }]);
    assert.notEqual(other.controllerId, store.controllerId);
    const latest = await other.events.latest();
    await other.backups.restore(from(lines));
    assert.equal(other.controllerId, store.controllerId);
    assertSameLines(await dump(other), lines);
    assert.deepEqual(await other.vms.list(), await store.vms.list());
    await other.events.append([{ kind: 'image.map', message: 'next' }]);
    assert.equal(await other.events.latest(), latest + 1);
    assert.equal((await apply(other, lanSlice('green', 1))).transit, 2, 'what was restored is allocated');
  });

  test('CR15 a dump is of one moment, and holds up nobody', async (t) => {
    const store = await open(t, { now: () => 5 });
    await fill(store);
    const expected = await dump(store);
    const lines: string[] = [];
    for await (const line of store.backups.dump()) {
      lines.push(line);
      await store.events.append([{ kind: 'image.map', message: String(lines.length) }]);
    }
    assertSameLines(lines, expected);
    for await (const _ of store.backups.dump()) break;
    await store.events.append([{ kind: 'image.map', message: 'a dump that was given up' }]);
  });

  test('CR15 a backup that is wrong is refused with its line, and nothing is replaced', async (t) => {
    const store = await open(t, { now: () => 5 });
    await fill(store);
    const lines = await dump(store);
    const vm = lines.findIndex((line) => line.includes('"table":"vms"') && line.includes('"desired":"running"'));
    const event = lines.findIndex((line) => line.includes('"table":"events"'));
    const wrong: [string, (copy: string[]) => void, RegExp][] = [
      ['no header', (copy) => copy.splice(0, 1), /line 1 .*not the header/],
      ['another schema', (copy) => copy.splice(0, 1, '{"croft":"backup","schema":99,"at":1}'), /line 1 .*schema 99/],
      ['empty', (copy) => copy.splice(0), /line 1 .*is missing/],
      ['cut short', (copy) => copy.pop(), new RegExp(`line ${lines.length} .*cut short`)],
      ['a row lost', (copy) => copy.splice(event, 1), /rows, there are/],
      ['no JSON', (copy) => copy.splice(vm, 1, '{'), new RegExp(`line ${vm + 1} .*not JSON`)],
      ['another table', (copy) => edit(copy, vm, '"vms"', '"users"'), new RegExp(`line ${vm + 1} .*names no table: "users"`)],
      ['an inherited name', (copy) => edit(copy, vm, '"vms"', '"constructor"'), /names no table/],
      ['another column', (copy) => edit(copy, vm, '"boot"', '"boots"'), /names no column of table "vms": "boots"/],
      ['another type', (copy) => edit(copy, vm, '"boot":0', '"boot":"0"'), /has no integer in column "boot"/],
      ['a null', (copy) => edit(copy, vm, '"boot":0', '"boot":null'), /has no integer in column "boot"/],
      ['a fraction', (copy) => edit(copy, vm, '"boot":0', '"boot":0.5'), /has no integer in column "boot"/],
      ['broken JSON inside', (copy) => edit(copy, vm, '"spec":"{', '"spec":"'), new RegExp(`line ${vm + 1} .*not JSON`)],
      ['a value out of range', (copy) => edit(copy, vm, '"running"', '"flying"'), new RegExp(`line ${vm + 1} .*table "vms"`)],
      ['a row twice', (copy) => duplicate(copy, event), new RegExp(`line ${event + 2} .*table "events"`)],
      ['a reference to nothing', (copy) => edit(copy, vm, /"image_id":"[^"]*"/, '"image_id":"none"'), /table "vms"|foreign key/i],
    ];
    for (const [what, spoil, message] of wrong) {
      const copy = [...lines];
      spoil(copy);
      await assert.rejects(store.backups.restore(from(copy)), { code: 'input.invalid', message }, what);
      assertSameLines(await dump(store), lines);
    }
  });
});

describe('between databases', () => {
  onSqlite((sqlite) => onPostgres((postgres) => betweenDatabases(sqlite, postgres)));
});

function betweenDatabases(sqlite: TestDatabases, postgres: TestDatabases): void {
  test('CR15 a backup of SQLite is restored into PostgreSQL and back', async (t) => {
    const [embedded, grown, back] = [await sqlite.open(t, at5), await postgres.open(t, at5), await sqlite.open(t, at5)];
    await fill(embedded);
    const lines = await dump(embedded);
    await grown.backups.restore(from(lines));
    assertSameLines(await dump(grown), lines);
    await back.backups.restore(grown.backups.dump());
    assertSameLines(await dump(back), lines);
  });
}

const at5 = { now: () => 5 };

/** More rows than are read at once, and a row or more in every table. */
async function fill(store: Store): Promise<void> {
  await putImage(store);
  const { id: nodeId } = await addReadyNode(store, 'n1');
  await apply(store, lanSlice('blue', 3));
  const { id } = await apply(store, lanSlice('red', 1));
  await store.placement.commit([{ kind: 'router', id, from: null, nodeId, reason: null }]);
  await store.vms.desire('blue', 'vm3', 'absent');
  const task = await store.tasks.start({ kind: 'slice.apply', subject: 'blue', vm: null, generation: 1 });
  await store.tasks.end(task.id, 'failed', 'a "quoted" message — with ünïcode\nand lines');
  const step = { name: 'start', state: 'failed', duration: 1.25 } as const;
  await store.events.append([
    { kind: 'vm.step', message: 'no', slice: 'blue', vm: 'vm1', node: 'n1', step, data: { percent: null } },
    ...Array.from({ length: 1200 }, (_, index) => ({ kind: 'image.map', message: String(index) }) as const),
  ]);
}

async function dump(store: Store): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of store.backups.dump()) lines.push(line);
  return lines;
}

/** Says only the first line that differs. */
function assertSameLines(actual: readonly string[], expected: readonly string[]): void {
  const index = expected.findIndex((line, at) => line !== actual[at]);
  assert.equal(actual[index], expected[index]);
  assert.equal(actual.length, expected.length);
}

async function* from(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

function edit(lines: string[], index: number, what: string | RegExp, by: string): void {
  const changed = lines[index]?.replace(what, by) ?? '';
  assert.notEqual(changed, lines[index]);
  lines[index] = changed;
}

function duplicate(lines: string[], index: number): void {
  lines.splice(index, 0, lines[index] ?? '');
  lines[lines.length - 1] = JSON.stringify({ rows: lines.length - 2 });
}
