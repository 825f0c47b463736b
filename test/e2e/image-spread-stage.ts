/** What the tests of spreading images share: lab hosts as nodes, a library with an image, and a look at how it goes. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hosts, type Reach } from '../../src/controller/hosts.ts';
import { ensureServeKey } from '../../src/controller/key.ts';
import { openImageLibrary } from '../../src/images/library/library.ts';
import { createImageDelivery, type ImageDelivery } from '../../src/images/spread/deliver.ts';
import { type DeliveredImage, imagePath } from '../../src/images/spread/node-images.ts';
import type { ServeKey } from '../../src/images/spread/serve.ts';
import { nodeConfigSchema } from '../../src/model/node/node.ts';
import type { Lab, LabHost } from '../lab/lab.ts';

export const mebibyte = 1024 ** 2;
export const controllerId = 'spreadtest';

export interface SpreadStage extends AsyncDisposable {
  folder: string;
  image: DeliveredImage;
  /** The image's file in the library. */
  file: string;
  key: ServeKey;
  images: ImageDelivery;
  reach(host: LabHost): Reach;
}

export interface SpreadOptions {
  /** MiB of random bytes, then of zeros. */
  random: number;
  zeros?: number;
  /** ms; see ImageDeliveryOptions. */
  patience?: number;
  /** Who logs in to the hosts; root where absent. */
  user?: string;
}

/** A controller's part that spreads images, with connections and memory of its own. */
export async function openSpread(folder: string, { patience, user = 'root' }: Pick<SpreadOptions, 'patience' | 'user'> = {}) {
  const key = await ensureServeKey(join(folder, 'images_ed25519'), controllerId);
  const hosts = new Hosts({ controllerId, defaultKey: join(folder, 'none'), agent: null });
  const library = await openImageLibrary({ folder: join(folder, 'library') });
  const reached = new Map<string, Reach>();
  const reach = ({ name, address, port, keyFile, hostKey }: LabHost): Reach => {
    const known = reached.get(name);
    if (known !== undefined) return known;
    const fresh = hosts.reach(nodeConfigSchema.parse({ name, ssh: { address, port, user, keyFile, hostKey } }));
    reached.set(name, fresh);
    return fresh;
  };
  const peers = { routeOf: hosts.routeOf.bind(hosts), key };
  const images = createImageDelivery({ library, isLocal: () => false, peers, ...(patience === undefined ? {} : { patience }) });
  const close = async () => {
    for (const { host, layout } of reached.values()) images.giveUp(host, layout);
    await Promise.all([...reached.values()].map(({ host }) => host.close()));
  };
  return { key, library, reach, images, close };
}

/** Disposing of it removes all images and keys from the lab's hosts. */
export async function prepareSpread(lab: Lab, { random, zeros = 0, ...options }: SpreadOptions): Promise<SpreadStage> {
  const folder = await mkdtemp(join(tmpdir(), 'croft-spread-'));
  const { key, library, reach, images, close } = await openSpread(folder, options);
  const source = join(folder, 'source');
  await writeFile(source, Buffer.concat([randomBytes(random * mebibyte), Buffer.alloc(zeros * mebibyte)]));
  const image = await library.add(source);
  await rm(source);
  return {
    ...{ folder, image, file: library.path(image.sha256, image.format), key, images, reach },
    [Symbol.asyncDispose]: async () => {
      await close();
      await rm(folder, { recursive: true, force: true });
      for (const host of lab.hosts)
        await host.exec(['sh', '-c', 'rm -rf /var/lib/croft/node /run/croft /run/lab/root/.ssh /run/lab/operator/.ssh']);
    },
  };
}

/** Where the image lies on the host; `bytes` of it or of its part are there, null where there is none. */
export async function lookAt(host: LabHost, { image, reach }: Pick<SpreadStage, 'image' | 'reach'>) {
  const path = imagePath(reach(host).layout, image);
  const sizeOf = async (file: string) => {
    const { code, stdout } = await host.exec(['stat', '-c', '%s', file]);
    return code === 0 ? Number(stdout) : null;
  };
  const [whole, part] = await Promise.all([sizeOf(path), sizeOf(`${path}.partial`)]);
  return { path, whole, part };
}
