/** A libvirt on a host of a lab, which ends with it. */
import type { LabHost } from '../lab/lab.ts';
import { must } from '../lab/machine.ts';
import { until } from '../support/until.ts';
import { type LibvirtDaemon, libvirtDaemon, startLibvirt } from './private-libvirt.ts';

/** Its folder is gone with the host's power. */
const folder = '/run/lab/libvirt';

export async function startLabLibvirt(host: LabHost): Promise<LibvirtDaemon> {
  const sh = (script: string, ...parameters: string[]): Promise<string> =>
    must(host.exec(['sh', '-c', script, 'sh', ...parameters]), `"${script}" on ${host.name}`);
  const comesTrue = async (script: string): Promise<void> => {
    await until(`"${script}" on ${host.name}`, async () => (await host.exec(['sh', '-c', script])).code === 0 || undefined);
  };
  await sh(startLibvirt, folder);
  const daemon = libvirtDaemon(sh, comesTrue);
  await comesTrue('virsh -q -c qemu:///system version >/dev/null 2>&1');
  return daemon;
}
