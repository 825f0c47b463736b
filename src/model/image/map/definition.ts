/** One image of an image map, converted from its written fields to its definition. */

import type { InputIssues, InputPath } from '../../input/issues.ts';
import { type ImageChecksum, type ImageDefinition, usualTraits } from '../definition.ts';
import type { ImageFile } from './image-file.ts';
import { refuseTwiceSaid, resourcesOf } from './resources.ts';
import { algorithmOf, compressionOf, fileNameOf, fileUrl } from './source.ts';

/**
 * Adds an issue for missing or conflicting fields of one image; `raw` is still unchecked, so that this is reported together with all
 * other errors.
 */
export function checkTogether(raw: Readonly<Record<string, unknown>>, path: InputPath, issues: InputIssues): void {
  const given = (key: string): boolean => (raw[key] ?? null) !== null;
  if (!['source', 'sources', 'local_path'].some(given)) issues.add(path, 'has no source: give source, sources or local_path');
  refuseTwiceSaid(raw, path, issues);
  if (isRecord(raw.defaults)) refuseTwiceSaid(raw.defaults, [...path, 'defaults'], issues);
  if (given('source') && given('sources')) issues.add([...path, 'sources'], 'source is given too: one of them must go');
  const [first, second] = ['sha256', 'sha512', 'checksums'].filter(given);
  if (first !== undefined && second !== undefined) issues.add([...path, second], `${first} is given too: one of them must go`);
  if (given('checksums')) return;
  for (const key of ['checksum_algorithm', 'checksum_file']) {
    if (given(key)) issues.add([...path, key], 'says how to read checksums, and these are not given');
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined where the fields are no valid definition: then the issues say why. */
export function definitionOf(name: string, file: ImageFile, path: InputPath, issues: InputIssues): ImageDefinition | undefined {
  const published = file.sources ?? (file.source ? [file.source] : []);
  const sources = published.length > 0 ? published : localSource(file, path, issues);
  const [first] = sources;
  const architecture = file.architecture ?? usualTraits.architecture;
  const firmware = file.firmware ?? (architecture === 'aarch64' ? 'uefi' : usualTraits.firmware);
  if (architecture === 'aarch64' && firmware === 'bios') issues.add([...path, 'firmware'], 'a machine of aarch64 has uefi only');
  if (first === undefined) return undefined;
  const checksum = checksumOf(file, first, path, issues);
  if (checksum === undefined) return undefined;
  return {
    name,
    sources,
    checksum,
    // The compression describes the published file: a file at local_path was unpacked already.
    compression: (published.length > 0 ? file.decompress : null) ?? compressionOf(first),
    format: file.format ?? null,
    traits: {
      architecture,
      firmware,
      nocloud: file.nocloud ?? usualTraits.nocloud,
      backend: file.backend === 'any' ? null : (file.backend ?? usualTraits.backend),
      ...resourcesOf(file, file.defaults ?? {}),
    },
  };
}

/** Null where there is none, or an issue reports that it is invalid. */
function localSource({ local_path }: ImageFile, path: InputPath, issues: InputIssues): string[] {
  const local = local_path ?? null;
  const url = local === null ? null : fileUrl(local);
  if (local !== null && url === null)
    issues.add([...path, 'local_path'], 'must be the absolute path of a file, as the image has no other source');
  return url === null ? [] : [url];
}

/** Null where none is given, undefined where it is invalid. */
function checksumOf(file: ImageFile, source: string, path: InputPath, issues: InputIssues): ImageChecksum | null | undefined {
  const { sha256, sha512, checksums } = file;
  if (sha256) return { algorithm: 'sha256', value: sha256 };
  if (sha512) return { algorithm: 'sha512', value: sha512 };
  if (!checksums) return null;
  const algorithm = file.checksum_algorithm ?? algorithmOf(checksums);
  if (algorithm === null) {
    issues.add([...path, 'checksums'], 'its name does not tell the algorithm: add checksum_algorithm: sha256 or sha512');
    return undefined;
  }
  return { algorithm, url: checksums, file: file.checksum_file ?? fileNameOf(source) ?? '' };
}
