import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListeners } from './ss.ts';

test('CR17 listening sockets tell their address, port and process', () => {
  const output = [
    'udp   UNCONN 0      0      0.0.0.0%cgabc:67         0.0.0.0:*    users:(("dnsmasq",pid=12,fd=4))',
    'tcp   LISTEN 0      32        10.77.0.1:53         0.0.0.0:*    users:(("named",pid=13,fd=5),("named",pid=14,fd=5))',
    'tcp   LISTEN 0      32        10.77.0.1:80         0.0.0.0:*',
  ].join('\n');
  assert.deepEqual(parseListeners(output), [
    { address: '0.0.0.0', port: 67, pid: 12, program: 'dnsmasq' },
    { address: '10.77.0.1', port: 53, pid: 13, program: 'named' },
  ]);
});
