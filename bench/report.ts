/** The bench's results as a table, as JSON, and as the section of docs/benchmarks.md. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { Judged, Target, Unit } from './figure.ts';
import type { Machine } from './machine.ts';

export interface Results {
  machine: Machine;
  figures: readonly Judged[];
}

const headings = ['what', 'median', 'against', 'median', 'ratio', 'target', ''];
const folder = new URL('results/', import.meta.url);
const page = new URL('../docs/benchmarks.md', import.meta.url);
const [begin, end] = ['<!-- results -->', '<!-- end of results -->'];

/** For a terminal: columns of even width. */
export function table(figures: readonly Judged[]): string {
  const rows = [headings, ...figures.map(cells)];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Writes all samples to bench/results/; resolves with the file's path. */
export async function writeJson(results: Results): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = new URL(`${results.machine.date.replaceAll(':', '-')}.json`, folder);
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
  return file.pathname;
}

/** Replaces the results in docs/benchmarks.md and leaves the rest of the page. */
export async function writePage(results: Results): Promise<void> {
  const text = await readFile(page, 'utf8');
  const [before, after] = [text.split(begin)[0], text.split(end)[1]];
  if (before === undefined || after === undefined) throw new Error(`${page.pathname} has no lines ${begin} and ${end}`);
  await writeFile(page, `${before}${begin}\n${markdown(results)}\n${end}${after}`);
}

function markdown({ machine, figures }: Results): string {
  const { date, commit, processor, cores, memory, kernel, load } = machine;
  return [
    `${date.slice(0, 16).replace('T', ' ')} UTC, commit ${commit}. ${cores} cores (${processor}), ${memory}, Linux ${kernel}; load average ${load} at the start.`,
    '',
    ...[headings, headings.map(() => '---'), ...figures.map(cells)].map(
      (row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
    ),
  ].join('\n');
}

function cells(figure: Judged): string[] {
  const { measured, alternative, unit, median, alternativeMedian, ratio, target, met } = figure;
  return [
    `${figure.scenario}: ${measured.name} (${measured.samples.length})`,
    quantity(median, unit),
    `${alternative.name} (${alternative.samples.length})`,
    quantity(alternativeMedian, unit),
    ratio < 0.5 ? `1 : ${(1 / ratio).toFixed(1)}` : ratio.toFixed(2),
    target === null ? '' : targetWords(target, unit),
    met === null ? '' : met ? 'met' : 'MISSED',
  ];
}

function quantity(value: number, unit: Unit): string {
  return unit === 'round trips' ? `${value}` : `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
}

function targetWords({ kind, limit }: Target, unit: Unit): string {
  if (kind === 'times faster') return `≥ ${limit} times faster`;
  if (kind === 'at least') return `≥ ${quantity(limit, unit)}`;
  return kind === 'at most' ? `≤ ${quantity(limit, unit)}` : `ratio ≤ ${limit.toFixed(2)}`;
}
