/** The QEMU driver with a tap, inside a network namespace that the test makes. */
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { test } from 'node:test';
import { vmUserId } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { tapName } from '../../src/drivers/network/names.ts';
import { newIdentifier } from '../../src/model/identifier.ts';
import { port as anyPort } from '../support/vm.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { openGuestNetwork, succeed } from './guest-network.ts';
import { openStage, tcgAbilities } from './qemu-stage.ts';

test('CR6 an unprivileged QEMU opens the tap that is for its user, and no other', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  await using namespace = await openGuestNetwork(stage.host);
  const { host } = namespace;
  const driver = stage.hypervisor.on({ host, layout: stage.layout, abilities: tcgAbilities });
  const vm = await stage.launch();
  const port = anyPort({ nicId: newIdentifier(), vmId: vm.id, mac: '52:54:00:00:00:01' });
  const wired = { ...vm, ports: [port] };
  const tap = tapName(port.nicId);
  const makeTap = (user: number) => succeed(host, ['ip', 'tuntap', 'add', 'dev', tap, 'mode', 'tap', 'user', String(user)]);
  const deviceMode = (await stat('/dev/net/tun')).mode;
  await driver.prepare(withLaunch(wired, 'slice/vm'));

  await makeTap(vmUserId(newIdentifier()));
  await assert.rejects(driver.start(withLaunch(wired, 'slice/vm')), {
    code: 'vm.launch',
    message: /Operation not permitted/,
  });
  await succeed(host, ['ip', 'link', 'del', tap]);

  await makeTap(vmUserId(vm.id));
  await succeed(host, ['ip', 'link', 'set', tap, 'up']);
  await driver.start(withLaunch(wired, 'slice/vm'));
  assert.match(await succeed(host, ['ip', '-o', 'link', 'show', tap]), /LOWER_UP/);
  assert.equal((await stat('/dev/net/tun')).mode, deviceMode, "the node's own device stays as it is");
  await driver.destroy(referenceTo(vm.id));
  assert.doesNotMatch(await succeed(host, ['ip', '-o', 'link', 'show', tap]), /LOWER_UP/);
});
