/** Removes unused images from a node, and checks the present ones. The node itself reports the images in use, right before. */
import { type CommandResult, type Host, runLong } from '../../host/host.ts';
import { readScript } from '../../host/script.ts';
import { CroftError } from '../../model/error.ts';
import { type DeliveredImage, type ImagePlace, imageFilePattern } from './node-images.ts';

const collectScript = readScript(import.meta.url, 'scripts/collect.sh');

const absent = 44;
const damaged = 45;
const damagedInUse = 46;

const verifyScript = readScript(import.meta.url, 'scripts/verify.sh');

export interface CollectOptions {
  /** Only reports the images that would be removed. */
  dryRun?: boolean;
}

/** `images` by sha256, without partial ones; `bytes` of the disk are freed in all. */
export interface Collected {
  images: string[];
  bytes: number;
}

/** See ImageDelivery. `coming`: images on their way, whose partial files stay too. */
export async function collectImages(
  host: Host,
  place: ImagePlace,
  { keep, coming, dryRun = false }: { keep: readonly string[]; coming: readonly string[] } & CollectOptions,
): Promise<Collected> {
  const lines = [...keep.map((sha256) => `keep ${sha256}\n`), ...coming.map((sha256) => `keep ${sha256}\ncoming ${sha256}\n`)];
  const argv = ['sh', '-c', collectScript, 'croft-collect', place.stateFolder, place.runFolder, dryRun ? 'dry' : ''] as const;
  const result = await runLong(host, { argv, stdin: lines.join('') });
  if (result.code !== 0) throw failure(host, 'Images cannot be removed', result);
  const removed = result.stdout.split('\n').flatMap((line) => {
    const [name = '', freed] = line.split(' ');
    const [, sha256, part] = imageFilePattern.exec(name) ?? [];
    return sha256 === undefined ? [] : [{ sha256, part: part !== undefined, freed: Number(freed) }];
  });
  return {
    images: removed.filter(({ part }) => !part).map(({ sha256 }) => sha256),
    bytes: removed.reduce((sum, { freed }) => sum + freed, 0),
  };
}

/** `removed` is false where a VM uses the damaged image. */
export type Verified = { state: 'ok' } | { state: 'absent' } | { state: 'damaged'; removed: boolean };

/** Reads the whole image on the node; see ImageDelivery. */
export async function verifyImage(host: Host, place: ImagePlace, image: DeliveredImage): Promise<Verified> {
  const argv = ['sh', '-c', verifyScript, 'croft-verify', place.stateFolder, image.sha256, image.format] as const;
  const result = await runLong(host, { argv });
  switch (result.code) {
    case 0:
      return { state: 'ok' };
    case absent:
      return { state: 'absent' };
    case damaged:
      return { state: 'damaged', removed: true };
    case damagedInUse:
      return { state: 'damaged', removed: false };
    default:
      throw failure(host, `The image sha256:${image.sha256.slice(0, 12)} cannot be checked`, result);
  }
}

function failure(host: Host, what: string, { code, stderr }: CommandResult): CroftError {
  return new CroftError('command.failed', `${what} on node ${host.name}: ${stderr.trim() || `exit code ${code}`}`, { node: host.name });
}
