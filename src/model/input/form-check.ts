/** Checks a value of any origin against a schema, and reports errors in helpful words. */
import type { z } from 'zod';
import { type InputIssues, type InputPath, unknownName } from './issues.ts';

/** The context of the words beyond the form's schema. */
export interface FormWords {
  /** The permitted keys of the map at `path`, for "did you mean". */
  keysAt(path: InputPath): readonly string[];
  /** The words where a value has the type of none of its alternatives. */
  alternatives?(path: InputPath): string;
}

/** The value as the schema makes it, or undefined where it is invalid: then `issues` lists every place, below `prefix`. */
export function checkForm<T extends z.ZodType>(
  schema: T,
  value: unknown,
  words: FormWords,
  issues: InputIssues,
  prefix: InputPath = [],
): z.output<T> | undefined {
  const clean = refusePrototypeKeys(value, prefix, issues);
  const result = schema.safeParse(value);
  if (result.success) return clean ? result.data : undefined;
  for (const issue of result.error.issues) report(issue, { prefix, path: [], value, words, issues });
  return undefined;
}

type ZodIssue = z.core.$ZodIssue;

interface Report {
  prefix: InputPath;
  /** Within `value`; paths in alternatives of a union are relative to it. */
  path: InputPath;
  value: unknown;
  words: FormWords;
  issues: InputIssues;
}

function report(issue: ZodIssue, context: Report): void {
  const path = [...context.path, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  const full = [...context.prefix, ...path];
  const { value, words, issues } = context;
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys) issues.add([...full, key], unknownName('key', key, words.keysAt(full)));
      return;
    case 'invalid_key':
      for (const part of issue.issues) issues.add(full, part.message);
      return;
    case 'invalid_union':
      reportUnion(issue, { ...context, path });
      return;
    case 'invalid_value':
      issues.add(full, choiceMessage(valueAt(value, path), issue.values.map(String)));
      return;
    case 'invalid_type':
      issues.add(full, typeMessage(issue, valueAt(value, path)));
      return;
    case 'too_small':
    case 'too_big':
      issues.add(full, limitMessage(issue));
      return;
    default:
      issues.add(full, issue.message);
  }
}

/** Of the alternatives only the intended one is reported: the alternative whose type the value has. */
function reportUnion(issue: z.core.$ZodIssueInvalidUnion, context: Report): void {
  const { prefix, path, words, issues } = context;
  const meant = issue.errors.find((branch) => !branch.some((part) => part.code === 'invalid_type' && part.path.length === 0));
  if (meant === undefined) issues.add([...prefix, ...path], words.alternatives?.([...prefix, ...path]) ?? issue.message);
  else for (const part of meant) report(part, context);
}

function choiceMessage(value: unknown, choices: readonly string[]): string {
  return typeof value === 'string' ? unknownName('value', value, choices) : `must be one of ${choices.join(', ')}`;
}

function typeMessage(issue: z.core.$ZodIssueInvalidType, value: unknown): string {
  if (!issue.message.startsWith('Invalid input')) return issue.message;
  if (value === undefined) return 'is missing';
  if (issue.expected === 'string') {
    if (Array.isArray(value)) return 'must be one text, not a list';
    return typeof value === 'object' ? 'must be a text: put it behind a `|` on lines of its own' : 'must be a text: put it in quotes';
  }
  if (value === null && ['object', 'record'].includes(issue.expected)) return 'is empty: write {} for the defaults';
  return `must be ${typeNames[issue.expected] ?? issue.expected}`;
}

function limitMessage(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  if (!/^Too (small|big)/.test(issue.message)) return issue.message;
  const [limit, side] = issue.code === 'too_small' ? [issue.minimum, 'least'] : [issue.maximum, 'most'];
  const unit = { string: 'character', array: 'entry', set: 'entry' }[issue.origin as string];
  if (unit !== undefined) return `must have at ${side} ${limit} ${Number(limit) === 1 ? unit : `${unit.replace(/y$/, 'ie')}s`}`;
  if (issue.inclusive === false) return `must be ${side === 'least' ? 'more' : 'less'} than ${limit}`;
  return `must be at ${side} ${limit}`;
}

const typeNames: Readonly<Record<string, string>> = {
  object: 'a map of keys and values',
  record: 'a map of keys and values',
  array: 'a list',
  tuple: 'a list',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

function valueAt(value: unknown, path: InputPath): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Reflect.get(current, part);
  }
  return current;
}

/** zod skips a key `__proto__` silently; here it is as invalid as any other unknown key. False where there is one. */
function refusePrototypeKeys(value: unknown, path: InputPath, issues: InputIssues, seen = new Set<unknown>()): boolean {
  // YAML can repeat a part by an alias, even inside itself: each part is visited once.
  if (typeof value !== 'object' || value === null || path.length > 5 || seen.has(value)) return true;
  seen.add(value);
  let clean = true;
  for (const [key, part] of Object.entries(value)) {
    if (key === '__proto__') issues.add([...path, key], 'this key is not allowed');
    if (key === '__proto__' || !refusePrototypeKeys(part, [...path, key], issues, seen)) clean = false;
  }
  return clean;
}
