/** New images: from an upload, from a build or by a pull, through inspection, into the library and the store. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type ImageRequest, removeLeftovers } from '../images/guests/built-image.ts';
import { buildDebianImage } from '../images/guests/debian.ts';
import { buildMicroImage } from '../images/guests/micro.ts';
import type { ImageLibrary } from '../images/library/library.ts';
import type { ImagePuller } from '../loops/image-puller.ts';
import type { Journal } from '../loops/journal.ts';
import type { Principal } from '../model/access/principal.ts';
import { CroftError } from '../model/error.ts';
import { type ImageDefinition, type ImageTraits, usualTraits } from '../model/image/definition.ts';
import type { Image } from '../model/image/image.ts';
import { resolveLabel } from '../model/image/map/resolve.ts';
import { unknownName } from '../model/input/issues.ts';
import { gibibyte, mebibyte } from '../model/vm/flavor.ts';
import type { Store } from '../store/store.ts';
import type { ImageMaps } from './image-maps.ts';
import type { ImageSweep } from './image-sweep.ts';

export interface ImageIntakeOptions {
  store: Store;
  library: ImageLibrary;
  maps: ImageMaps;
  puller: ImagePuller;
  /** The folder of image builds; keeps downloaded packages. */
  workFolder: string;
  journal: Journal;
  sweep: ImageSweep;
  wakeNodes(): void;
  /** Work that no caller waits for failed. */
  failed(error: unknown): void;
}

/** Room to boot in, and for a few packages more. */
const debianTraits: ImageTraits = { ...usualTraits, memory: 512 * mebibyte, disk: 4 * gibibyte };

export function createImageIntake({ store, library, maps, puller, workFolder, journal, sweep, wakeNodes, failed }: ImageIntakeOptions) {
  /** An image could never be found under a name that the user's map defines otherwise. */
  async function refuseAlias(name: string): Promise<void> {
    if (!(await maps.isOwnAlias(name))) return;
    throw new CroftError('input.invalid', `"${name}" is another name of an image in the image map, which no image can have`, {
      hint: 'Use another name, or take the alias out of the map.',
    });
  }

  async function add(by: Principal, name: string, content: Readable | string, traits: ImageTraits = usualTraits): Promise<Image> {
    await refuseAlias(name);
    const image = await sweep.arriving(async () => {
      const { sha256, format, size, virtualSize } = await library.add(content);
      return await store.commit(by, async ({ images, events }) => {
        await events.append([{ kind: 'image.added', message: `image ${name} is sha256:${sha256}`, data: { image: name, sha256 } }]);
        return await images.put({ name, content: { sha256, format, size, virtualSize }, traits, origin: null });
      });
    });
    wake();
    void sweep.sweep();
    return image;
  }

  let lastBuild: Promise<unknown> = Promise.resolve();

  /** One after the other: each build takes all resources of the machine. */
  function build(by: Principal, name: string, make: (request: ImageRequest) => Promise<unknown>, traits: ImageTraits): Promise<Image> {
    const built = lastBuild.then(() => buildNow(by, name, make, traits));
    lastBuild = built.catch(() => undefined);
    return built;
  }

  async function buildNow(
    by: Principal,
    name: string,
    make: (request: ImageRequest) => Promise<unknown>,
    traits: ImageTraits,
  ): Promise<Image> {
    await mkdir(workFolder, { recursive: true });
    await removeLeftovers(workFolder);
    const folder = await mkdtemp(join(workFolder, 'output-'));
    const log = (message: string): void =>
      journal.record({ kind: 'image.building', message: `${name}: ${message}`, data: { image: name } });
    try {
      const outputFile = join(folder, 'disk');
      await make({ workFolder, outputFile, log });
      return await add(by, name, outputFile, traits);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  function wake(): void {
    puller.wake();
    wakeNodes();
    journal.announce();
  }

  return {
    map: () => maps.inForce(),
    mapAsWritten: () => maps.current(),
    add,
    async remove(by: Principal, name: string): Promise<void> {
      await store.commit(by, async ({ images, events }) => {
        await images.remove(name);
        await events.append([{ kind: 'image.removed', message: `image ${name} removed`, data: { image: name } }]);
      });
      puller.forget(name).catch(failed);
      void sweep.sweep();
      journal.announce();
    },
    buildMicro: (by: Principal, name: string): Promise<Image> => build(by, name, buildMicroImage, usualTraits),
    buildDebian: (by: Principal, name: string): Promise<Image> => build(by, name, buildDebianImage, debianTraits),
    async definition(name: string, given: ImageDefinition | null): Promise<ImageDefinition> {
      if (given !== null) {
        await refuseAlias(name);
        return { ...given, name };
      }
      const map = await maps.current();
      const { images, aliases } = map;
      const meant = images.has(name) || !aliases.has(name) ? name : resolveLabel(map, name, new Set()).image;
      const definition = images.get(meant);
      if (definition === undefined) {
        throw new CroftError('not-found', `the image map does not have it: ${unknownName('image', name, [...images.keys()])}`, {
          hint: 'Give a URL to fetch it from, or add it to the image map.',
        });
      }
      return { ...definition, name: meant };
    },
    wake,
    progress: (name: string) => puller.progress(name),
  };
}
