import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { userDataOf } from './user-data.ts';

test('SC10 what a user wrote alone is passed as it is', () => {
  const script = '#!/bin/sh\nprintf "%s" \'$x\'\n';
  assert.equal(userDataOf({ userData: script, cloudConfig: null }), script);
  assert.equal(userDataOf({ userData: null, cloudConfig: '#cloud-config\n{}\n' }), '#cloud-config\n{}\n');
  assert.equal(userDataOf({ userData: null, cloudConfig: null }), null);
});

test('SC10 a script and a cloud-config are two parts, and no text of them can end or add one', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('--==croft==-part-==--\n', '\nContent-Type: x\n\n'));
  fc.assert(
    fc.property(text, text, (userData, cloudConfig) => {
      const message = userDataOf({ userData, cloudConfig }) ?? '';
      const [head, ...parts] = message.split('--==croft==-part-==');
      assert.match(head ?? '', /^Content-Type: multipart\/mixed; boundary="==croft==-part-=="\nMIME-Version: 1\.0\n\n$/);
      assert.equal(parts.pop(), '--\n');
      assert.deepEqual(parts.map(readPart), [
        { type: 'text/cloud-config', content: wellFormed(cloudConfig) },
        { type: 'text/x-shellscript', content: wellFormed(userData) },
      ]);
      assert.ok(message.split('\n').every((line) => line.length <= 76));
    }),
  );
});

function readPart(part: string): { type: string | undefined; content: string } {
  const [head = '', body = ''] = part.trimStart().split('\n\n');
  return { type: /^Content-Type: ([^;]+);/.exec(head)?.[1], content: Buffer.from(body, 'base64').toString() };
}

/** Half of a surrogate pair has no UTF-8. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
