/** The root file system of the Debian guest, installed by mmdebstrap from the package sources of this machine. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from '../../program.ts';

const here = import.meta.dirname;

/** Folders and files that configure the installation. */
export const systemFiles = [path.join(here, 'guest'), path.join(here, 'customize')] as const;

/** The packages of a guest on a machine with seed, serial console and DHCP; the kernel is added. */
export const guestPackages = [
  ...['systemd-sysv', 'dbus', 'udev', 'initramfs-tools', 'zstd', 'systemd-boot-efi'],
  ...['cloud-init', 'cloud-guest-utils', 'fdisk', 'e2fsprogs', 'qemu-guest-agent'],
  ...['netplan.io', 'iproute2', 'openssh-server', 'sudo', 'ca-certificates'],
] as const;
/** A separate package only in newer releases. */
export const optionalPackages = ['systemd-resolved'] as const;

/** Documentation and tables of hardware that no guest has. */
const leftOut = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/info/*', '/usr/share/locale/*', '/usr/lib/udev/hwdb.d/*'];

/**
 * Hooks of mmdebstrap, each run by sh with the new root's folder as "$1". Package files of the last build are offered to it; apt takes
 * those that still have the right checksum.
 */
const offerDownloads = `mkdir -p "$1/var/cache/apt/archives" && find "$CROFT_DOWNLOADS" -name '*.deb' -exec cp --reflink=auto -t "$1/var/cache/apt/archives" {} +`;
const addGuestFiles = 'cp -R "$CROFT_GUEST/." "$1/"';
const customize = 'sh "$CROFT_CUSTOMIZE" "$1"';

export interface SystemRequest {
  packages: readonly string[];
  downloads: string;
  /** Gets `kernel`, `root.img`, `loader.efi` and `disk.raw`. */
  folder: string;
  /** The offset of the root file system in the disk, in bytes. */
  offset: number;
}

/** Installs the packages and writes the root file system into the disk. Rejects with `node.unfit` where mmdebstrap is missing. */
export async function installSystem({ packages, downloads, folder, offset }: SystemRequest): Promise<void> {
  await mkdir(downloads, { recursive: true });
  const [guest, customizeFile] = systemFiles;
  const parameters = [
    ...['--quiet', '--variant=minbase', '--format=null', '--skip=essential/unlink'],
    '--aptopt=APT::Install-Recommends "false"',
    ...leftOut.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
    `--include=${packages.join(',')}`,
    `--setup-hook=${offerDownloads}`,
    `--essential-hook=${addGuestFiles}`,
    `--customize-hook=${customize}`,
    '',
    '/dev/null',
    ...(await packageSources()),
  ];
  await runProgram('mmdebstrap', parameters, {
    environment: {
      CROFT_BUILD: folder,
      CROFT_CUSTOMIZE: customizeFile,
      CROFT_DOWNLOADS: downloads,
      CROFT_GUEST: guest,
      CROFT_OFFSET: String(offset),
      SOURCE_DATE_EPOCH: '315532800',
    },
  });
}

/** The files that name this machine's package sources. */
async function packageSources(): Promise<string[]> {
  const folder = '/etc/apt/sources.list.d';
  const names = (await readdir(folder).catch((): string[] => [])).filter((name) => /\.(list|sources)$/.test(name));
  const files = ['/etc/apt/sources.list', ...names.map((name) => path.join(folder, name))];
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file)
        .then(({ size }) => size)
        .catch(() => 0),
    ),
  );
  return files.filter((_, index) => (sizes[index] ?? 0) > 0);
}
