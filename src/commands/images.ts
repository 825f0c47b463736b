/** Commands on images to be fetched: the wish and its event in one commit, then a notification of the fetching loop. */
import { CroftError } from '../model/error.ts';
import type { ImageDefinition } from '../model/image/definition.ts';
import type { ImageMap } from '../model/image/map/image-map.ts';
import { readImageDefinition } from '../model/image/map/read.ts';
import type { PullRequest } from '../model/image/requests.ts';
import type { Commit } from '../store/store.ts';
import type { CommandContext } from './context.ts';
import type { CommandDependencies } from './dependencies.ts';

type Context = CommandContext<Pick<CommandDependencies, 'store' | 'images'>>;

/**
 * Requests the fetch of an image, again where the image is present. Resolves with its name, which differs where an alias was given.
 * Rejects with `not-found` where neither the request nor the map names a source.
 */
export async function pullImage(
  { principal, store, images }: Context,
  name: string,
  { definition, prepull }: PullRequest,
): Promise<string> {
  const meant = await images.definition(name, definition === undefined ? null : publishedDefinition(name, definition));
  await store.commit(principal, async (commit) => {
    await requestImage(commit, meant);
    if (prepull !== undefined) await commit.images.setPrepull(meant.name, prepull);
  });
  images.wake();
  return meant.name;
}

/** Sets where an image is kept in advance, see Image. */
export async function keepImage({ principal, store, images }: Context, name: string, prepull: readonly string[]): Promise<void> {
  await store.commit(principal, (commit) => commit.images.setPrepull(name, prepull));
  images.wake();
}

/**
 * Requests images of the map that were never fetched, as part of a larger change; names that the map does not contain are skipped.
 * Resolves with their number.
 */
export async function requestImages(commit: Commit, names: readonly string[], map: ImageMap): Promise<number> {
  const known = names.flatMap((name) => map.images.get(name) ?? []);
  if (known.length === 0) return 0;
  const stored = new Set((await commit.images.list()).map(({ name }) => name));
  const wanted = known.filter(({ name }) => !stored.has(name));
  for (const definition of wanted) await requestImage(commit, definition);
  return wanted.length;
}

async function requestImage({ imagePulls, events }: Commit, definition: ImageDefinition): Promise<void> {
  const { name, sources } = definition;
  await imagePulls.request(definition);
  const from = sources.length === 1 ? 'its source' : `one of ${sources.length} sources`;
  await events.append([{ kind: 'image.requested', message: `image ${name} is to be fetched from ${from}`, data: { image: name } }]);
}

/** Only the administrator may offer files of the controller's machine, in the image map. */
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
