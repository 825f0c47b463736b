/**
 * JSON that outlives the version of Croft that wrote it. It is read by a schema, whose defaults replace fields that did not exist yet;
 * its version number grows only where that is not enough. Pure.
 */
import type { z } from 'zod';
import { CroftError } from './error.ts';

/** A value that a newer Croft wrote, or a damaged one. */
export class Unreadable extends CroftError {}

interface FormOptions<Value> {
  /** In words, with an article. */
  what: string;
  schema: z.ZodType<Value>;
  /** The version that is written, and the highest that is read. */
  version?: number;
  /** Whether JSON without a version is read: it was written before there were versions, in the form of version 1. */
  bare?: boolean;
}

export interface Form<Value> {
  write(value: Value): string;
  /** Throws `conflict.changed` for JSON of a newer version, `internal` for invalid JSON. The message names `whose`. */
  read(text: string, whose: string): Value;
}

export function versionedForm<Value>({ what, schema, version: current = 1, bare = false }: FormOptions<Value>): Form<Value> {
  return {
    write: (value) => JSON.stringify({ version: current, value }),
    read(text, whose) {
      const { version, value } = unwrapped(parseJson(text), bare);
      if (version === null) throw unreadable(`${what} of ${whose}`, 'it is not what Croft writes');
      if (version > current) throw newer(`${what} of ${whose}`, version, current);
      const { data, error } = schema.safeParse(value);
      if (error === undefined) return data;
      const [{ path = [], message = '' } = {}] = error.issues;
      throw unreadable(`${what} of ${whose}`, path.length === 0 ? message : `${path.join('.')}: ${message}`, error);
    },
  };
}

/** `version` is null where the text is no JSON with a version. */
function unwrapped(json: unknown, bare: boolean): { version: number | null; value: unknown } {
  if (typeof json === 'object' && json !== null && 'version' in json && 'value' in json && typeof json.version === 'number') {
    return { version: json.version, value: json.value };
  }
  return { version: bare && json !== undefined ? 1 : null, value: json };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreadable(what: string, reason: string, cause?: unknown): Unreadable {
  return new Unreadable('internal', `${what} cannot be read: ${reason}`, { cause });
}

function newer(what: string, found: number, known: number): Unreadable {
  return new Unreadable('conflict.changed', `${what} has version ${found}, this Croft reads versions up to ${known}`, {
    hint: 'A newer Croft wrote it. Start that version or a later one.',
  });
}
