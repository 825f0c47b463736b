/**
 * Transfers a VM that does not run from a node to another: its files travel through the controller, and become a VM only once they are
 * complete.
 */
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Call, type Host, type HostProcess, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { identifierPattern } from '../../../model/identifier.ts';
import { planHash } from '../../../model/node/plan.ts';
import { diskFailure } from '../../../tools/qemu-img.ts';
import type { NodeLayout, NodeReach, TransferOptions, VmReference, VmWithLaunch } from '../driver.ts';
import { diskFiles, vmDisks } from './disks.ts';
import { processName, vmFolders, vmParents, vmUserId } from './identity.ts';
import { launchRecordForm } from './launch-record.ts';
import { differs, discardFolder, receiveFile, sendFile, settleFiles, showArrivals, showFiles, showRoom, showUsage } from './scripts.ts';

/** Beside the state folders, on the same file system; observing sees identifiers only. */
function arrivalFolder(layout: NodeLayout, vmId: string): string {
  return `${vmFolders(layout, vmId).state}.arriving`;
}

/** See `NodeHypervisor.arrivals`. */
export function observeArrivals(layout: NodeLayout): Call<string[]> {
  return {
    command: { argv: ['sh', '-c', showArrivals, 'croft-arrivals', vmParents(layout).state] },
    parse: ({ stdout }) => stdout.split('\n').filter((id) => identifierPattern.test(id)),
  };
}

export async function discardArrival(node: NodeReach, vm: VmReference): Promise<void> {
  const { host, layout } = node;
  const result = await run(host, { argv: ['sh', '-c', discardFolder, 'croft-discard', arrivalFolder(layout, vm.id)], timeout: 60_000 });
  if (result.code !== 0) throw diskFailure(`what arrived of VM ${vm.label} could not be removed on ${host.name}`, result, host.name);
}

/** KiB that stay free in addition to the VM's files. */
const reserve = 16 * 1024;

/** See `NodeHypervisor.requireRoom`. */
export async function requireRoom(from: NodeReach, { launch }: VmWithLaunch, to: NodeReach): Promise<void> {
  const [needed, room] = await Promise.all([
    kibibytes(from.host, ['sh', '-c', showUsage, 'croft-usage', ...diskFiles(from.layout, launch)]),
    kibibytes(to.host, ['sh', '-c', showRoom, 'croft-room', vmParents(to.layout).state, arrivalFolder(to.layout, launch.id)]),
  ]);
  if (needed + reserve <= room) return;
  const [mebibytesNeeded, mebibytesFree] = [needed, room].map((value) => Math.round(value / 1024));
  throw new CroftError(
    'disk.full',
    `its files take ${mebibytesNeeded} MiB, and ${to.host.name} has ${mebibytesFree} MiB free in ${to.layout.stateFolder}`,
    {
      hint: `Free space on ${to.host.name}: it is tried again by itself. \`croft node resume\` of the node that it leaves calls the move off.`,
      node: to.host.name,
    },
  );
}

async function kibibytes(host: Host, argv: [string, ...string[]]): Promise<number> {
  const { code, stdout, stderr } = await run(host, { argv });
  const value = Number(stdout.trim() || Number.NaN);
  if (code !== 0 || Number.isNaN(value)) {
    throw new CroftError('command.failed', `The disk space on ${host.name} cannot be read: ${stderr.trim()}`, { node: host.name });
  }
  return value;
}

/** A file of the VM on the node that it leaves. */
interface SentFile {
  path: string;
  name: string;
  size: number;
  sha256: string;
}

/** See `NodeHypervisor.transfer`. The only files of the VM on the other node are those that have arrived. */
export async function transferVm(from: NodeReach, vm: VmWithLaunch, to: NodeReach, options: TransferOptions): Promise<void> {
  const { signal, onProgress } = options;
  const files = await listFiles(from, vm, signal);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of files) {
    await bring(file, from.host, to, vm, signal, (bytes) => onProgress(Math.floor(((before + bytes) * 100) / Math.max(total, 1))));
    before += file.size;
  }
  signal.throwIfAborted();
  await putInPlace(files, to, vm, options.exitCode);
}

async function listFiles(from: NodeReach, vm: VmWithLaunch, signal: AbortSignal): Promise<SentFile[]> {
  const folders = vmFolders(from.layout, vm.id);
  const identity = [String(vmUserId(vm.id)), processName(vm.id)];
  const program = await from.host.spawn({
    argv: [
      'sh',
      '-c',
      showFiles,
      'croft-files',
      folders.state,
      folders.run,
      ...identity,
      folders.firmwareVariables,
      ...diskFiles(from.layout, vm.launch),
    ],
  });
  using _ = killedBy(signal, program);
  const [code, stdout, stderr] = await Promise.all([program.exited, text(program.stdout), text(program.stderr)]);
  signal.throwIfAborted();
  if (code !== 0)
    throw diskFailure(`the disks of VM ${vm.label} could not be read on ${from.host.name}`, { code, stdout, stderr }, from.host.name);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [size = '', sha256 = '', ...path] = line.split(' ');
      const file = path.join(' ');
      return { path: file, name: file.slice(folders.state.length + 1), size: Number(size), sha256 };
    });
}

