import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeConfigSchema } from '../model/node/node.ts';
import { Hosts } from './hosts.ts';

const hosts = new Hosts({ controllerId: 'c', defaultKey: '/key', agent: null });
const hostKey = `SHA256:${'A'.repeat(43)}`;
const ssh = { address: '10.0.0.1', hostKey };

test('SC9 nodes know each other by pool, and reach those that need no jump host', () => {
  const routeOf = (config: object) => hosts.routeOf(hosts.reach(nodeConfigSchema.parse({ name: 'n', pool: 'rack', ...config })).host);
  const direct = routeOf({ ssh: { ...ssh, user: 'op', port: 2222 } });
  assert.deepEqual([direct.pool, direct.ssh?.user, direct.ssh?.address, direct.ssh?.port], ['rack', 'op', '10.0.0.1', 2222]);
  assert.deepEqual(routeOf({ ssh: { ...ssh, jump: { address: '10.0.0.2', hostKey } } }), { pool: 'rack', ssh: null });
  assert.deepEqual(routeOf({}), { pool: 'rack', ssh: null });
});
