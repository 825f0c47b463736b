/** The Debian or Ubuntu packages that the micro guest consists of: their resolution and their content. */
import { hash } from 'node:crypto';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { CroftError } from '../../../model/error.ts';
import { runProgram } from '../../program.ts';

/** Meta packages of the small kernels for virtual machines: Debian's, Ubuntu's. */
const kernelPackages = ['linux-image-cloud-amd64', 'linux-image-virtual'] as const;
const programPackages = ['busybox-static', 'dropbear-bin'] as const;
/** The UEFI boot loader; releases without it make images that only BIOS boots. */
const efiPackage = 'systemd-boot-efi';

export interface GuestPackage {
  name: string;
  /** Checksum of the package file, from the signed package lists. */
  sha256: string;
}

/**
 * Resolves the packages of kernel, modules, programs and their libraries, from the machine's package lists. Rejects with `node.unfit` on
 * a machine without apt, of another architecture, or without package lists.
 */
export async function resolvePackages(): Promise<GuestPackage[]> {
  await checkArchitecture();
  const kernel = await kernelPackage();
  const [kernelParts, programParts, efi] = await Promise.all([
    dependencies(kernel),
    dependencies(...programPackages),
    knownPackages([efiPackage]),
  ]);
  return describe([...kernelParts.filter(isKernel), ...programParts, ...efi]);
}

/** These packages and all that they may need, as in the present package lists: the input of an installation. */
export async function resolveClosure(names: readonly string[]): Promise<GuestPackage[]> {
  return describe(await dependencies(...names));
}

/** The names that apt knows as packages. */
export async function knownPackages(names: readonly string[]): Promise<string[]> {
  const known = new Set((await runProgram('apt-cache', ['pkgnames'])).toString().split('\n'));
  return names.filter((name) => known.has(name));
}

/** Of the kernel package among them. */
export function findKernelVersion(packages: readonly GuestPackage[]): string {
  const version = packages.map(({ name }) => /^linux-image-(\d.*)$/.exec(name)?.[1]).find((each) => each !== undefined);
  if (version === undefined)
    throw new CroftError('node.unfit', 'The kernel meta package of this distribution depends on no kernel package');
  return version;
}

async function describe(names: readonly string[]): Promise<GuestPackage[]> {
  const listing = await runProgram('apt-cache', ['show', '--no-all-versions', ...names]);
  return parsePackages(listing.toString());
}

/** Rejects with `node.unfit` on a machine whose packages cannot make a guest for amd64. */
export async function checkArchitecture(): Promise<void> {
  const output = await runProgram('dpkg', ['--print-architecture']).catch((thrown) => {
    if (!(thrown instanceof CroftError) || thrown.code !== 'node.unfit') throw thrown;
    throw new CroftError('node.unfit', 'The image is built from Debian or Ubuntu packages, and this machine has no dpkg', {
      hint: 'Build it on a Debian or Ubuntu machine and bring it here with: croft image import NAME FILE',
      cause: thrown,
    });
  });
  const architecture = output.toString().trim();
  if (architecture === 'amd64') return;
  throw new CroftError('node.unfit', `The image is built for amd64, and this machine is ${architecture}`);
}

/** The meta package of the guests' kernel. */
export async function kernelPackage(): Promise<string> {
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
  return (await knownPackages(kernelPackages))[0];
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

/**
 * Downloads the packages (those that are in `downloads` already are not fetched again) and unpacks them over each other into `root`.
 * Downloads arrive in a separate folder, since another build may use the same one.
 */
export async function unpackPackages(packages: readonly GuestPackage[], downloads: string, root: string): Promise<void> {
  const arriving = `${root}-arriving`;
  await Promise.all([downloads, root, arriving].map((folder) => mkdir(folder, { recursive: true })));
  const missing: string[] = [];
  for (const wanted of packages) if ((await downloadedFile(wanted, downloads)) === null) missing.push(wanted.name);
  // apt as root would hand downloads to its own user, who may not write here.
  const options = ['-q', '-o', 'APT::Sandbox::User=root'];
  if (missing.length > 0) await runProgram('apt-get', [...options, 'download', ...missing], { folder: arriving });
  for (const name of await readdir(arriving)) await rename(path.join(arriving, name), path.join(downloads, name));
  for (const wanted of packages) await runProgram('dpkg-deb', ['-x', await requireDownload(wanted, downloads), root]);
}

/** Null where there is none. Older versions of a package may lie beside the wanted one, so the checksum decides. */
async function downloadedFile(wanted: GuestPackage, downloads: string): Promise<string | null> {
  const names = (await readdir(downloads)).filter((name) => name.startsWith(`${wanted.name}_`) && name.endsWith('.deb'));
  for (const name of names) {
    const file = path.join(downloads, name);
    if (hash('sha256', await readFile(file)) === wanted.sha256) return file;
  }
  return null;
}

async function requireDownload(wanted: GuestPackage, downloads: string): Promise<string> {
  const file = await downloadedFile(wanted, downloads);
  if (file !== null) return file;
  throw new CroftError(
    'command.failed',
    `apt-get download brought no file of the package ${wanted.name} into ${downloads} that has its checksum`,
    {
      hint: 'Get new package lists with: apt-get update',
    },
  );
}
