/** Human-readable errors: the failure, each invalid place, the remedy. */
import type { CroftError } from '../model/error.ts';

export interface ErrorTextOptions {
  /** The document that issues with a line refer to. */
  inputName: string | null;
  debug: boolean;
}

export function errorText(error: CroftError, { inputName, debug }: ErrorTextOptions): string {
  // Without a document to name, the message contains the first issue in full: alone it needs no line of its own.
  const listed = inputName === null && error.issues.length === 1 ? [] : error.issues;
  const places = listed.map(({ path, message, file = inputName, line, column }) => {
    const place = line === undefined ? '' : file === null ? `line ${line}, column ${column ?? 1}: ` : `${file}:${line}:${column ?? 1}: `;
    return `  ${place}${path === '' ? '' : `${path}: `}${message}`;
  });
  // The message already contains the first issue; with all of them below, their documents are enough.
  const documents = [...new Set(listed.map(({ file = inputName }) => file))].filter((file) => file !== null);
  const what = documents.length > 0 ? `${documents.join(' and ')} ${documents.length === 1 ? 'is' : 'are'} not valid` : error.message;
  const lines = [`croft: ${what}`, ...places];
  if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  if (debug) lines.push(...stacks(error));
  return `${lines.join('\n')}\n`;
}

function stacks(error: CroftError): string[] {
  const lines = [`code: ${error.code}`];
  for (let at: unknown = error; at instanceof Error; at = at.cause) lines.push(at.stack ?? String(at));
  return lines;
}
