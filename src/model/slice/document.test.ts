import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CroftError } from '../error.ts';
import { readSliceFile } from './document.ts';

function syntaxErrorOf(text: string): CroftError {
  try {
    readSliceFile(text);
  } catch (thrown) {
    assert.ok(thrown instanceof CroftError, String(thrown));
    assert.equal(thrown.code, 'input.syntax');
    return thrown;
  }
  return assert.fail('no error');
}

function placeOf(text: string): (number | undefined)[] {
  const issue = syntaxErrorOf(text).issues[0];
  return [issue?.line, issue?.column];
}

test('CR9 YAML errors carry line and column', () => {
  assert.deepEqual(placeOf('slice: a\nvms:\n\tweb: 1\n'), [3, 1]);
  assert.deepEqual(placeOf('slice: a\nvms: { web: [ }\n'), [2, 15]);
  assert.deepEqual(placeOf('slice: a\nslice: b\n'), [2, 1]);
  assert.deepEqual(placeOf('slice: a\n---\nslice: b\n'), [2, 1]);
  assert.deepEqual(placeOf('slice: *nowhere\n'), [1, 8]);
  assert.deepEqual(placeOf('slice: !unknown x\n'), [1, 8]);
});

test('CR9 a duplicate key names the line of the first', () => {
  assert.match(syntaxErrorOf('vms:\n  web: {}\n  db: {}\n  web: {}\n').message, /line 4, column 3: "web" is there already, in line 2/);
});

test('CR17 aliases that multiply are refused', () => {
  const lines = ['a0: &a0 [x, x]', ...Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)];
  assert.match(syntaxErrorOf(lines.join('\n')).message, /alias/i);
});

test('CR17 a document that is too large or too deep is refused', () => {
  assert.match(syntaxErrorOf(`slice: ${'a'.repeat(1024 * 1024)}`).message, /larger than 1 MiB/);
  assert.match(syntaxErrorOf('['.repeat(100_000)).message, /not valid/);
});

test('CR17 many keys are compared in one pass', () => {
  const text = `vms: {${Array.from({ length: 60_000 }, (_, index) => `k${index}`).join(', ')}}`;
  const start = performance.now();
  assert.throws(() => readSliceFile(text), CroftError);
  assert.ok(performance.now() - start < 20_000);
});

test('CR17 control characters of a document never reach a message', () => {
  const { message, issues } = syntaxErrorOf('"a\\e[2J": 1\n"a\\e[2J": 2\n');
  assert.doesNotMatch(message + JSON.stringify(issues), /\p{Cc}/u);
});

test('CR9 a document that is no map, or empty, is refused', () => {
  for (const text of ['', '[]', 'hello', 'null']) {
    assert.throws(
      () => readSliceFile(text),
      (thrown) => thrown instanceof CroftError && thrown.code === 'input.invalid',
    );
  }
});

test('CR9 the error of an empty network says to write {}', () => {
  assert.throws(() => readSliceFile('slice: a\nnetworks:\n  lan:\n'), /line 3, column 3: networks\.lan: is empty: write \{\}/);
});

test('CR9 a text nested without end is one error, and a second document has an error of its own', () => {
  assert.deepEqual(
    syntaxErrorOf('['.repeat(20_000)).issues.map(({ message }) => message),
    ['it is nested too deeply'],
  );
  assert.match(syntaxErrorOf('slice: a\n---\nslice: b\n').issues[0]?.message ?? '', /^a second document begins here/);
});
