/** Images as they are shown. Pure. */
import type { Image, ImagePull } from '../../model/image/image.ts';
import { imagesOfAliases } from '../../model/image/map/follow.ts';
import type { ImageMap } from '../../model/image/map/image-map.ts';
import type { CatalogueEntry } from '../../model/image/requests.ts';
import type { ImageView, PullProgress } from '../../model/image/view.ts';
import { urlWords } from '../../model/input/url-words.ts';
import type { Node } from '../../model/node/node.ts';
import type { Vm } from '../../model/vm/vm.ts';

export interface ImageSurroundings {
  nodes: readonly Node[];
  vms: readonly Vm[];
  pulls: readonly ImagePull[];
  progress(name: string): PullProgress | null;
}

export function presentImage(image: Image, { nodes, vms, pulls, progress }: ImageSurroundings): ImageView {
  const pull = pulls.find(({ name }) => name === image.name);
  const sha256 = image.content?.sha256;
  const users = vms.filter(({ spec }) => spec.image === image.name || spec.volumes.some((volume) => volume.image === image.name));
  const present = users.filter(({ imageId, volumes }) => imageId === image.id || volumes.some((volume) => volume.imageId === image.id));
  return {
    ...image,
    vms: users.length,
    vmsOfEarlier: users.length - present.length,
    nodes: nodes.filter(({ observed }) => sha256 !== undefined && observed.images.includes(sha256)).map(({ config }) => config.name),
    pull:
      pull === undefined
        ? null
        : {
            progress: progress(image.name),
            attempts: pull.attempts,
            checked: pull.definition.checksum !== null,
            reason: pull.reason,
            retryAt: pull.retryAt,
          },
  };
}

/** Sorted by name. */
export function presentCatalogue(map: ImageMap, stored: readonly Image[]): CatalogueEntry[] {
  const fetched = new Set(stored.filter(({ content }) => content !== null).map(({ name }) => name));
  const leads = imagesOfAliases(map);
  const aliases = Map.groupBy(leads.keys(), (alias) => leads.get(alias));
  return [...map.images.values()]
    .map(({ name, traits, sources }) => ({
      name,
      aliases: (aliases.get(name) ?? []).sort(),
      traits,
      sources: sources.map(urlWords),
      fetched: fetched.has(name),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
