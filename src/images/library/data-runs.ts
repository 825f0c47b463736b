/** The parts of a file that are data, and the long runs of zeros that may become holes. Pure. */

/** A run of zeros that begins and ends at multiples of this becomes a hole. */
const holeSize = 64 * 1024;
const zeros = Buffer.alloc(holeSize);

export interface Run {
  from: number;
  to: number;
}

/** The parts of a piece that must be written; `start` is the piece's offset in the file. */
export function runsOfData(piece: Buffer, start: number): Run[] {
  const runs: Run[] = [];
  for (let from = 0; from < piece.length; ) {
    const to = Math.min(from + holeSize - ((start + from) % holeSize), piece.length);
    const last = runs.at(-1);
    if (!isZero(piece.subarray(from, to))) {
      if (last?.to === from) last.to = to;
      else runs.push({ from, to });
    }
    from = to;
  }
  return runs;
}

export function isZero(piece: Buffer): boolean {
  if (piece[0] !== 0) return piece.length === 0;
  for (let from = 0; from < piece.length; from += zeros.length) {
    const to = Math.min(from + zeros.length, piece.length);
    if (piece.compare(zeros, 0, to - from, from, to) !== 0) return false;
  }
  return true;
}
