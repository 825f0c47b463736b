/** Reads the impairment of a network of a slice file, and checks its numbers. */

import type { InputIssues } from '../input/issues.ts';
import { quoted } from '../input/quote.ts';
import { formatQuantity, type Impairment, parseQuantity, quantities } from '../network/impairment.ts';
import type { NetworkDraft } from './draft.ts';
import type { NetworkReading } from './reading.ts';

/** Null where the file requests nothing: zero of a delay, jitter or loss is none. */
export function impairmentOf({ network, issues }: NetworkReading): Impairment | null {
  const field = (name: keyof Impairment) => fieldOf(network, name, issues) || null;
  const impairment: Impairment = { delay: field('delay'), jitter: field('jitter'), loss: field('loss'), rate: field('rate') };
  const { delay, jitter } = impairment;
  const path = [...network.path, 'impair', 'jitter'];
  if (jitter !== null && delay === null) issues.add(path, 'a jitter needs a delay beside it, which it makes vary');
  else if (jitter !== null && delay !== null && jitter > delay)
    issues.add(path, `a jitter of ${formatQuantity('jitter', jitter)} is more than the delay of ${formatQuantity('delay', delay)}`);
  return Object.values(impairment).every((value) => value === null) ? null : impairment;
}

/** In the field's base unit; null where it is not given, or is invalid, which is reported. */
function fieldOf({ path, fields }: NetworkDraft, name: keyof Impairment, issues: InputIssues): number | null {
  const text = fields.impair?.[name];
  if (text === undefined) return null;
  const value = parseQuantity(name, text);
  const { rule, least, most } = quantities[name];
  const place = [...path, 'impair', name];
  if (value === null) issues.add(place, `${quoted(text)}: ${rule}`);
  else if (value < least || value > most)
    issues.add(
      place,
      `a ${name} of ${text} is not between ${formatQuantity(name, least)} and ${formatQuantity(name, most)}${name === 'rate' ? ' per second' : ''}`,
    );
  return value;
}
