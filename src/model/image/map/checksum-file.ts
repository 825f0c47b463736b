/** Checksum files as publishers write them: `HASH  NAME`, `SHA256 (NAME) = HASH`, a bare hash; clear-signed or not. */
import { CroftError } from '../../error.ts';
import { nearNames } from '../../input/near-names.ts';
import { quoted } from '../../input/quote.ts';
import { type ChecksumAlgorithm, checksumAlgorithms } from '../definition.ts';

interface Entry {
  algorithm: ChecksumAlgorithm;
  hash: string;
  /** Null for a bare hash. */
  file: string | null;
}

const digitsOf: Readonly<Record<ChecksumAlgorithm, number>> = { sha256: 64, sha512: 128 };

/**
 * The hash of `file` in lower-case hexadecimal digits. A folder before a name counts only where entries differ by it, and a bare hash
 * only where the file has nothing else. Throws `image.unusable` where there is no hash, or several that differ.
 */
export function checksumOf(text: string, algorithm: ChecksumAlgorithm, file: string): string {
  const entries = linesOf(text).flatMap((line) => entryOf(line) ?? []);
  const fitting = entries.filter((entry) => entry.algorithm === algorithm);
  const named = fitting.filter((entry) => entry.file !== null && lastPart(entry.file) === lastPart(file));
  const exact = named.filter((entry) => entry.file === file);
  const bare = entries.every((entry) => entry.file === null) ? fitting : [];
  const hashes = new Set([exact, named, bare].find((some) => some.length > 0)?.map(({ hash }) => hash));
  const [hash] = hashes;
  if (hash !== undefined && hashes.size === 1) return hash;
  if (hashes.size > 1) throw unusable(`has ${hashes.size} ${algorithm} sums of ${quoted(file)} that differ`);
  throw unusable(`has no ${algorithm} sum of ${quoted(file)}: ${othersInWords(entries, algorithm, file)}`);
}

function othersInWords(entries: readonly Entry[], algorithm: ChecksumAlgorithm, file: string): string {
  const namesIn = (some: readonly Entry[]): string[] => [...new Set(some.flatMap((entry) => entry.file ?? []))];
  const other = checksumAlgorithms.find(
    (one) => one !== algorithm && entries.some((entry) => entry.algorithm === one && (entry.file === null || entry.file === file)),
  );
  if (other !== undefined) return `it has one of ${other}`;
  const names = namesIn(entries.filter((entry) => entry.algorithm === algorithm));
  const near = nearNames(file, names);
  if (near.length > 0) return `did you mean ${near.map(quoted).join(' or ')}?`;
  if (names.length === 0) return 'it has no such sums at all';
  return `there are ${names.slice(0, 5).map(quoted).join(', ')}${names.length > 5 ? ', …' : ''}`;
}

/** The signed lines of a clear-signed message (RFC 9580 §7); otherwise all lines. */
function linesOf(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  const start = lines.indexOf('-----BEGIN PGP SIGNED MESSAGE-----');
  if (start < 0) return lines;
  const blank = lines.findIndex((line, index) => index > start && line.trim() === '');
  const end = lines.indexOf('-----BEGIN PGP SIGNATURE-----', start);
  return lines.slice(blank < 0 ? start : blank, end < 0 ? undefined : end).map((line) => line.replace(/^- /, ''));
}

/** The longest line in characters: no file's name is longer, and a pattern's cost may grow with the square of the line. */
const longestLine = 4096;

function entryOf(line: string): Entry | null {
  if (line.length > longestLine) return null;
  const text = line.trim();
  const tagged = /^SHA-?(?<bits>256|512) ?\((?<file>[^\u2028\u2029]+)\) ?= ?(?<hash>[0-9a-f]{64,128})$/i.exec(text)?.groups;
  if (tagged !== undefined) return entry(tagged.hash, tagged.file, `sha${tagged.bits}`);
  const hash = /^[0-9a-f]{64,128}(?=[ \t]|$)/i.exec(text)?.[0];
  if (hash === undefined) return null;
  const file = text.slice(hash.length).trimStart().replace(/^\*/, '');
  return entry(hash, file === '' ? null : file, null);
}

/** Null where the number of digits does not fit the algorithm. */
function entry(hash: string | undefined, file: string | null | undefined, tag: string | null): Entry | null {
  const algorithm = checksumAlgorithms.find((one) => digitsOf[one] === hash?.length);
  if (hash === undefined || algorithm === undefined || (tag !== null && tag !== algorithm)) return null;
  return { algorithm, hash: hash.toLowerCase(), file: file?.replace(/^\.\//, '') ?? null };
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function unusable(what: string): CroftError {
  return new CroftError('image.unusable', `The checksum file ${what}`, {
    hint: 'Correct checksums, checksum_file or checksum_algorithm of the image in the image map.',
  });
}
