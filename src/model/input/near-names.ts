/** "Did you mean": the names that look most like a wrong one. */

/** The candidates that look most like `wrong`, nearest first, at most three; for "did you mean". */
export function nearNames(wrong: string, candidates: readonly string[]): string[] {
  const limit = Math.max(1, Math.floor(wrong.length / 3));
  const lower = wrong.slice(0, 64).toLowerCase();
  return candidates
    .filter((candidate) => Math.abs(candidate.length - lower.length) <= limit || candidate.startsWith(wrong))
    .map((candidate) => ({ candidate, distance: editDistance(lower, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= limit || (wrong !== '' && candidate.startsWith(wrong)))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** The number of missing, additional, different, or swapped letters (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const substitution = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swap = isSwap ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(substitution, swap, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    before = previous;
    previous = current;
  }
  return previous[to.length] ?? 0;
}
