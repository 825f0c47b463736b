/** The text of a slice file: YAML (so JSON too) to a value that remembers where in the text each part stands. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { InputIssue } from './error.ts';
import { type InputPath, inputError, type Locate } from './input-issues.ts';
import { printable, quoted } from './quote.ts';
import type { SliceFile } from './slice-file.ts';
import { checkSliceFile } from './slice-file-check.ts';

const largestDocument = 1024 * 1024;
/** How often anchors may be repeated in all; without a limit a few lines expand to gigabytes. */
const mostAliases = 100;

/** A slice file from text. Throws `input.syntax` or `input.invalid`, with line and column of every place that is wrong. */
export function readSliceFile(text: string): { file: SliceFile; locate: Locate } {
  const { file, locate } = parseSliceText(text);
  return { file: checkSliceFile(file, locate), locate };
}

/** Any single YAML document of at most 1 MiB. Throws `input.syntax` with line and column of every error. */
export function parseSliceText(text: string): { file: unknown; locate: Locate } {
  if (Buffer.byteLength(text) > largestDocument) throw syntaxError([{ path: '', message: 'it is larger than 1 MiB' }]);
  const lines = new LineCounter();
  const document = parse(text, lines);
  const errors = [...document.errors, ...document.warnings]
    .map((error) => issueAt(wordsOf(error), error.pos[0], lines))
    .concat(duplicateKeys(document, lines));
  const deep = errors.find(({ message }) => message === tooDeep);
  if (deep !== undefined) throw syntaxError([deep]);
  if (errors.length > 0) throw syntaxError(errors);
  return { file: plainValue(document, lines), locate: (path) => locate(document, lines, path) };
}

const tooDeep = 'it is nested too deeply';

/** The parser's own words, but for those that speak of its workings. */
function wordsOf({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here: a slice file has one';
  if (message.startsWith('Maximum call stack')) return tooDeep;
  return firstLine(message);
}

function parse(text: string, lines: LineCounter): Document.Parsed {
  try {
    // uniqueKeys compares every key with every other: in a hostile document that takes minutes. duplicateKeys does it in one pass.
    return parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, stringKeys: true, version: '1.2' });
  } catch (cause) {
    throw syntaxError([{ path: '', message: cause instanceof RangeError ? tooDeep : String(cause) }], cause);
  }
}

function plainValue(document: Document.Parsed, lines: LineCounter): unknown {
  try {
    return document.toJS({ maxAliasCount: mostAliases });
  } catch (cause) {
    const message = cause instanceof Error ? firstLine(cause.message) : String(cause);
    throw syntaxError([issueAt(message, firstAlias(document), lines)], cause);
  }
}

function duplicateKeys(document: Document.Parsed, lines: LineCounter): InputIssue[] {
  const issues: InputIssue[] = [];
  visit(document, {
    Map(_, map) {
      const first = new Map<unknown, number>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const at = key.range?.[0] ?? 0;
        const before = first.get(key.value);
        if (before === undefined) first.set(key.value, at);
        else issues.push(issueAt(`${quoted(String(key.value))} is there already, in line ${lines.linePos(before).line}`, at, lines));
      }
    },
  });
  return issues;
}

function firstAlias(document: Document.Parsed): number {
  let at = 0;
  visit(document, {
    Alias(_, alias) {
      at = alias.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return at;
}

/** The place of a map's key or a list's item; of the nearest ancestor where the path leads nowhere. */
function locate(document: Document.Parsed, lines: LineCounter, path: InputPath): { line: number; column: number } | undefined {
  let node: Node | null = document.contents;
  let at = node?.range?.[0] ?? 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (pair === undefined) break;
      at = isScalar(pair.key) ? (pair.key.range?.[0] ?? at) : at;
      node = pair.value as Node | null;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(part)];
      if (item === undefined) break;
      node = item as Node;
      at = node.range?.[0] ?? at;
    } else break;
  }
  const { line, col } = lines.linePos(at);
  return line === 0 ? undefined : { line, column: col };
}

function issueAt(message: string, at: number, lines: LineCounter): InputIssue {
  const { line, col } = lines.linePos(at);
  return line === 0 ? { path: '', message } : { path: '', message, line, column: col };
}

function firstLine(message: string): string {
  return printable(message.split('\n')[0]?.slice(0, 200) ?? '');
}

function syntaxError(issues: InputIssue[], cause?: unknown): Error {
  return inputError('input.syntax', 'The slice file', issues.slice(0, 100), issues.length, cause);
}
