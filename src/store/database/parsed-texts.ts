/** Values parsed from the JSON texts of rows, cached while the texts stay the same: most texts of a fleet do, from pass to pass. */
export class ParsedTexts<Value> {
  #known = new Map<string, { text: string; value: Value }>();
  #next = new Map<string, { text: string; value: Value }>();

  /** The value is shared by all callers: no caller may change it. */
  read(id: string, text: string, parse: (text: string) => Value): Value {
    const known = this.#known.get(id);
    const entry = known?.text === text ? known : { text, value: parse(text) };
    this.#next.set(id, entry);
    return entry.value;
  }

  /** Drops values that were not read since the last call. */
  sweep(): void {
    this.#known = this.#next;
    this.#next = new Map();
  }
}
