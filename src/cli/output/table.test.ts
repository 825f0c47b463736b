import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPaint } from './paint.ts';
import { type Column, renderTable } from './table.ts';
import { cutText, textWidth } from './text-width.ts';

const paint = createPaint(false);
const columns: Column[] = [
  { title: 'NAME', least: 8 },
  { title: 'STATE' },
  { title: 'MEMORY', align: 'right', minor: true },
  { title: 'REASON', least: 10 },
];
const long = 'n1: needs 900 GiB of memory, 23.3 GiB is free; n2: is draining';
const rows = [
  ['hello/web', 'running', '256MiB', ''],
  ['hello/a-name-of-some-length', 'pending', '900GiB', long],
];

function lines(width: number, cells: Parameters<typeof renderTable>[1] = rows): string[] {
  return renderTable(columns, cells, { width, paint }).split('\n');
}

test('CR14 a table keeps everything where there is room, and has no spaces at the end of a line', () => {
  for (const width of [200, Number.POSITIVE_INFINITY]) {
    const [head, first, second] = lines(width);
    assert.equal(head, 'NAME                         STATE    MEMORY  REASON');
    assert.equal(first, 'hello/web                    running  256MiB');
    assert.equal(second, `hello/a-name-of-some-length  pending  900GiB  ${long}`);
  }
});

test('CR14 a table of 80 columns cuts its widest column first', () => {
  const [, , second] = lines(80);
  assert.equal(second, 'hello/a-name-of-some-length  pending  900GiB  n1: needs 900 GiB of memory, 23.3…');
  assert.equal(textWidth(second ?? ''), 80);
});

test('CR14 a table of 30 columns leaves out minor columns, and no line is longer than the terminal at any width', () => {
  assert.ok(!lines(30)[0]?.includes('MEMORY'));
  assert.ok(lines(40)[0]?.includes('MEMORY'));
  for (let width = 10; width < 120; width += 1) {
    for (const line of lines(width)) assert.ok(textWidth(line) <= width && line === line.trimEnd(), `${width}: ${JSON.stringify(line)}`);
  }
});

test('CR14 wide characters take two columns, marks none, and neither is cut in half', () => {
  assert.equal(textWidth('日本'), 4);
  assert.equal(textWidth('e\u0301'), 1);
  assert.equal(textWidth('👩‍💻 ok'), 5);
  assert.equal(cutText('日本語', 5), '日本…');
  assert.equal(cutText('日本語', 4), '日…');
  assert.equal(cutText('abc', 0), '');
  const [, first, second] = lines(200, [
    ['日本', 'running', '1', 'x'],
    ['ascii', 'stopped', '1', 'x'],
  ]);
  assert.equal(textWidth(first ?? ''), textWidth(second ?? ''));
});

test('CR17 a cell is one line and cannot steer the terminal, whatever a program printed', () => {
  const [, first] = lines(200, [['web', 'failed', '', 'qemu: error:\n  no\u001b[2J disk\nbye']]);
  assert.equal(first, 'web   failed          qemu: error: no\\u001b[2J disk; bye');
});

test('CR14 colour is only around the text, and none is there without a terminal', () => {
  const cells = [['web', { text: 'running', tone: 'good' as const }, '', 'x']];
  const painted = renderTable(columns, cells, { width: 80, paint: createPaint(true) });
  assert.ok(painted.includes('\u001b[32mrunning\u001b[39m  '));
  assert.ok(!renderTable(columns, cells, { width: 80, paint }).includes('\u001b'));
});
