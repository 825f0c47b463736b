import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceFailure } from './failure.ts';
import { nextHop, parseSource } from './url.ts';

const failure = (words: RegExp) => (thrown: unknown) => thrown instanceof SourceFailure && !thrown.transient && words.test(thrown.message);
const hop = (from: string, to: string | undefined) => nextHop([new URL(from)], to).href;

test('SC8 redirects are relative to where they are, and lead neither from https to http nor out of the web', () => {
  assert.equal(hop('http://host/a/b', '../c'), 'http://host/c');
  assert.equal(hop('http://host/a', 'https://other/c'), 'https://other/c');
  assert.throws(() => hop('https://host/a', 'http://host/a'), failure(/from https to http:\/\/host\/a/));
  for (const place of ['file:///etc/shadow', 'ftp://host/a', 'data:text/plain,a']) {
    assert.throws(() => hop('http://host/a', place), failure(/is not followed/));
  }
  assert.throws(() => hop('http://host/a', undefined), failure(/to nowhere/));
  assert.throws(() => hop('http://host/a', 'http://'), failure(/to nowhere/));
});

test('SC8 only http, https and file URLs are sources', () => {
  for (const source of ['http://host/a', 'https://host/a', 'file:///a']) assert.equal(parseSource(source).href, source);
  assert.throws(() => parseSource('ftp://host/a'), failure(/not from ftp:/));
  assert.throws(() => parseSource('disk.qcow2'), failure(/no URL/));
});
