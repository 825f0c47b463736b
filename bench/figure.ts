/** A figure of the bench: what was measured, beside the named alternative that was measured in the same run. */

export type Unit = 'µs' | 'ms' | 's' | 'MB' | '%' | 'round trips' | 'VMs/s';

/** Several measurements of one thing, in the figure's unit. */
export interface Series {
  name: string;
  samples: readonly number[];
}

/** Exactly one of them; `ratio` is that of the medians, measured to alternative. */
export type Target =
  | { kind: 'ratio at most'; limit: number }
  | { kind: 'times faster'; limit: number }
  | { kind: 'at most'; limit: number }
  | { kind: 'at least'; limit: number };

export interface Figure {
  scenario: string;
  unit: Unit;
  measured: Series;
  alternative: Series;
  /** Null where the figure only explains another one. */
  target: Target | null;
}

export interface Judged extends Figure {
  median: number;
  alternativeMedian: number;
  ratio: number;
  met: boolean | null;
}

export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  if (low === undefined || high === undefined) throw new Error('no samples, no median');
  return (low + high) / 2;
}

export function judge(figure: Figure): Judged {
  const value = median(figure.measured.samples);
  const alternativeMedian = median(figure.alternative.samples);
  const ratio = value / alternativeMedian;
  return { ...figure, median: value, alternativeMedian, ratio, met: figure.target === null ? null : isMet(figure.target, value, ratio) };
}

function isMet({ kind, limit }: Target, value: number, ratio: number): boolean {
  if (kind === 'at most') return value <= limit;
  if (kind === 'at least') return value >= limit;
  return kind === 'ratio at most' ? ratio <= limit : 1 / ratio >= limit;
}
