/** Checks the form of a slice file, and says what is wrong in words that help. */
import type { z } from 'zod';
import { InputIssues, type InputPath, type Locate, unknownName } from './input-issues.ts';
import {
  impairmentFileSchema,
  networkFileSchema,
  nicObjectSchema,
  type SliceFile,
  sliceFileSchema,
  templateSchema,
  vmFileSchema,
} from './slice-file.ts';

/** A value of any origin as a slice file. Throws `input.invalid` with every place where its form is wrong. */
export function checkSliceFile(value: unknown, locate?: Locate): SliceFile {
  const issues = new InputIssues(locate);
  refusePrototypeKeys(value, [], issues);
  const result = sliceFileSchema.safeParse(value);
  if (!result.success) for (const issue of result.error.issues) report(issue, [], value, issues);
  issues.throwIfAny('The slice file');
  if (!result.success) throw result.error;
  return result.data;
}

type ZodIssue = z.core.$ZodIssue;

function report(issue: ZodIssue, prefix: InputPath, file: unknown, issues: InputIssues): void {
  const path = [...prefix, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys) issues.add([...path, key], unknownName('key', key, keysAt(path)));
      return;
    case 'invalid_key':
      for (const part of issue.issues) issues.add(path, part.message);
      return;
    case 'invalid_union':
      reportUnion(issue, path, file, issues);
      return;
    case 'invalid_value':
      issues.add(path, choiceMessage(valueAt(file, path), issue.values.map(String)));
      return;
    case 'invalid_type':
      issues.add(path, typeMessage(issue, path, file));
      return;
    default:
      issues.add(path, issue.message);
  }
}

/** Of the alternatives only the one is reported that the value was meant for: the one whose type it has. */
function reportUnion(issue: z.core.$ZodIssueInvalidUnion, path: InputPath, file: unknown, issues: InputIssues): void {
  const meant = issue.errors.find((branch) => !branch.some((part) => part.code === 'invalid_type' && part.path.length === 0));
  if (meant === undefined) issues.add(path, 'a NIC is the name of its network, or { network, address, mac, model }');
  else for (const part of meant) report(part, path, file, issues);
}

function choiceMessage(value: unknown, choices: readonly string[]): string {
  return typeof value === 'string' ? unknownName('value', value, choices) : `must be one of ${choices.join(', ')}`;
}

function typeMessage(issue: z.core.$ZodIssueInvalidType, path: InputPath, file: unknown): string {
  if (!issue.message.startsWith('Invalid input')) return issue.message;
  const value = valueAt(file, path);
  if (value === undefined) return 'is missing';
  if (issue.expected === 'string') return 'must be a text: put it in quotes';
  if (value === null && ['object', 'record'].includes(issue.expected)) return 'is empty: write {} for the defaults';
  return `must be ${typeNames[issue.expected] ?? issue.expected}`;
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

function keysAt(path: InputPath): string[] {
  if (path.length === 0) return Object.keys(sliceFileSchema.shape);
  if (path.includes('nics')) return Object.keys(nicObjectSchema.shape);
  if (path[0] === 'networks' && path[2] === 'impair') return Object.keys(impairmentFileSchema.shape);
  if (path[0] === 'networks') return Object.keys(networkFileSchema.shape);
  return Object.keys(path[0] === 'template' ? templateSchema.shape : vmFileSchema.shape);
}

function valueAt(value: unknown, path: InputPath): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Reflect.get(current, part);
  }
  return current;
}

/** zod passes over a key `__proto__` in silence; here it is as wrong as any other unknown key. */
function refusePrototypeKeys(value: unknown, path: InputPath, issues: InputIssues): void {
  if (typeof value !== 'object' || value === null || path.length > 5) return;
  for (const [key, part] of Object.entries(value)) {
    if (key === '__proto__') issues.add([...path, key], 'this key is not allowed');
    else refusePrototypeKeys(part, [...path, key], issues);
  }
}
