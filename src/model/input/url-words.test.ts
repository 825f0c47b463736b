import assert from 'node:assert/strict';
import { test } from 'node:test';
import { urlWords } from './url-words.ts';

test('SC8 a URL is shown without user, password and query', () => {
  assert.equal(urlWords('https://me:secret@host:8443/a%20disk?X-Signature=secret#part'), 'https://host:8443/a%20disk?…');
  assert.equal(urlWords('file:///images/disk'), 'file:///images/disk');
  assert.equal(urlWords('me:secret@'), 'me:…');
  assert.equal(urlWords('//no url'), 'what is no URL');
});
