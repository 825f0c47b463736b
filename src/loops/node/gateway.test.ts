import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../../../test/support/fake-host.ts';
import { CroftError } from '../../model/error.ts';
import type { DoctorCheck } from '../../model/node/doctor.ts';
import { type Doctor, NodeAdministration, type NodeGatewayOptions } from './gateway.ts';

/** Of one node, `n1`. */
function administrationWith(doctor: Doctor): NodeAdministration {
  const options: Partial<{ [Key in keyof NodeGatewayOptions]: Partial<NodeGatewayOptions[Key]> }> = {
    store: { nodes: { list: async () => [{ id: 'n', config: { name: 'n1' } }] } } as never,
    fleet: { worker: () => null },
    hosts: { reach: () => ({ host: new FakeHost(), layout: {} as never }) },
    doctor,
  };
  return new NodeAdministration(options as NodeGatewayOptions);
}

test('CR2 a fix that fails is reported beside what is still missing, and a node that cannot be examined is reported as such', async () => {
  const missing: DoctorCheck = { name: 'zstd', ok: false, detail: 'is not installed', fix: 'apt-get install zstd' };
  const treat = async () => {
    throw new CroftError('node.unfit', 'zstd could not be installed', { hint: 'install them by hand' });
  };
  const found = async (doctor: Doctor) => (await administrationWith(doctor).doctor(null, true)).nodes[0]?.checks;
  assert.deepEqual(await found({ examine: async () => [missing], treat }), [
    missing,
    { name: 'fix', ok: false, detail: 'zstd could not be installed (install them by hand)', fix: null },
  ]);
  assert.deepEqual(await found({ examine: treat, treat }), [
    { name: 'login', ok: false, detail: 'zstd could not be installed (install them by hand)', fix: null },
  ]);
});

test('SC11 a command for a simulated node is refused, since no machine would run it', async () => {
  const options = { store: { nodes: { get: async () => ({ id: 'n', config: { name: 'sim-0001', simulated: true } }) } } };
  const administration = new NodeAdministration(options as never as NodeGatewayOptions);
  await assert.rejects(administration.exec('sim-0001', { argv: ['false'] }, 1000), {
    code: 'unsupported',
    message: /sim-0001 is simulated/,
  });
});

test('SC11 a node with zones that is to have routers is refused before its machine is asked anything', async () => {
  const untouched: Doctor = { examine: async () => [], treat: async () => undefined };
  const ask = (roles?: ('compute' | 'network')[]) =>
    administrationWith(untouched).reach({ name: 'omni', hypervisor: 'zones', ssh: { address: '192.0.2.1' }, ...(roles && { roles }) });
  for (const roles of [undefined, ['network'], ['compute', 'network']] as const) {
    await assert.rejects(ask(roles && [...roles]), {
      code: 'unsupported',
      status: 422,
      message: /omni .* role network/,
      hint: /--roles compute/,
    });
  }
});
