/** Remembers the values of texts, since most of a fleet stays the same from pass to pass: parsing would be a large part of each read. */
import type { Form } from '../../model/versioned.ts';

/** Characters of the texts that are remembered for each form, at least; twice as many at most. */
const remembered = 32 * 2 ** 20;

/** As the form, but the same text is parsed once. The value is shared by all callers: no caller may change it. */
export function parsedOnce<Value>(form: Form<Value>): Form<Value> {
  let recent = new Map<string, Value>();
  let earlier = new Map<string, Value>();
  let length = 0;
  return {
    write: form.write,
    read(text, whose) {
      const known = recent.get(text);
      if (known !== undefined) return known;
      const value = earlier.get(text) ?? form.read(text, whose);
      recent.set(text, value);
      length += text.length;
      if (length >= remembered) {
        earlier = recent;
        recent = new Map();
        length = 0;
      }
      return value;
    },
  };
}
