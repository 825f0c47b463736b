/** Images on their way in: from an upload or from a build, through inspection, into the library and the store. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ImageIntake } from '../api/dependencies.ts';
import type { ImageLibrary } from '../images/library.ts';
import { buildMicroImage } from '../images/micro.ts';
import type { Journal } from '../loops/journal.ts';
import type { Image } from '../model/image.ts';
import { usualTraits } from '../model/image-definition.ts';
import type { Store } from '../store/store.ts';
import type { ImageSweep } from './image-sweep.ts';

export interface ImageIntakeOptions {
  store: Store;
  library: ImageLibrary;
  /** Where the micro image is built; keeps downloaded packages. */
  workFolder: string;
  journal: Journal;
  sweep: ImageSweep;
}

export function createImageIntake({ store, library, workFolder, journal, sweep }: ImageIntakeOptions): ImageIntake {
  async function add(name: string, content: Readable | string): Promise<Image> {
    const image = await sweep.arriving(async () => {
      const { sha256, format, size, virtualSize } = await library.add(content);
      return await store.images.put({ name, content: { sha256, format, size, virtualSize }, traits: usualTraits, origin: null });
    });
    journal.record({ kind: 'image.added', message: `image ${name} is sha256:${image.content?.sha256}` });
    void sweep.sweep();
    return image;
  }

  return {
    add,
    async remove(name) {
      await store.images.remove(name);
      void sweep.sweep();
      journal.record({ kind: 'image.removed', message: `image ${name} removed` });
    },
    async buildMicro(name) {
      await mkdir(workFolder, { recursive: true });
      const outputFile = join(workFolder, 'micro.raw');
      const log = (message: string): void => journal.record({ kind: 'image.building', message: `${name}: ${message}` });
      await buildMicroImage({ workFolder, outputFile, log });
      try {
        return await add(name, outputFile);
      } finally {
        await rm(outputFile, { force: true });
      }
    },
  };
}
