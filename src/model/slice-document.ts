/** The text of a slice file, read and checked. */
import type { Locate } from './input-issues.ts';
import type { SliceFile } from './slice-file.ts';
import { checkSliceFile } from './slice-file-check.ts';
import { parseYaml } from './yaml-document.ts';

/** A slice file from text. Throws `input.syntax` or `input.invalid`, with line and column of every place that is wrong. */
export function readSliceFile(text: string): { file: SliceFile; locate: Locate } {
  const { value, locate } = parseYaml(text, { subject: 'The slice file' });
  return { file: checkSliceFile(value, locate), locate };
}
