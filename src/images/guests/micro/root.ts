/** The root file system of the micro guest: busybox, the SSH server, kernel modules and the files of the folder `guest`. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { CroftError } from '../../../model/error.ts';
import { runProgram } from '../../program.ts';
import type { ArchiveEntry } from './cpio.ts';
import { collectModules, type KernelModule } from './modules.ts';

const guestFolder = path.join(import.meta.dirname, 'guest');

interface RootFile {
  path: string;
  content: Buffer;
}

/** Describes the root file system. `unpacked` is the folder in which all packages are unpacked. */
export async function collectRoot(unpacked: string, kernelVersion: string): Promise<ArchiveEntry[]> {
  const modules = await collectModules(await moduleFolder(unpacked, kernelVersion));
  const files = [...(await guestFiles()), ...(await programs(unpacked)), ...moduleFiles(modules)];
  const busybox = await firstExisting(unpacked, ['usr/bin/busybox', 'bin/busybox']);
  const applets = await appletLinks(busybox);
  return arrange([
    ...files.map(({ path: name, content }) => ({ kind: 'file' as const, path: name, mode: fileMode(content), content })),
    ...applets,
  ]);
}

/** systemd-boot among the unpacked packages; null where they do not contain it. */
export async function findEfiLoader(unpacked: string): Promise<string | null> {
  const folder = path.join(unpacked, 'usr/lib/systemd/boot/efi');
  const names = await readdir(folder).catch((): string[] => []);
  return names.includes('systemd-bootx64.efi') ? path.join(folder, 'systemd-bootx64.efi') : null;
}

/** The files of the folder `guest`, by their place in the guest, sorted. */
export async function guestFiles(): Promise<RootFile[]> {
  const entries = await readdir(guestFolder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return Promise.all(paths.sort().map(async (file) => ({ path: path.relative(guestFolder, file), content: await readFile(file) })));
}

async function moduleFolder(unpacked: string, kernelVersion: string): Promise<string> {
  return firstExisting(unpacked, [`usr/lib/modules/${kernelVersion}`, `lib/modules/${kernelVersion}`]);
}

function moduleFiles(modules: readonly KernelModule[]): RootFile[] {
  const paths = modules.map(({ name }) => `lib/modules/${name}.ko`);
  return [
    ...modules.map(({ content }, index) => ({ path: paths[index] as string, content })),
    { path: 'etc/croft/modules', content: Buffer.from(paths.map((each) => `/${each}\n`).join('')) },
  ];
}

/** Busybox is static; the SSH server brings its loader and libraries. */
async function programs(unpacked: string): Promise<RootFile[]> {
  const sshServer = path.join(unpacked, 'usr/sbin/dropbear');
  const wanted: [string, string][] = [
    ['bin/busybox', await firstExisting(unpacked, ['usr/bin/busybox', 'bin/busybox'])],
    ['usr/sbin/dropbear', sshServer],
    ['usr/bin/dropbearkey', path.join(unpacked, 'usr/bin/dropbearkey')],
    ...(await libraries(unpacked, sshServer)),
  ];
  return Promise.all(wanted.map(async ([name, file]) => ({ path: name, content: await readFile(file) })));
}

/** Asks the unpacked loader itself for the libraries that it would load, so that no library of this machine gets into the guest. */
async function libraries(unpacked: string, program: string): Promise<[string, string][]> {
  const loader = await firstExisting(unpacked, ['usr/lib64/ld-linux-x86-64.so.2', 'lib64/ld-linux-x86-64.so.2'].flatMap(throughLinks));
  const folders = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'].map((folder) => path.join(unpacked, folder));
  const listing = await runProgram(loader, ['--inhibit-cache', '--library-path', folders.join(':'), '--list', program]);
  const found = parseLibraries(listing.toString());
  const foreign = found.find(([, file]) => !file.startsWith(`${unpacked}/`));
  if (foreign !== undefined) throw new CroftError('internal', `The library ${foreign[0]} of dropbear is in none of the unpacked packages`);
  return [...found.map(([name, file]): [string, string] => [`lib/x86_64-linux-gnu/${name}`, file]), ['lib64/ld-linux-x86-64.so.2', loader]];
}

/** The link to the loader is absolute, so it would lead to this machine's own loader; the loader's real location comes first. */
function throughLinks(link: string): string[] {
  return [link.replace('lib64', 'lib/x86_64-linux-gnu'), link];
}

/** Lines `name => file (address)` of a loader's `--list`. */
export function parseLibraries(listing: string): [string, string][] {
  return [...listing.matchAll(/^\s*([^\s/]+) => (\S+) \(0x/gm)].map((match) => [match[1] as string, match[2] as string]);
}

async function appletLinks(busybox: string): Promise<ArchiveEntry[]> {
  const applets = (await runProgram(busybox, ['--list-full'])).toString().trim().split('\n');
  return applets.filter((applet) => !applet.endsWith('/busybox')).map((applet) => ({ kind: 'link', path: applet, target: '/bin/busybox' }));
}

async function firstExisting(root: string, candidates: readonly string[]): Promise<string> {
  for (const candidate of candidates) {
    const names = await readdir(path.join(root, path.dirname(candidate))).catch((): string[] => []);
    if (names.includes(path.basename(candidate))) return path.join(root, candidate);
  }
  throw new CroftError('internal', `The packages have none of: ${candidates.join(', ')}`);
}

/** Scripts and programs are executable; the rest is only read. */
function fileMode(content: Buffer): number {
  const isProgram = content.subarray(0, 2).toString('latin1') === '#!' || content.subarray(0, 4).toString('latin1') === '\x7fELF';
  return isProgram ? 0o755 : 0o644;
}

/** Puts every folder before its content, and adds the mount points. */
function arrange(entries: readonly ArchiveEntry[]): ArchiveEntry[] {
  const folders = new Set(['dev', 'proc', 'sys', 'run', 'tmp', 'root', 'mnt']);
  for (const entry of entries) {
    for (let folder = path.dirname(entry.path); folder !== '.'; folder = path.dirname(folder)) folders.add(folder);
  }
  const made = [...folders].sort().map((folder) => ({ kind: 'folder' as const, path: folder, mode: 0o755 }));
  return [...made, ...entries];
}
