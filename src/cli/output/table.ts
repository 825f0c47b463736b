/** Tables that fit the terminal: wide columns shrink first, then minor ones are dropped; a row is always one line. */
import { printable } from '../../model/input/quote.ts';
import type { Paint, Tone } from './paint.ts';
import { cutText, textWidth } from './text-width.ts';

export interface Column {
  title: string;
  align?: 'right';
  /** Left out where there is not room for all, the last of them first. */
  minor?: boolean;
  /** May be cut to this many columns with `…`; a column without this is never cut while any other can be. */
  least?: number;
}

export type Cell = string | { text: string; tone: Tone | null };

export interface TableOptions {
  /** Columns of the terminal; may be infinite. */
  width: number;
  paint: Paint;
}

/** Columns between two columns. */
export const columnGap = 2;

/** Lines joined by line breaks, none with spaces at its end. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], { width, paint }: TableOptions): string {
  const texts = rows.map((row) => columns.map((_, index) => oneLine(textOf(row[index]))));
  const natural = columns.map(({ title }, index) => Math.max(textWidth(title), ...texts.map((row) => textWidth(row[index] ?? ''))));
  const shown = chooseColumns(columns, natural, width);
  const widths = fitWidths(columns, natural, shown, width);
  const line = (cells: readonly string[], tones: readonly (Tone | null)[]): string =>
    shown
      .map((column, position) => {
        const text = cutText(cells[column] ?? '', widths[position] ?? 0);
        const space = ' '.repeat(Math.max(0, (widths[position] ?? 0) - textWidth(text)));
        const painted = paint(text, tones[column] ?? null);
        return columns[column]?.align === 'right' ? space + painted : painted + space;
      })
      .join(' '.repeat(columnGap))
      .trimEnd();
  const head = line(
    columns.map(({ title }) => title),
    columns.map(() => 'quiet'),
  );
  return [
    head,
    ...texts.map((cells, row) =>
      line(
        cells,
        columns.map((_, index) => toneOfCell(rows[row]?.[index])),
      ),
    ),
  ].join('\n');
}

function textOf(cell: Cell | undefined): string {
  return typeof cell === 'object' ? cell.text : (cell ?? '');
}

function toneOfCell(cell: Cell | undefined): Tone | null {
  return typeof cell === 'object' ? cell.tone : null;
}

/** A program's own words may have several lines and characters that control a terminal. */
export function oneLine(text: string): string {
  const joined = text.trim().replace(/([:;,.]?)[ \t]*[\r\n]\s*/g, (_, end: string) => `${end || ';'} `);
  return printable(joined.replaceAll('\t', ' '));
}

/** Positions of the columns that fit when all have their least width. */
function chooseColumns(columns: readonly Column[], natural: readonly number[], width: number): number[] {
  const shown = columns.map((_, index) => index);
  const room = (): number => total(shown.map((index) => leastOf(columns[index], natural[index] ?? 0)));
  while (room() > width) {
    const minor = shown.findLastIndex((index) => columns[index]?.minor === true);
    if (minor < 0) break;
    shown.splice(minor, 1);
  }
  return shown;
}

/** Shrinks the widest of the shrinkable columns, down to their least; after that the widest of all. */
function fitWidths(columns: readonly Column[], natural: readonly number[], shown: readonly number[], width: number): number[] {
  const widths = shown.map((index) => natural[index] ?? 0);
  const least = shown.map((index) => leastOf(columns[index], natural[index] ?? 0));
  for (const limits of [least, widths.map(() => 1)]) {
    while (total(widths) > width) {
      const giver = widest(widths, limits);
      if (giver === null) break;
      widths[giver] = (widths[giver] ?? 0) - 1;
    }
  }
  return widths;
}

function leastOf(column: Column | undefined, natural: number): number {
  return Math.min(natural, column?.least ?? natural);
}

function widest(widths: readonly number[], limits: readonly number[]): number | null {
  let found: number | null = null;
  widths.forEach((width, index) => {
    if (width > (limits[index] ?? 0) && (found === null || width > (widths[found] ?? 0))) found = index;
  });
  return found;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + columnGap * Math.max(0, widths.length - 1);
}
