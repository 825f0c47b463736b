import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { AgentSession, readGuest } from './guest-agent.ts';

type Request = { execute: string; arguments: { id?: number } };

/** The guest's side: answers each request with the result of `answer`; does not answer where that is null. */
function fakeAgent(answer: (request: Request) => string | null, before = ''): { stream: Duplex; asked: string[] } {
  const asked: string[] = [];
  const stream = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      for (const line of String(chunk).trim().split('\n')) {
        const request: Request = JSON.parse(line);
        asked.push(request.execute);
        const said = answer(request);
        if (said !== null) stream.push(said);
      }
      done();
    },
  });
  if (before !== '') stream.push(before);
  return { stream, asked };
}

const polite =
  (answers: Record<string, unknown>) =>
  ({ execute, arguments: { id } }: Request): string => {
    if (execute === 'guest-sync') return `${JSON.stringify({ return: id })}\n`;
    const value = answers[execute];
    return `${JSON.stringify(value === undefined ? { error: { class: 'CommandNotFound', desc: 'not here' } } : { return: value })}\n`;
  };
const open = (stream: Duplex, within = 5_000) => AgentSession.open(stream, { within, mark: 7 });

test('SC11 the agent in a guest tells its name, its system and its addresses', async () => {
  const { stream } = fakeAgent(
    polite({
      'guest-get-host-name': { 'host-name': 'web' },
      'guest-get-osinfo': { 'pretty-name': 'Debian GNU/Linux 12' },
      'guest-network-get-interfaces': [
        { name: 'lo' },
        {
          name: 'eth0',
          'hardware-address': '52:54:00:AA:00:01',
          'ip-addresses': [{ 'ip-address': '10.0.0.2' }, { 'ip-address': 'fe80::1' }],
        },
      ],
    }),
  );
  const agent = await open(stream);
  const nic = { nic: 'eth0', mac: '52:54:00:aa:00:01' };
  assert.deepEqual(await readGuest(agent), {
    hostname: 'web',
    operatingSystem: 'Debian GNU/Linux 12',
    addresses: [
      { ...nic, address: '10.0.0.2' },
      { ...nic, address: 'fe80::1' },
    ],
  });
  agent.close();
});

test('SC11 what was said to somebody else before is passed over, and what is not known stays open', async () => {
  const { stream } = fakeAgent(polite({}), 'half an ans\n{"return":6}\n{"return":{}}\n');
  const agent = await open(stream);
  assert.deepEqual(await readGuest(agent), { hostname: null, operatingSystem: null, addresses: [] });
  agent.close();
});

test('SC11 a guest that lies cannot put control characters, endless text or false addresses into a report', async () => {
  const ordinary = { 'ip-addresses': Array.from({ length: 500 }, () => ({ 'ip-address': '10.0.0.2' })) };
  const { stream } = fakeAgent(
    polite({
      'guest-get-host-name': { 'host-name': `\u001b[2Jroot\n${'x'.repeat(5_000)}` },
      'guest-get-osinfo': ['Debian'],
      'guest-network-get-interfaces': [
        {
          name: '\u0007e',
          'hardware-address': 'nonsense',
          'ip-addresses': [{ 'ip-address': '10.0.0.2; reboot' }, { 'ip-address': '10.0.0.3' }],
        },
        { name: 'eth1', ...ordinary },
      ],
    }),
  );
  const agent = await open(stream);
  const report = await readGuest(agent);
  assert.match(report.hostname ?? '', /^\[2Jrootx+$/);
  assert.deepEqual([report.hostname?.length, report.operatingSystem, report.addresses.length], [253, null, 64]);
  assert.deepEqual(report.addresses[0], { nic: 'e', mac: null, address: '10.0.0.3' });
  agent.close();
});

test('SC11 a guest that is silent, floods or hangs up is left', async () => {
  await assert.rejects(open(fakeAgent(() => null).stream, 20), { code: 'command.timeout', message: /in time/ });
  await assert.rejects(open(fakeAgent(() => 'x'.repeat(2 * 1024 * 1024)).stream), { code: 'command.timeout', message: /too much/ });
  const closing = fakeAgent(() => null).stream;
  closing.push(null);
  await assert.rejects(open(closing), { code: 'command.timeout', message: /hung up/ });
});

test('SC11 a shutdown, which is not answered, is known to have arrived; a refused one is not', async () => {
  const silent = fakeAgent((request) => (request.execute === 'guest-shutdown' ? null : polite({})(request)));
  const agent = await open(silent.stream);
  await agent.tell('guest-shutdown', { mode: 'powerdown' });
  assert.deepEqual(silent.asked, ['guest-sync', 'guest-shutdown', 'guest-sync']);
  agent.close();
  const refusing = await open(fakeAgent(polite({})).stream);
  await assert.rejects(refusing.tell('guest-shutdown', { mode: 'powerdown' }), { code: 'command.failed', message: /not here/ });
  refusing.close();
});
