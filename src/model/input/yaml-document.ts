/** Parses YAML text (so JSON too) to a value that remembers the position of each part in the text. */
import {
  type Alias,
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
  type YAMLMap,
} from 'yaml';
import type { InputIssue } from '../error.ts';
import { type InputPath, inputError, type Locate } from './issues.ts';
import { printable, quoted } from './quote.ts';

const largestDocument = 1024 * 1024;
export interface YamlOptions {
  /** Begins the message of an error: "The slice file". */
  subject: string;
  /** `<<: *anchor` merges the keys of a map; otherwise `<<` is an ordinary key. */
  mergeKeys?: boolean;
  /** For issues with the document's name, see InputIssue. */
  file?: string;
  /** How often anchors may be repeated in all, 100 by default; without a limit a few lines expand to gigabytes. */
  mostAliases?: number;
}

/** Any single YAML document of at most 1 MiB. Throws `input.syntax` with line and column of every error. */
export function parseYaml(
  text: string,
  { subject, file, mergeKeys = false, mostAliases = 100 }: YamlOptions,
): { value: unknown; locate: Locate } {
  const fail = (issues: InputIssue[], cause?: unknown): Error => {
    const told = issues.slice(0, 100).map((issue) => (file === undefined ? issue : { ...issue, file }));
    return inputError('input.syntax', subject, told, issues.length, cause);
  };
  if (Buffer.byteLength(text) > largestDocument) throw fail([{ path: '', message: 'it is larger than 1 MiB' }]);
  const lines = new LineCounter();
  const document = parse(text, lines, mergeKeys, fail);
  const errors = [...document.errors, ...document.warnings]
    .map((error) => issueAt(wordsOf(error), error.pos[0], lines))
    .concat(duplicateKeys(document, lines));
  const deep = errors.find(({ message }) => message === tooDeep);
  if (deep !== undefined) throw fail([deep]);
  if (errors.length > 0) throw fail(errors);
  if (repeatedParts(document) > mostRepeated) throw fail([issueAt('its aliases repeat too much of it', firstAlias(document), lines)]);
  return { value: plainValue(document, lines, mostAliases, fail), locate: locator(document, lines) };
}

type Fail = (issues: InputIssue[], cause?: unknown) => Error;

const tooDeep = 'it is nested too deeply';

/** The parser's own words, except for those about its internals. */
function wordsOf({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here: the file may have one only';
  if (message.startsWith('Maximum call stack')) return tooDeep;
  return firstLine(message);
}

function parse(text: string, lines: LineCounter, merge: boolean, fail: Fail): Document.Parsed {
  try {
    // uniqueKeys compares every key with every other key: in a hostile document that takes minutes. duplicateKeys does it in one pass.
    const options = { prettyErrors: false, uniqueKeys: false, stringKeys: true, version: '1.2' } as const;
    return parseDocument(text, { ...options, lineCounter: lines, merge });
  } catch (cause) {
    throw fail([{ path: '', message: cause instanceof RangeError ? tooDeep : String(cause) }], cause);
  }
}

function plainValue(document: Document.Parsed, lines: LineCounter, maxAliasCount: number, fail: Fail): unknown {
  try {
    return document.toJS({ maxAliasCount });
  } catch (cause) {
    const message = cause instanceof Error ? firstLine(cause.message) : String(cause);
    throw fail([issueAt(message, firstAlias(document), lines)], cause);
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

/** Parts of a document that anchors may repeat in all: a few lines can stand for millions of them. */
const mostRepeated = 100_000;

/**
 * The number of keys, items and values that aliases stand for, including those of nested aliases; a number above `mostRepeated` counts as
 * one more than it.
 */
function repeatedParts(document: Document.Parsed): number {
  const known = new Map<Node, number>();
  // An anchor leads to itself only by an error, which then counts as too much.
  const partsOf = (node: unknown): number => {
    if (isAlias(node)) return anchored(node);
    if (isMap(node)) return node.items.reduce((sum, { key, value }) => Math.min(limit, sum + partsOf(key) + partsOf(value)), 1);
    if (isSeq(node)) return node.items.reduce((sum: number, item) => Math.min(limit, sum + partsOf(item)), 1);
    return 1;
  };
  const limit = mostRepeated + 1;
  const anchored = (alias: Alias): number => {
    const target = alias.resolve(document);
    if (target === undefined) return 1;
    const before = known.get(target);
    if (before !== undefined) return before;
    known.set(target, limit);
    const parts = partsOf(target);
    known.set(target, parts);
    return parts;
  };
  let sum = 0;
  visit(document, {
    Alias(_, alias) {
      sum += anchored(alias);
      return sum > mostRepeated ? visit.BREAK : undefined;
    },
  });
  return sum;
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

/** Finds the position of a map's key or a list's item; that of the nearest ancestor where the path leads nowhere. */
function locator(document: Document.Parsed, lines: LineCounter): Locate {
  // Each map is searched once, for any number of keys.
  const indexes = new Map<YAMLMap, Map<string, Pair>>();
  const pairOf = (map: YAMLMap, key: string): Pair | undefined => {
    const index = indexes.get(map) ?? indexOf(map);
    indexes.set(map, index);
    return index.get(key);
  };
  return (path) => {
    const { line, col } = lines.linePos(positionOf(document, path, pairOf));
    return line === 0 ? undefined : { line, column: col };
  };
}

function indexOf(map: YAMLMap): Map<string, Pair> {
  return new Map(map.items.flatMap((pair) => (isScalar(pair.key) ? [[String(pair.key.value), pair] as const] : [])));
}

function positionOf(document: Document.Parsed, path: InputPath, pairOf: (map: YAMLMap, key: string) => Pair | undefined): number {
  let node: Node | null = document.contents;
  let at = node?.range?.[0] ?? 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    if (isMap(node)) {
      const pair = pairOf(node, String(part));
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
  return at;
}

function issueAt(message: string, at: number, lines: LineCounter): InputIssue {
  const { line, col } = lines.linePos(at);
  return line === 0 ? { path: '', message } : { path: '', message, line, column: col };
}

function firstLine(message: string): string {
  return printable(message.split('\n')[0]?.slice(0, 200) ?? '');
}
