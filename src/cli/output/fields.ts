/** A single object shown in full: a line for each of its fields, names in one column. */
import type { Paint, Tone } from './paint.ts';
import { type Cell, oneLine } from './table.ts';
import { textWidth } from './text-width.ts';

export type Field = readonly [name: string, value: Cell | null];

/** Fields whose value is null or empty are left out. Long values are wrapped at spaces and indented. */
export function renderFields(fields: readonly Field[], { width, paint }: { width: number; paint: Paint }): string {
  const present = fields.flatMap(([name, value]): [string, string, Tone | null][] => {
    const { text, tone } = typeof value === 'object' && value !== null ? value : { text: value ?? '', tone: null };
    return text === '' ? [] : [[name, oneLine(text), tone]];
  });
  const indent = Math.max(0, ...present.map(([name]) => name.length)) + 2;
  return present
    .map(([name, text, tone]) => {
      const lines = wrapText(text, width - indent).map((line) => paint(line, tone));
      return paint(name, 'quiet') + ' '.repeat(indent - name.length) + lines.join(`\n${' '.repeat(indent)}`);
    })
    .join('\n');
}

/** Breaks at spaces; a word longer than a line keeps its length, so that it can still be copied. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && textWidth(line) + 1 + textWidth(word) <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
