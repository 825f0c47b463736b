/** The Debian or Ubuntu packages that the micro guest consists of: which they are, and what is in them. */
import { hash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { CroftError } from '../../model/error.ts';
import { runProgram } from '../program.ts';

/** Meta packages of the small kernels for virtual machines: Debian's, Ubuntu's. */
const kernelPackages = ['linux-image-cloud-amd64', 'linux-image-virtual'] as const;
const programPackages = ['busybox-static', 'dropbear-bin'] as const;

export interface GuestPackage {
  name: string;
  /** Of the package file, as the signed package lists say it. */
  sha256: string;
}

/**
 * Resolves the packages of kernel, modules, programs and their libraries, from the package lists that the machine has.
 * Rejects with `node.unfit` on a machine without apt, of another architecture, or without package lists.
 */
export async function resolvePackages(): Promise<GuestPackage[]> {
  await checkArchitecture();
  const kernel = await kernelPackage();
  const [kernelParts, programParts] = await Promise.all([dependencies(kernel), dependencies(...programPackages)]);
  const names = [...kernelParts.filter(isKernel), ...programParts];
  const listing = await runProgram('apt-cache', ['show', '--no-all-versions', ...names]);
  return parsePackages(listing.toString());
}

async function checkArchitecture(): Promise<void> {
  const output = await runProgram('dpkg', ['--print-architecture']).catch((thrown) => {
    if (!(thrown instanceof CroftError) || thrown.code !== 'node.unfit') throw thrown;
    throw new CroftError('node.unfit', 'The micro image is built from Debian or Ubuntu packages, and this machine has no dpkg', {
      hint: 'Build it on a Debian or Ubuntu machine and bring it here with: croft image add micro FILE',
      cause: thrown,
    });
  });
  const architecture = output.toString().trim();
  if (architecture === 'amd64') return;
  throw new CroftError('node.unfit', `The micro image is built for amd64, and this machine is ${architecture}`);
}

async function kernelPackage(): Promise<string> {
  const known = await knownKernels();
  if (known !== undefined) return known;
  if (process.getuid?.() === 0) await runProgram('apt-get', ['update', '-q']);
  const afterUpdate = await knownKernels();
  if (afterUpdate !== undefined) return afterUpdate;
  throw new CroftError('node.unfit', `Apt knows none of the kernel packages ${kernelPackages.join(', ')}`, {
    hint: 'Get the package lists with: apt-get update',
  });
}

async function knownKernels(): Promise<string | undefined> {
  const listing = await runProgram('apt-cache', ['pkgnames', 'linux-image-']);
  const names = new Set(listing.toString().split('\n'));
  return kernelPackages.find((name) => names.has(name));
}

/** The packages themselves and all that they depend on. */
async function dependencies(...names: string[]): Promise<string[]> {
  const only = ['pre-depends', 'recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  return parseDependencies((await runProgram('apt-cache', ['depends', '--recurse', ...only, ...names])).toString());
}

function isKernel(name: string): boolean {
  return /^linux-(image|modules)-\d/.test(name);
}

/** Names of the real packages in the output of `apt-cache depends --recurse`: the lines that are not indented and not in `<>`. */
export function parseDependencies(output: string): string[] {
  return output.split('\n').filter((line) => /^[a-z0-9][a-z0-9.+-]+$/.test(line));
}

/** Names and checksums in the output of `apt-cache show`, sorted by name. */
export function parsePackages(output: string): GuestPackage[] {
  return output
    .split('\n\n')
    .flatMap((paragraph) => {
      const name = /^Package: (.+)$/m.exec(paragraph)?.[1];
      const sha256 = /^SHA256: (.+)$/m.exec(paragraph)?.[1];
      return name === undefined || sha256 === undefined ? [] : [{ name, sha256 }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Downloads the packages (those that are in `downloads` already are not fetched again) and unpacks them over each other into `root`. */
export async function unpackPackages(packages: readonly GuestPackage[], downloads: string, root: string): Promise<void> {
  await Promise.all([mkdir(downloads, { recursive: true }), mkdir(root, { recursive: true })]);
  // apt as root would hand downloads to its own user, who may not write here.
  const options = ['-q', '-o', 'APT::Sandbox::User=root'];
  await runProgram('apt-get', [...options, 'download', ...packages.map(({ name }) => name)], { folder: downloads });
  for (const wanted of packages) await runProgram('dpkg-deb', ['-x', await downloadedFile(wanted, downloads), root]);
}

/** Older versions of a package may lie beside the wanted one, so its checksum decides. */
async function downloadedFile(wanted: GuestPackage, downloads: string): Promise<string> {
  const names = (await readdir(downloads)).filter((name) => name.startsWith(`${wanted.name}_`) && name.endsWith('.deb'));
  for (const name of names) {
    const file = path.join(downloads, name);
    if (hash('sha256', await readFile(file)) === wanted.sha256) return file;
  }
  throw new CroftError(
    'command.failed',
    `apt-get download brought no file of the package ${wanted.name} into ${downloads} that has its checksum`,
    {
      hint: 'Get new package lists with: apt-get update',
    },
  );
}
