/** What the text of a slice file means, and what is refused in it, for tests; there are the images micro and debian. */
import assert from 'node:assert/strict';
import { CroftError, type InputIssue } from '../../src/model/error.ts';
import { readSliceFile } from '../../src/model/slice/document.ts';
import { type NormaliseContext, normaliseSlice } from '../../src/model/slice/normalise.ts';
import type { SliceSpec } from '../../src/model/slice/slice.ts';
import { initialFlavors } from '../../src/model/vm/flavor.ts';
import { storedImages } from './stored-images.ts';

export const context: NormaliseContext = {
  flavors: initialFlavors,
  images: storedImages('micro', 'debian'),
  previous: null,
  reserved: '100.64.0.0/10',
};

export function normalise(text: string, previous: SliceSpec | null = null): SliceSpec {
  const { file, locate } = readSliceFile(text);
  return normaliseSlice(file, { ...context, previous, locate });
}

export function issuesOf(text: string): readonly InputIssue[] {
  try {
    normalise(text);
  } catch (thrown) {
    assert.ok(thrown instanceof CroftError, String(thrown));
    assert.equal(thrown.code, 'input.invalid');
    return thrown.issues;
  }
  return assert.fail(`no error for:\n${text}`);
}

/** The text has exactly one issue, at that path, whose message matches. */
export function assertIssue(text: string, path: string, message: RegExp): void {
  const issues = issuesOf(text);
  assert.deepEqual(
    issues.map((issue) => issue.path),
    [path],
    JSON.stringify(issues),
  );
  assert.match(issues[0]?.message ?? '', message);
  assert.ok((issues[0]?.line ?? 0) > 0 && (issues[0]?.column ?? 0) > 0, 'has its place');
}
