/** Images as ZFS volumes: each is written once per node, and the disks of VMs are clones of its snapshot. */
import { type Host, run, runLong } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import type { LaunchImage } from '../../../model/node/plan.ts';
import { zfsFailure } from '../../../tools/zfs.ts';
import type { NodeLayout, NodeReach } from '../driver.ts';

const importImage = readScript(import.meta.url, 'scripts/import-image.sh');

const sweepImages = readScript(import.meta.url, 'scripts/sweep-images.sh');

/** Time limit for writing an image, in ms. */
const importTime = 30 * 60_000;

/** Remembers only the work in progress. */
export class ZoneImages {
  readonly #devices: string;
  readonly #imports = new Map<string, Promise<void>>();
  /** The last import of a node, by state folder: one at a time, since a connection carries few programs in parallel. */
  readonly #last = new Map<string, Promise<void>>();
  /** By state folder. */
  readonly #sweeps = new Map<string, Promise<void>>();
  /** How many VMs on a node are about to clone an image, by state folder. */
  readonly #users = new Map<string, number>();

  /** `devices`: the folder with the folders \`dsk\` and \`rdsk\` of ZFS volumes. */
  constructor(devices: string) {
    this.#devices = devices;
  }

  /** Creates the images' volumes, each once for any number of callers, and keeps them while `work` clones them. */
  async during({ host, layout }: NodeReach, dataset: string, images: readonly LaunchImage[], work: () => Promise<void>): Promise<void> {
    const place = `${host.name}\0${layout.stateFolder}`;
    this.#users.set(place, (this.#users.get(place) ?? 0) + 1);
    try {
      // Volumes just found unused are removed now, and recreated afterwards.
      await this.#sweeps.get(place);
      for (const image of images)
        await this.#once(`${place}\0${image.sha256}`, () => this.#inTurn(place, () => this.#import(host, layout, dataset, image)));
      await work();
    } finally {
      this.#users.set(place, (this.#users.get(place) ?? 1) - 1);
    }
  }

  /** Removes volumes that no VM uses, unless a VM is about to. */
  async sweep({ host, layout }: NodeReach, dataset: string): Promise<void> {
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
