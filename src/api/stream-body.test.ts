import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import Fastify from 'fastify';
import { CroftError } from '../model/error.ts';
import type { Api } from './route.ts';
import { acceptStream } from './stream-body.ts';

test('SC8 an upload whose sender falls silent is given up, and one that was sent whole is not, however long its answer takes', async (context) => {
  const api = Fastify() as unknown as Api;
  context.after(() => api.close());
  acceptStream(api, 'application/octet-stream', 100);
  const ends: unknown[] = [];
  const quiet = Promise.withResolvers<void>();
  api.put('/', async ({ body }, reply) => {
    try {
      for await (const piece of body as Readable) void piece;
      ends.push('whole');
      // Well after the time limit for a silent sender.
      await quiet.promise;
    } catch (thrown) {
      ends.push(thrown);
      quiet.resolve();
    }
    return reply.code(204).send();
  });
  await api.listen({ host: '127.0.0.1', port: 0 });
  const { port } = api.server.address() as AddressInfo;
  const put = () => request({ port, method: 'PUT', headers: { 'content-type': 'application/octet-stream', 'content-length': 2 } });

  const whole = put();
  whole.end('ab');
  const answered = once(whole, 'response');
  const silent = put();
  silent.write('a');
  await assert.rejects(once(silent, 'response'), { code: 'ECONNRESET' });
  const [answer] = await answered;
  assert.equal(answer.statusCode, 204);
  answer.resume();
  assert.equal(ends[0], 'whole');
  assert.ok(ends[1] instanceof CroftError && ends[1].code === 'input.silent');
});
