import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { listen } from '../api/listen.ts';
import { setStage } from '../api/stand-ins.ts';

test('CR15 the API ends at once while a client holds a connection over which it never asked anything', { timeout: 10_000 }, async () => {
  const stage = await setStage();
  const { hostname, port } = new URL(await listen(stage));
  const accepted = once(stage.api.server, 'connection');
  const socket = connect(Number(port), hostname);
  const closed = once(socket, 'close');
  await Promise.all([once(socket, 'connect'), accepted]);
  await stage[Symbol.asyncDispose]();
  await closed;
});
