/** What is asked of images: checked here, done by what looks after images. */

import type { ApiDependencies } from '../api/dependencies.ts';
import { presentImage } from '../api/present/image.ts';
import { CroftError } from '../model/error.ts';
import type { ImageDefinition } from '../model/image/definition.ts';
import { readImageDefinition } from '../model/image/map/read.ts';
import type { PullRequest } from '../model/image/requests.ts';
import type { ImageView } from '../model/image/view.ts';

type Context = Pick<ApiDependencies, 'store' | 'images'>;

/** Has an image fetched, anew where it is there. Rejects with `not-found` where neither the request nor the map says where from. */
export async function pullImage(context: Context, name: string, { definition, prepull }: PullRequest): Promise<ImageView> {
  const meant = await context.images.pull(name, definition === undefined ? null : publishedDefinition(name, definition));
  if (prepull !== undefined) await context.images.keep(meant, prepull);
  return await showImage(context, meant);
}

/** Rejects with `not-found`, which says of a name of the map what to fetch. */
export async function showImage(context: Context, name: string): Promise<ImageView> {
  const image = (await context.store.images.list()).find((stored) => stored.name === name);
  if (image !== undefined) return presentImage(image, await surroundings(context));
  const { aliases, images } = await context.images.map();
  const alias = aliases.get(name);
  if (alias === undefined && !images.has(name)) return presentImage(await context.store.images.get(name), await surroundings(context));
  const is = alias === undefined ? 'is in the image map and was not fetched yet' : `is no image but another name of ${alias.label}`;
  throw new CroftError('not-found', `${name} ${is}`, { hint: `\`croft image pull ${name}\` fetches it` });
}

/** What is done with an image that is stored. Where there is none, and the image map has the name, that is said. */
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

export async function listImages(context: Context): Promise<ImageView[]> {
  const [images, around] = await Promise.all([context.store.images.list(), surroundings(context)]);
  return images.map((image) => presentImage(image, around));
}

async function surroundings({ store, images }: Context) {
  const [nodes, vms, pulls] = await Promise.all([store.nodes.list(), store.vms.list(), store.imagePulls.list()]);
  return { nodes, vms, pulls, progress: images.progress };
}

/** Files of the controller's machine are for its administrator to offer, in the image map. */
function publishedDefinition(name: string, fields: unknown): ImageDefinition {
  const definition = readImageDefinition(name, fields);
  const lists = definition.checksum !== null && 'url' in definition.checksum ? [definition.checksum.url] : [];
  // A scheme may be written in any case.
  const local = [...definition.sources, ...lists].find((url) => new URL(url).protocol === 'file:');
  if (local === undefined) return definition;
  throw new CroftError('input.invalid', `${local}, which the request names for image ${name}, is a file of the controller's machine`, {
    hint: 'Send the file with `croft image import`, or name it in the image map.',
  });
}
