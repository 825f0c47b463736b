/** Creates a VM's files on its node: only files that are missing, or were made for another launch. */
import { type Command, type CommandResult, type Host, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import { ovmfPairs } from '../../../tools/ovmf.ts';
import { diskFailure } from '../../../tools/qemu-img.ts';
import type { NodeReach, VmReference, VmWithLaunch } from '../driver.ts';
import { diskFiles, type VmDisk, vmDisks, volumeFile } from './disks.ts';
import { finishHalf } from './half-revert.ts';
import { processName, type VmFolders, vmFolders, vmUserId } from './identity.ts';
import { type LaunchRecord, launchRecord, launchRecordForm, readLaunchRecord } from './launch-record.ts';
import { noFirmware, prepareDisk, prepareFirmware, prepareFolder, showPrepared, writeRecord } from './scripts.ts';

/** The parameters of drivers whose VMs are such folders. */
export interface VmFolderParts {
  /** A VM's NoCloud seed. */
  seedOf(vm: VmLaunch): Seed;
}

export interface Seed {
  /** The same for the same content. */
  hash: string;
  build(): Promise<Uint8Array>;
}

/** Takes a few round trips for a new VM, two for a VM that is only restarted, one where nothing is to be done. */
export async function prepareVm(node: NodeReach, vm: VmWithLaunch, seed: Seed): Promise<void> {
  const { host, layout } = node;
  const { launch } = vm;
  const folders = vmFolders(layout, vm.id);
  const wanted = launchRecord(launch, vm.label, seed.hash);
  const present = await readPresent(host, folders);
  if (present.files.has(`${folders.state}/reverting`)) await finishHalf(node, vm);
  const hasDisks = present.record?.disks === wanted.disks && diskFiles(layout, launch).every((file) => present.files.has(file));
  const hasSeed = present.record?.seed === wanted.seed && present.files.has(folders.seed);
  if (hasDisks && hasSeed && present.record?.hash === wanted.hash && present.record.label === vm.label) return;
  const content = hasSeed ? null : await seed.build();
  if (!hasDisks) await makeDisks(node, vm, folders);
  await record(host, vm, folders, wanted, content);
}

interface Present {
  record: LaunchRecord | null;
  files: ReadonlySet<string>;
}

async function readPresent(host: Host, { state }: VmFolders): Promise<Present> {
  const { stdout } = await run(host, { argv: ['sh', '-c', showPrepared, 'croft-prepared', state] });
  const [line = '', ...names] = stdout.split('\n');
  return { record: readLaunchRecord(line, state), files: new Set(names.map((name) => `${state}/${name}`)) };
}

/** One round trip for all of them. */
async function makeDisks(node: NodeReach, vm: VmWithLaunch, folders: VmFolders): Promise<void> {
  const { host, layout } = node;
  const { launch } = vm;
  const user = String(vmUserId(vm.id));
  const disks = vmDisks(layout, launch);
  const files = disks.map(({ file }) => file);
  const [folder, ...results] = await host.batch([
    script(prepareFolder, folders.state, folders.run, user, processName(vm.id), ...files),
    ...disks.map((disk) => diskCommand(folders, user, disk)),
    ...(launch.firmware === 'uefi'
      ? [script(prepareFirmware, user, folders.firmwareCode, folders.firmwareVariables, ...ovmfPairs.flat())]
      : []),
  ]);
  const failed = [folder, ...results].find((result) => result?.code !== 0);
  if (failed !== undefined) throw failure(host, vm.label, failed);
}

/** Creates one disk of a VM whose folder exists; an existing disk grows to its size. */
export async function makeDisk(node: NodeReach, vm: VmReference, disk: VmDisk): Promise<void> {
  const { host, layout } = node;
  const result = await run(host, diskCommand(vmFolders(layout, vm.id), String(vmUserId(vm.id)), disk));
  if (result.code !== 0) throw diskFailure(`a disk of VM ${vm.label} could not be made on ${host.name}`, result, host.name);
}

/** Removes the file of a volume that its VM no longer has, with the file's content. */
export async function dropVolume(node: NodeReach, vm: VmReference, volumeId: string): Promise<void> {
  const { host, layout } = node;
  const result = await run(host, { argv: ['rm', '-f', '--', volumeFile(layout, vm.id, volumeId)] });
  if (result.code !== 0) throw diskFailure(`a volume of VM ${vm.label} could not be removed on ${host.name}`, result, host.name);
}

function diskCommand({ state }: VmFolders, user: string, { file, base, size }: VmDisk): Command {
  return script(prepareDisk, state, user, file, base?.file ?? '', base?.format ?? '', size === null ? '' : String(size));
}

function script(text: string, ...parameters: string[]): Command {
  return { argv: ['sh', '-c', text, 'croft-disk', ...parameters] };
}

function failure(host: Host, label: string, result: CommandResult): CroftError {
  if (result.code !== noFirmware) return diskFailure(`the disks of ${label} could not be made on ${host.name}`, result, host.name);
  return new CroftError('node.unfit', `${label} needs UEFI, and ${host.name} has no firmware for it that fits`, {
    hint: `Install it on ${host.name}, on Debian and Ubuntu with: apt-get install ovmf`,
    node: host.name,
  });
}

async function record(
  host: Host,
  { id, label }: VmReference,
  folders: VmFolders,
  content: LaunchRecord,
  seed: Uint8Array | null,
): Promise<void> {
  const parameters = [folders.state, String(vmUserId(id)), launchRecordForm.write(content), seed === null ? '' : 'seed'];
  const result = await run(host, {
    argv: ['sh', '-c', writeRecord, 'croft-record', ...parameters],
    ...(seed === null ? {} : { stdin: seed }),
  });
  if (result.code !== 0) throw diskFailure(`the seed of ${label} could not be written on ${host.name}`, result, host.name);
}
