import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMessages } from './server-sent-events.ts';

const text = 'id: 7\n\nid: 8\ndata: {"message":"ü"}\n\n: alive\nid: 9\n\ndata: cut off';

test('CR16 messages are read however the stream is cut into chunks, an unfinished one at its end is left out', async () => {
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
    const messages = [];
    for await (const message of readMessages(ReadableStream.from(chunks))) messages.push(message);
    assert.deepEqual(messages, [
      { id: '7', data: '' },
      { id: '8', data: '{"message":"ü"}' },
      { id: '9', data: '' },
    ]);
  }
});
