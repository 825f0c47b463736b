/** Images as the API shows them, read from the store and the image map. */
import type { CommandDependencies } from '../commands/dependencies.ts';
import { CroftError } from '../model/error.ts';
import type { ImageView } from '../model/image/view.ts';
import type { LeftOut } from '../store/store.ts';
import { presentImage } from './present/image.ts';

type Context = Pick<CommandDependencies, 'store' | 'images'>;

/** Rejects with `not-found`, which for a name of the map says how to fetch the image. */
export async function showImage(context: Context, name: string): Promise<ImageView> {
  const image = (await context.store.images.list()).find((stored) => stored.name === name);
  if (image !== undefined) return presentImage(image, await surroundings(context));
  const { aliases, images } = await context.images.map();
  const alias = aliases.get(name);
  if (alias === undefined && !images.has(name)) return presentImage(await context.store.images.get(name), await surroundings(context));
  const is = alias === undefined ? 'is in the image map and was not fetched yet' : `is no image but another name of ${alias.label}`;
  throw new CroftError('not-found', `${name} ${is}`, { hint: `\`croft image pull ${name}\` fetches it` });
}

/** An operation on a stored image. Where the image is missing, and the image map has the name, the error says so. */
export async function unlessAlias<T>({ images }: Pick<Context, 'images'>, name: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    const alias = thrown instanceof CroftError && thrown.code === 'not-found' ? (await images.map()).aliases.get(name) : undefined;
    if (alias === undefined) throw thrown;
    throw new CroftError('not-found', `${name} is no image but another name of ${alias.label}`, {
      hint: 'Name the image itself.',
      cause: thrown,
    });
  }
}

export async function listImages(context: Context, leftOut: LeftOut): Promise<ImageView[]> {
  const [images, around] = await Promise.all([context.store.images.list(leftOut), surroundings(context)]);
  return images.map((image) => presentImage(image, around));
}

async function surroundings({ store, images }: Context) {
  const [nodes, vms, pulls] = await Promise.all([store.nodes.list(), store.vms.list(), store.imagePulls.list()]);
  return { nodes, vms, pulls, progress: images.progress };
}
