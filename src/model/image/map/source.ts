/** The published location of an image's file: its URLs, and the information in its name. */
import { type ChecksumAlgorithm, type Compression, checksumAlgorithms } from '../definition.ts';
import { field } from './field.ts';

const sourceRule = 'must be a URL of a file, such as https://example.org/disk.qcow2 or file:///srv/disk.qcow2';

/** An `http:`, `https:` or `file:` URL as it was written, whose path ends in a file's name. */
export const sourceField = field<string>((value) => {
  if (typeof value !== 'string' || value.length > 2048) return { wrong: sourceRule };
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(value)?.[1]?.toLowerCase();
  if (scheme !== undefined && !['http', 'https', 'file'].includes(scheme)) return { wrong: `${sourceRule}: only http, https and file` };
  const whole = /^(https?:\/\/|file:\/\/\/)[^\s\p{Cc}]+$/iu.test(value) && URL.canParse(value);
  return whole && fileNameOf(value) !== null ? { value } : { wrong: sourceRule };
});

/** The last part of a URL's path, decoded; null where there is none. */
export function fileNameOf(url: string): string | null {
  try {
    const name = decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
    return name === '' || name.includes('/') ? null : name;
  } catch {
    return null;
  }
}

/** The `file:` URL of an absolute path; null for any other path. */
export function fileUrl(path: string): string | null {
  const url = `file://${path.split('/').map(encodeURIComponent).join('/')}`;
  return path.startsWith('/') && fileNameOf(url) !== null ? url : null;
}

const suffixes: readonly (readonly [RegExp, Compression])[] = [
  [/\.zstd?$/i, 'zstd'],
  [/\.gz$/i, 'gz'],
  [/\.xz$/i, 'xz'],
  [/\.bz2$/i, 'bz2'],
];

/** Detected from the URL's suffix. */
export function compressionOf(url: string): Compression {
  return suffixes.find(([suffix]) => suffix.test(fileNameOf(url) ?? ''))?.[1] ?? 'none';
}

/** `SHA512SUMS`, `CHECKSUM.SHA256` and `disk.qcow2.sha512` name the algorithm; `CHECKSUM` does not: null. */
export function algorithmOf(checksums: string): ChecksumAlgorithm | null {
  const name = (fileNameOf(checksums) ?? '').toLowerCase().replaceAll('-', '');
  const told = checksumAlgorithms.filter((algorithm) => name.includes(algorithm));
  return told.length === 1 ? (told[0] ?? null) : null;
}
