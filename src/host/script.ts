/** The shell, awk and python programs that run on nodes: files beside the code that sends them, read once, when that code is loaded. */
import { readFileSync } from 'node:fs';

/** A line of a program, with its position. */
export interface ScriptLine {
  file: URL;
  /** From 1. */
  number: number;
  text: string;
}

/**
 * The program in the file `name`, which lies beside the module `from` (its `import.meta.url`), as one argument of an interpreter. In a
 * shell script the line `. ./part.sh` is replaced by that file, relative to the script: functions that scripts share. A part is included
 * only once. Each use sends the program again, so comments, empty lines and, except in python, indentation are left out: no text over
 * several lines may depend on them.
 */
export function readScript(from: string, name: string): string {
  const indentation = name.endsWith('.py') ? /^$/ : /^\s+/;
  return scriptLines(new URL(name, from))
    .map(({ text }) => text)
    .filter((text) => !/^\s*(#|$)/.test(text))
    .map((text) => `${text.replace(indentation, '')}\n`)
    .join('');
}

/** As `readScript`, with its comments. Throws where a part is missing. */
export function scriptLines(file: URL, seen = new Set<string>()): ScriptLine[] {
  seen.add(file.href);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.flatMap((text, index) => {
    const part = /^\s*\. (\.\.?\/\S+\.sh)$/.exec(text)?.[1];
    if (part === undefined) return [{ file, number: index + 1, text }];
    const target = new URL(part, file);
    return seen.has(target.href) ? [] : scriptLines(target, seen);
  });
}
