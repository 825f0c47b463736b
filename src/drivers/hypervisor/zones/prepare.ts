/** Creates a VM's volumes, seed and zone on its node: only parts that are missing, or were made for another launch. */
import { type Host, perform, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import type { LaunchImage, VmLaunch } from '../../../model/node/plan.ts';
import { zfsFailure } from '../../../tools/zfs.ts';
import { changeZone, createZone, exportZone } from '../../../tools/zonecfg.ts';
import type { NodeReach, VmWithLaunch } from '../driver.ts';
import { type LaunchRecord, launchRecord, launchRecordForm, readLaunchRecord } from '../vm-folder/launch-record.ts';
import type { Seed } from '../vm-folder/prepare.ts';
import { zoneConfiguration } from './config.ts';
import type { ZoneImages } from './images.ts';
import { type ZonePlaces, zonePlaces } from './names.ts';
import { readDataset } from './node.ts';
import { installZone, prepareVolume, prepareVolumes, showPrepared, writeRecord, writeSeed } from './scripts.ts';
import { zoneVolumes } from './volumes.ts';

/** Time limit for installing a zone or destroying its volumes, in ms. */
const patience = 120_000;

/** No change where everything exists already. Rejects with `conflict.exists` where another owner has a zone of this name. */
export async function prepareZone(node: NodeReach, vm: VmWithLaunch, seed: Seed, images: ZoneImages): Promise<void> {
  const { host, layout } = node;
  const { launch } = vm;
  const places = zonePlaces(layout, vm.id);
  const dataset = await readDataset(node);
  const own = `${dataset}/vms/${vm.id}`;
  const configuration = zoneConfiguration(layout, launch, own);
  const wanted = launchRecord(launch, vm.label, seed.hash);
  const present = await readPresent(host, places, own);
  if (present.zone === 'foreign') throw taken(host, vm.label, places.zone);
  const hasVolumes = zoneVolumes(launch).every(({ name }) => present.volumes.has(name));
  const hasZone = !['none', 'configured', 'incomplete'].includes(present.zone);
  const hasSeed = present.hasSeed && present.record?.seed === wanted.seed;
  if (hasVolumes && hasZone && hasSeed && present.record?.hash === wanted.hash && present.record.label === vm.label) return;
  const content = hasSeed ? null : await seed.build();
  await images.during(node, dataset, baseImages(launch), () => makeVolumes(node, vm, dataset));
  if (content !== null) await write(host, vm.label, ['sh', '-c', writeSeed, 'croft-seed', places.folder], content);
  await configure(host, places, configuration);
  await install(host, vm.label, places);
  await write(host, vm.label, ['sh', '-c', writeRecord, 'croft-record', places.folder, launchRecordForm.write(wanted)]);
}

/** Creates the missing volumes, and grows those that are too small. */
export async function makeVolumes({ host, layout }: NodeReach, { id, label, launch }: VmWithLaunch, dataset: string): Promise<void> {
  const places = zonePlaces(layout, id);
  const own = `${dataset}/vms/${id}`;
  const volumes = zoneVolumes(launch);
  const script = (text: string, ...parameters: string[]) => ({
    argv: ['sh', '-c', text, 'croft-volume', ...parameters] as const,
    timeout: patience,
  });
  const names = volumes.map(({ name }) => name);
  const results = await host.batch([
    script(prepareVolumes, places.zone, places.zonepath, places.folder, own, ...names),
    ...volumes.map(({ name, image, size }) =>
      script(
        prepareVolume,
        `${own}/head/${name}`,
        image === null ? '' : `${dataset}/images/${image.sha256}@base`,
        size === null ? '' : String(size),
      ),
    ),
  ]);
  const failed = results.find(({ code }) => code !== 0);
  if (failed !== undefined) throw zfsFailure(`the volumes of ${label} could not be made on ${host.name}`, failed);
}

function baseImages(vm: VmLaunch): LaunchImage[] {
  return zoneVolumes(vm).flatMap(({ image }) => (image === null ? [] : [image]));
}

interface Present {
  zone: string;
  record: LaunchRecord | null;
  hasSeed: boolean;
  volumes: ReadonlySet<string>;
}

async function readPresent(host: Host, { zone, zonepath, folder }: ZonePlaces, own: string): Promise<Present> {
  const { code, stdout, stderr } = await run(host, { argv: ['sh', '-c', showPrepared, 'croft-prepared', zone, zonepath, folder, own] });
  if (code !== 0)
    throw new CroftError('command.failed', `the zone ${zone} of ${host.name} cannot be looked at: ${stderr.trim()}`, { node: host.name });
  const [state = '', record = '', seed = '', ...volumes] = stdout.split('\n');
  return {
    zone: state,
    record: readLaunchRecord(record, folder),
    hasSeed: seed === 'seed',
    volumes: new Set(volumes.map((name) => name.slice(own.length + 6))),
  };
}

async function configure(host: Host, { zone }: ZonePlaces, wanted: ReturnType<typeof zoneConfiguration>): Promise<void> {
  const [present] = await perform(host, exportZone(zone));
  const change = present === null ? createZone(zone, wanted) : changeZone(zone, present, wanted.resources);
  if (change !== null) await perform(host, change);
}

async function install(host: Host, label: string, { zone, zonepath }: ZonePlaces): Promise<void> {
  const result = await run(host, { argv: ['sh', '-c', installZone, 'croft-install', zone, zonepath], timeout: patience });
  if (result.code !== 0) throw zfsFailure(`the zone of ${label} could not be installed on ${host.name}`, result);
}

async function write(host: Host, label: string, argv: [string, ...string[]], stdin?: Uint8Array): Promise<void> {
  const result = await run(host, { argv, ...(stdin === undefined ? {} : { stdin }) });
  if (result.code !== 0) throw zfsFailure(`the files of ${label} could not be written on ${host.name}`, result);
}

function taken(host: Host, label: string, zone: string): CroftError {
  return new CroftError(
    'conflict.exists',
    `${label} cannot be made on ${host.name}: there is a zone ${zone} that is not this controller's`,
    {
      hint: `Look at it on ${host.name}: zonecfg -z ${zone} info`,
      node: host.name,
    },
  );
}