async function bring(
  file: SentFile,
  source: Host,
  to: NodeReach,
  vm: VmReference,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<void> {
  signal.throwIfAborted();
  const receiver = await to.host.spawn({
    argv: ['sh', '-c', receiveFile, 'croft-receive', arrivalFolder(to.layout, vm.id), file.name, file.sha256, String(file.size)],
  });
  receiver.stdin.on('error', () => undefined);
  using _ = killedBy(signal, receiver);
  const wanted = follow(receiver, onProgress);
  const [code, stderr, sent] = await Promise.all([
    receiver.exited,
    text(receiver.stderr).catch(() => ''),
    wanted.then((asked) => (asked ? send(file, source, receiver, signal) : null)),
  ]);
  signal.throwIfAborted();
  if (code === 0) return;
  if (code !== differs)
    throw diskFailure(`the disks of VM ${vm.label} could not be written on ${to.host.name}`, { code, stdout: '', stderr }, to.host.name);
  if (sent !== null) throw sent;
  throw new CroftError('command.failed', `what arrived of ${file.name} on ${to.host.name} is not what ${source.name} sent`, {
    node: to.host.name,
  });
}

/** Resolves with true when the file is requested, with false when the program ends without a request. */
function follow(receiver: HostProcess, onProgress: (bytes: number) => void): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const lines = createInterface({ input: receiver.stdout });
  lines.on('line', (line) => {
    const [word, value] = line.split(' ');
    if (word === 'want') resolve(true);
    if (word === 'at') onProgress(Number(value));
  });
  lines.on('close', () => resolve(false));
  return promise;
}

/** Resolves with the error where the source failed. A receiver that ends early reports its own error. */
async function send(file: SentFile, source: Host, receiver: HostProcess, signal: AbortSignal): Promise<CroftError | null> {
  const over = new AbortController();
  const stop = (): void => over.abort();
  receiver.exited.then(stop, stop);
  try {
    const sender = await source.spawn({ argv: ['sh', '-c', sendFile, 'croft-send', file.path] });
    sender.stdin.on('error', () => undefined);
    using _ = killedBy(AbortSignal.any([signal, over.signal]), sender);
    const words = text(sender.stderr).catch(() => '');
    const [code] = await Promise.all([sender.exited, pipeline(sender.stdout, receiver.stdin, { signal: over.signal })]);
    return code === 0 ? null : new CroftError('command.failed', `${file.path} on ${source.name} cannot be read: ${(await words).trim()}`);
  } catch (thrown) {
    receiver.stdin.end();
    if (over.signal.aborted) return null;
    if (thrown instanceof CroftError) return thrown;
    return new CroftError('command.failed', `${file.path} on ${source.name} cannot be sent: ${(thrown as Error).message}`, {
      cause: thrown,
    });
  }
}

async function putInPlace(
  files: readonly SentFile[],
  to: NodeReach,
  { id, label, launch }: VmWithLaunch,
  exitCode: number | null,
): Promise<void> {
  const folders = vmFolders(to.layout, id);
  const bases = new Map(vmDisks(to.layout, launch).map(({ file, base }) => [file, base]));
  const hash = planHash(launch);
  const parts = files.flatMap(({ name }) => {
    const base = bases.get(`${folders.state}/${name}`);
    return [name, base?.file ?? '', base?.format ?? ''];
  });
  // Without the disks and the seed: files that are still missing on the node are created before the VM starts.
  const record = launchRecordForm.write({ hash, label });
  const exit = exitCode === null ? '' : `${exitCode} ${hash}`;
  const parameters = [arrivalFolder(to.layout, id), folders.state, folders.run, String(vmUserId(id)), record, exit, ...parts];
  const result = await run(to.host, { argv: ['sh', '-c', settleFiles, 'croft-settle', ...parameters], timeout: 300_000 });
  if (result.code !== 0) throw diskFailure(`the disks of ${label} could not be put in place on ${to.host.name}`, result, to.host.name);
}

/** Where the program cannot be killed its connection is lost, which ends the program. */
function killedBy(signal: AbortSignal, program: HostProcess): Disposable {
  const kill = (): void => void program.kill().catch(() => undefined);
  if (signal.aborted) kill();
  signal.addEventListener('abort', kill, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', kill) };
}
