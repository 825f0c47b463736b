import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusal } from '../../test/api/listen.ts';
import { createClient } from './client.ts';

const answering = (body: string, init: ResponseInit) =>
  createClient({ url: 'http://127.0.0.1:1', token: 't', fetch: async () => new Response(body, init) });

const problem = (fields: object): [string, ResponseInit] => [
  JSON.stringify({ type: 'urn:croft:error:x', title: 'x', status: 409, detail: 'it is so', code: 'x', ...fields }),
  { status: 409, headers: { 'content-type': 'application/problem+json; charset=utf-8' } },
];

test('CR14 a problem becomes the error that it came from, with its node and the places that are wrong', async () => {
  const client = answering(
    ...problem({ code: 'disk.full', node: 'one', hint: 'make room', issues: [{ path: 'a', message: 'm', line: 3 }] }),
  );
  await assert.rejects(client.slices.list(), { code: 'disk.full', message: 'it is so', node: 'one', hint: 'make room' });
  await assert.rejects(client.slices.list(), { issues: [{ path: 'a', message: 'm', line: 3 }] });
});

test('CR14 a code that only a newer controller knows becomes an internal error with the same words', async () => {
  await assert.rejects(answering(...problem({ code: 'quantum.lost' })).slices.list(), refusal('internal', /it is so/));
});

test('CR14 an answer that no controller gives says what came and from where', async () => {
  const client = answering('<h1>Bad gateway</h1>', { status: 502, statusText: 'Bad Gateway' });
  await assert.rejects(client.slices.list(), refusal('internal', /502 Bad Gateway: <h1>/));
});

test('CR14 names are part of the path and never change it', async () => {
  const asked: string[] = [];
  const client = createClient({
    url: 'http://127.0.0.1:1',
    token: 't',
    fetch: async (url) => {
      asked.push(String(url));
      return new Response('[]');
    },
  });
  await client.slices.get('../nodes?x=1#y');
  await client.vms.list({ slice: 'a&node=b' });
  assert.deepEqual(asked, [
    'http://127.0.0.1:1/v1/slices/..%2Fnodes%3Fx%3D1%23y',
    'http://127.0.0.1:1/v1/vms?slice=a%26node%3Db&limit=1000',
  ]);
});

test('SC11 a list is read page after page until no page names another', async () => {
  const asked: (string | null)[] = [];
  const client = createClient({
    url: 'http://127.0.0.1:1',
    token: 't',
    fetch: async (url) => {
      const after = new URL(String(url)).searchParams.get('after');
      asked.push(after);
      return after === null ? new Response('[1,2]', { headers: { next: 'x+/=' } }) : new Response('[3]');
    },
  });
  assert.deepEqual(
    [await client.vms.list(), asked],
    [
      [1, 2, 3],
      [null, 'x+/='],
    ],
  );
});
