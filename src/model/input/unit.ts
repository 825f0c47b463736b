/** Sizes with a unit, as people write them: `256MiB`, `1.5GiB`, `20GB`. */
import { z } from 'zod';

/**
 * Bytes of each unit. IEC units are powers of 1024 and SI units powers of 1000 (IEC 80000-13); the bare letters mean
 * powers of 1024, as QEMU reads them. Largest first within a family, so that `formatSize` finds the shortest form.
 */
const bytesOf: Readonly<Record<string, number>> = {
  TiB: 1024 ** 4,
  GiB: 1024 ** 3,
  MiB: 1024 ** 2,
  KiB: 1024,
  T: 1024 ** 4,
  G: 1024 ** 3,
  M: 1024 ** 2,
  K: 1024,
  TB: 1000 ** 4,
  GB: 1000 ** 3,
  MB: 1000 ** 2,
  kB: 1000,
  B: 1,
};

export const sizePattern = /^([0-9]{1,15}(?:\.[0-9]{1,3})?) ?([KMGT]iB|[KMGT]|[MGT]B|kB|B)$/;

export const sizeRule =
  'a size is a number with its unit, such as 256MiB, 1.5GiB or 20GB (KiB, MiB, GiB, TiB and K, M, G, T count by 1024; kB, MB, GB, TB by 1000; B is bytes)';

/** Bytes, or null where the text is not a size or not a whole number of bytes. */
export function parseSize(text: string): number | null {
  const [, amount, unit] = sizePattern.exec(text) ?? [];
  const factor = bytesOf[unit ?? ''];
  if (amount === undefined || factor === undefined) return null;
  const bytes = Number(amount) * factor;
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** The exact same size, in the largest IEC unit of which it is a whole number; `parseSize` reads it back. */
export function formatSize(bytes: number): string {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB'] as const) {
    const factor = bytesOf[unit] ?? 1;
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return `${bytes}B`;
}

/** A size in a file that users write: text here, parsed by `parseSize` where it is used. */
export const sizeSchema = z.string({ error: sizeRule }).regex(sizePattern, sizeRule).meta({ description: sizeRule, example: '256MiB' });
