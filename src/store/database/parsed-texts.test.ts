import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Form } from '../../model/versioned.ts';
import { parsedOnce } from './parsed-texts.ts';

test('CR15 a text is parsed once, whichever row has it, and what is not read any more is forgotten', () => {
  const parsed: string[] = [];
  const form: Form<{ text: string }> = {
    write: ({ text }) => text,
    read(text) {
      parsed.push(text);
      if (text === '') throw new Error('no text');
      return { text };
    },
  };
  const once = parsedOnce(form);
  assert.equal(once.read('a', 'x'), once.read('a', 'y'));
  assert.notEqual(once.read('b', 'x'), once.read('a', 'x'));
  for (let count = 0; count < 2; count += 1) assert.throws(() => once.read('', 'x'), /no text/);
  assert.deepEqual(parsed, ['a', 'b', '', '']);
  const long = (letter: string) => letter.repeat(2 ** 24);
  for (const letter of ['c', 'd']) once.read(long(letter), 'x');
  once.read('a', 'x');
  assert.equal(parsed.filter((text) => text === 'a').length, 1, 'it is remembered for as long again');
  for (const letter of ['e', 'f', 'g', 'h']) once.read(long(letter), 'x');
  once.read('a', 'x');
  assert.equal(parsed.filter((text) => text === 'a').length, 2);
});
