/** The kernel modules that the micro guest loads, with dependencies first. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { CroftError } from '../../../model/error.ts';
import { runProgram } from '../../program.ts';

/** Without these there is no disk, no network or no seed. */
const required = ['virtio_pci', 'virtio_blk', 'virtio_net', 'sr_mod', 'isofs'] as const;
/** Included where the kernel has them: other buses for the seed, the memory balloon, other NICs, the power button. */
const optional = ['ata_piix', 'ahci', 'virtio_scsi', 'virtio_rng', 'virtio_balloon', 'e1000', '8139cp', 'button', 'evdev'] as const;

export interface KernelModule {
  name: string;
  content: Buffer;
}

/** The location of a kernel's modules, and the names built into the kernel instead. */
interface ModuleFolder {
  files: Map<string, string>;
  builtIn: Set<string>;
}

/** Reads the wanted modules of the kernel whose module folder (`lib/modules/<version>`) is given, dependencies first, decompressed. */
export async function collectModules(folder: string): Promise<KernelModule[]> {
  const available = await readModuleFolder(folder);
  const modules = new Map<string, Buffer>();
  for (const name of required) await collect(name, available, modules);
  for (const name of optional) if (available.files.has(name)) await collect(name, available, modules);
  return [...modules].map(([name, content]) => ({ name, content }));
}

async function collect(name: string, available: ModuleFolder, modules: Map<string, Buffer>): Promise<void> {
  if (modules.has(name) || available.builtIn.has(name)) return;
  const file = available.files.get(name);
  if (file === undefined) throw new CroftError('node.unfit', `The kernel package has no module ${name}, which the micro guest needs`);
  const content = await readModule(file);
  for (const dependency of moduleDependencies(content)) await collect(dependency, available, modules);
  modules.set(name, content);
}

async function readModuleFolder(folder: string): Promise<ModuleFolder> {
  const paths = await readdir(folder, { recursive: true });
  const builtIn = await readFile(path.join(folder, 'modules.builtin'), 'utf8');
  return {
    files: new Map(paths.filter((each) => /\.ko(\.xz|\.zst)?$/.test(each)).map((each) => [moduleName(each), path.join(folder, each)])),
    builtIn: new Set(builtIn.trim().split('\n').map(moduleName)),
  };
}

/** Files may be named with "-" where the module's own name has "_". */
function moduleName(file: string): string {
  return path
    .basename(file)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');
}

/** The guest's `insmod` decompresses nothing; on the disk the whole archive is compressed anyway. */
async function readModule(file: string): Promise<Buffer> {
  if (file.endsWith('.zst')) return zstdDecompressSync(await readFile(file));
  if (file.endsWith('.xz')) return runProgram('xz', ['--decompress', '--stdout', file], { debianPackage: 'xz-utils' });
  return readFile(file);
}

/** Names in the `depends=` entry of the module's .modinfo section, a list of texts each ended by a zero byte. */
export function moduleDependencies(content: Buffer): string[] {
  const label = Buffer.from('\0depends=');
  const start = content.indexOf(label);
  if (start === -1) return [];
  const end = content.indexOf(0, start + label.length);
  const list = content.toString('latin1', start + label.length, end);
  return list === '' ? [] : list.split(',').map((name) => name.replaceAll('-', '_'));
}
