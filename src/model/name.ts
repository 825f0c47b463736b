/** Names that users give: one DNS label each, so that they can be host names and never need quoting. */
import { z } from 'zod';

const pattern = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;

export const nameRule =
  'a name starts with a letter, has only a–z, 0–9 and "-", ends with a letter or digit, and has at most 63 characters';

/** Sixty-three bytes is the limit of a DNS label, RFC 1035 §2.3.4. */
export const nameSchema = z
  .string()
  .min(1, nameRule)
  .max(63, nameRule)
  .regex(pattern, nameRule)
  .meta({ description: nameRule, example: 'web' });

/** The candidates that look most like `wrong`, nearest first, at most three; for "did you mean". */
export function nearNames(wrong: string, candidates: readonly string[]): string[] {
  const limit = Math.max(1, Math.floor(wrong.length / 3));
  return candidates
    .map((candidate) => ({ candidate, distance: editDistance(wrong.slice(0, 64).toLowerCase(), candidate) }))
    .filter(({ candidate, distance }) => distance <= limit || (wrong !== '' && candidate.startsWith(wrong)))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Levenshtein distance. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const substitution = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
