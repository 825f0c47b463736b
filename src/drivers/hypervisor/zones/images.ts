/** Images as ZFS volumes: each is written once per node, and the disks of VMs are clones of its snapshot. */
import { type Host, run, runLong } from '../../../host/host.ts';
import type { LaunchImage } from '../../../model/node/plan.ts';
import { zfsFailure, zfsFunctions } from '../../../tools/zfs.ts';
import type { NodeLayout } from '../driver.ts';

/**
 * Makes a volume of an image, whole or not at all: it is whole once it has its snapshot. Arguments: dataset of the images,
 * sha256, file, format, size in bytes, folder of the volumes' devices, a file to work with, which ends up removed. A qcow2
 * file tells the size that a guest sees in its header (QEMU's docs/interop/qcow2.txt), and becomes a raw file first, since
 * whether qemu-img writes to volumes of illumos is not known; OmniOS has it in /opt/ooce/bin. Sizes of volumes are whole
 * mebibytes. Zeros take no room, since ZFS compresses.
 */
const importImage = `
set -eu
${zfsFunctions}
volume=$1/$2 file=$3 format=$4 size=$5 devices=$6 work=$7
PATH=$PATH:/opt/ooce/bin
! has "$volume@base" || exit 0
if [ "$format" = qcow2 ] && ! command -v qemu-img >/dev/null; then
  echo "qemu-img is not installed, and the image is in the format qcow2" >&2
  exit 1
fi
! has "$volume" || zfs destroy -r "$volume"
[ "$format" != qcow2 ] || size=$((0x$(od -An -tx1 -j24 -N8 "$file" | tr -d ' \\n')))
zfs create -s -V "$(((size + 1048575) / 1048576 * 1048576))" "$volume"
trap 'rm -f "$work" "$work.words"; has "$volume@base" || zfs destroy -r "$volume"' EXIT
if [ "$format" = qcow2 ]; then
  qemu-img convert -f qcow2 -O raw "$file" "$work"
  file=$work
fi
dd if="$file" of="$devices/dsk/$volume" bs=1048576 2>"$work.words" || { cat "$work.words" >&2; exit 1; }
zfs snapshot "$volume@base"
`;

/** Removes the volumes of images that no disk is a clone of. Argument: dataset of the images. One that is in use refuses to go. */
const sweepImages = `
zfs list -H -o name -t volume -r "$1" | while IFS= read -r volume; do
  zfs destroy -r "$volume" </dev/null 2>/dev/null || :
done
`;

/** What an image may take to be written, in ms. */
const importTime = 30 * 60_000;

/** Remembers only what is under way now. */
export class ZoneImages {
  readonly #devices: string;
  readonly #imports = new Map<string, Promise<void>>();
  /** The last import of a node, by state folder: one at a time, since a connection carries few programs side by side. */
  readonly #last = new Map<string, Promise<void>>();
  /** By state folder. */
  readonly #sweeps = new Map<string, Promise<void>>();
  /** How many VMs on a node are about to clone an image, by state folder. */
  readonly #users = new Map<string, number>();

  /** `devices`: the folder with the folders \`dsk\` and \`rdsk\` of ZFS volumes. */
  constructor(devices: string) {
    this.#devices = devices;
  }

  /** Makes the images' volumes, each once however many ask, and keeps them while `work` clones them. */
  async during(host: Host, layout: NodeLayout, dataset: string, images: readonly LaunchImage[], work: () => Promise<void>): Promise<void> {
    const place = `${host.name}\0${layout.stateFolder}`;
    this.#users.set(place, (this.#users.get(place) ?? 0) + 1);
    try {
      // What was found unused just before goes now, and is made anew afterwards.
      await this.#sweeps.get(place);
      for (const image of images)
        await this.#once(`${place}\0${image.sha256}`, () => this.#inTurn(place, () => this.#import(host, layout, dataset, image)));
      await work();
    } finally {
      this.#users.set(place, (this.#users.get(place) ?? 1) - 1);
    }
  }

  /** Removes what no VM uses, unless a VM is about to. */
  async sweep(host: Host, layout: NodeLayout, dataset: string): Promise<void> {
    const place = `${host.name}\0${layout.stateFolder}`;
    if ((this.#users.get(place) ?? 0) > 0) return;
    const before = this.#sweeps.get(place) ?? Promise.resolve();
    const sweep = before.then(() => run(host, { argv: ['sh', '-c', sweepImages, 'croft-sweep', `${dataset}/images`] }));
    const ended = sweep.then(
      () => undefined,
      () => undefined,
    );
    this.#sweeps.set(place, ended);
    await sweep;
  }

  async #inTurn(place: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#last.get(place) ?? Promise.resolve()).then(work);
    this.#last.set(
      place,
      turn.catch(() => undefined),
    );
    await turn;
  }

  async #once(key: string, work: () => Promise<void>): Promise<void> {
    const running = this.#imports.get(key) ?? work().finally(() => this.#imports.delete(key));
    this.#imports.set(key, running);
    await running;
  }

  async #import(host: Host, layout: NodeLayout, dataset: string, { sha256, format, size }: LaunchImage): Promise<void> {
    const file = `${layout.stateFolder}/images/${sha256}.${format}`;
    const work = `${layout.stateFolder}/import-${sha256}`;
    const result = await runLong(host, {
      argv: ['sh', '-c', importImage, 'croft-image', `${dataset}/images`, sha256, file, format, String(size), this.#devices, work],
      timeout: importTime,
    });
    if (result.code !== 0) throw zfsFailure(`the image sha256:${sha256.slice(0, 12)} could not be made a volume of ${host.name}`, result);
  }
}
