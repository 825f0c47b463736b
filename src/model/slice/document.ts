/** The text of a slice file, read and checked. */
import type { Locate } from '../input/issues.ts';
import { parseYaml } from '../input/yaml-document.ts';
import type { SliceFile } from './file.ts';
import { checkSliceFile } from './file-check.ts';

/** A slice file from text. Throws `input.syntax` or `input.invalid`, with line and column of every error. */
export function readSliceFile(text: string): { file: SliceFile; locate: Locate } {
  const { value, locate } = parseYaml(text, { subject: 'The slice file' });
  return { file: checkSliceFile(value, locate), locate };
}
