/** Uploads over a real socket. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { test } from 'node:test';
import { createClient } from '../../src/client/client.ts';
import { listen, refusal } from '../api/listen.ts';
import { authorization, sampleImage, setStage, token } from '../api/stand-ins.ts';
import { until } from '../support/until.ts';

const unasked = (): Promise<never> => Promise.reject(new Error('this was not to be asked'));

test('CR12 a large image is streamed: the client reads it no faster than the controller takes it', async () => {
  const size = 100 * 1024 ** 2;
  const chunk = Buffer.alloc(1024 ** 2, 7);
  let produced = 0;
  let consumed = 0;
  let furthest = 0;
  async function* content(): AsyncGenerator<Buffer> {
    for (; produced < size; produced += chunk.length) yield chunk;
  }
  const hash = createHash('sha256');
  await using stage = await setStage({
    images: {
      ...{ remove: unasked, buildMicro: unasked, buildDebian: unasked, map: unasked, definition: unasked },
      ...{ mapAsWritten: unasked, wake: () => undefined, verify: unasked, collect: unasked, open: unasked, progress: () => null },
      async add(_by, name, stream) {
        for await (const part of stream as AsyncIterable<Buffer>) {
          hash.update(part);
          consumed += part.length;
          furthest = Math.max(furthest, produced - consumed);
        }
        return { ...sampleImage(name, hash.digest('hex'), consumed), id: 'i', prepull: [], createdAt: 0 };
      },
    },
  });
  const client = createClient({ url: await listen(stage), token });
  const progress: number[] = [];
  const image = await client.images.add('big', content(), (sent) => progress.push(sent));
  assert.equal(image.content?.size, size);
  const expected = createHash('sha256');
  for (let sent = 0; sent < size; sent += chunk.length) expected.update(chunk);
  assert.equal(image.content?.sha256, expected.digest('hex'));
  assert.equal(progress.at(-1), size);
  assert.ok(furthest < 16 * 1024 ** 2, `${furthest} bytes were read ahead`);
});

test('CR12 an upload that the controller refuses ends with its reason, one that is cut off leaves no image', async () => {
  await using stage = await setStage();
  const url = await listen(stage);
  const client = createClient({ url, token });
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) yield Buffer.alloc(64 * 1024);
  }
  await assert.rejects(client.images.add('a b', endless()), refusal('input.invalid', /only letters, digits/));
  const upload = httpRequest(`${url}/v1/images/cut`, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'application/octet-stream', 'content-length': 1024 ** 2 },
  });
  upload.on('error', () => undefined);
  upload.write(Buffer.alloc(1000), () => upload.destroy());
  await until('the controller saw it', async () => (stage.log.length > 0 ? true : undefined));
  assert.deepEqual(
    (await client.images.list()).map(({ name }) => name),
    ['micro'],
  );
});

test('CR12 an upload whose file cannot be read to its end says so, and not that the controller is away', async () => {
  await using stage = await setStage();
  const client = createClient({ url: await listen(stage), token });
  async function* failing(): AsyncGenerator<Buffer> {
    yield Buffer.alloc(10);
    throw new Error('EIO: the disk is bad');
  }
  await assert.rejects(client.images.add('half', failing()), refusal('input.invalid', /after 10 bytes: EIO/));
});
