/** Maintains stored images: hashes them again wherever they are, and returns their content. */
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { ImageLibrary } from '../images/library/library.ts';
import type { ImageDelivery } from '../images/spread/deliver.ts';
import type { Fleet } from '../loops/node/fleet.ts';
import { inWords } from '../loops/node/recorder.ts';
import { CroftError } from '../model/error.ts';
import type { Image, ImageContent } from '../model/image/image.ts';
import type { ImageCheck } from '../model/image/view.ts';
import type { Node } from '../model/node/node.ts';
import type { Store } from '../store/store.ts';

export interface ImageMaintenanceOptions {
  store: Store;
  library: Pick<ImageLibrary, 'path' | 'verify'>;
  delivery: Pick<ImageDelivery, 'verifyOnNode'>;
  fleet: Fleet;
}

export function createImageMaintenance({ store, library, delivery, fleet }: ImageMaintenanceOptions) {
  async function checkLibrary({ name, origin }: Image, { sha256, format }: ImageContent): Promise<ImageCheck> {
    if (await library.verify(sha256, format)) return { node: null, outcome: 'intact', message: null };
    return { node: null, outcome: 'damaged', message: remedyOf(name, origin) };
  }

  async function checkOn({ id, config }: Node, content: ImageContent): Promise<ImageCheck> {
    const node = config.name;
    const worker = fleet.worker(id);
    if (worker === null) return { node, outcome: 'unknown', message: 'the node is being removed' };
    try {
      const { host, layout } = await worker.connection();
      const found = await delivery.verifyOnNode(host, layout, content);
      if (found.state !== 'damaged') return { node, outcome: found.state === 'ok' ? 'intact' : 'absent', message: null };
      const message = found.removed ? 'removed; it comes again when it is needed' : 'VMs use it; they may read wrong data';
      return { node, outcome: 'damaged', message };
    } catch (thrown) {
      return { node, outcome: 'unknown', message: inWords(thrown) };
    }
  }

  return {
    /** In the library, and on each node that is recorded to have the image. */
    async verify(name: string): Promise<ImageCheck[]> {
      const image = await store.images.get(name);
      const content = contentOf(image);
      const nodes = (await store.nodes.list()).filter(({ observed }) => observed.images.includes(content.sha256));
      return await Promise.all([checkLibrary(image, content), ...nodes.map((node) => checkOn(node, content))]);
    },
    /** Rejects with `image.unusable` where the file is missing or truncated, since its length is sent before its content is read. */
    async open(name: string): Promise<{ content: ImageContent; stream: Readable }> {
      const image = await store.images.get(name);
      const content = contentOf(image);
      const damaged = (what: string, cause?: unknown): CroftError =>
        new CroftError('image.unusable', `The file of the image ${name} in the library ${what}`, {
          hint: remedyOf(name, image.origin),
          cause,
        });
      const file = await open(library.path(content.sha256, content.format)).catch((thrown: Error) => {
        throw damaged(`cannot be read: ${thrown.message}`, thrown);
      });
      const { size } = await file.stat();
      if (size === content.size) return { content, stream: file.createReadStream() };
      await file.close();
      throw damaged(`has ${size} bytes instead of ${content.size}`);
    },
  };
}

function remedyOf(name: string, origin: string | null): string {
  return origin === null ? `import ${name} again` : `fetch it again with: croft image pull ${name}`;
}

function contentOf({ name, content }: Image): ImageContent {
  if (content !== null) return content;
  throw new CroftError('not-found', `image ${name} was not fetched yet`, { hint: `See how that goes with: croft image show ${name}` });
}
