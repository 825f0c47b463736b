/** What JSON texts of rows mean, parsed once for as long as they stay the same: most of a fleet does, from pass to pass. */
export class ParsedTexts<Value> {
  #known = new Map<string, { text: string; value: Value }>();
  #next = new Map<string, { text: string; value: Value }>();

  /** The value is shared by all who ask: nobody may change it. */
  read(id: string, text: string): Value {
    const known = this.#known.get(id);
    const entry = known?.text === text ? known : { text, value: JSON.parse(text) as Value };
    this.#next.set(id, entry);
    return entry.value;
  }

  /** Forgets what was not read since this was called last. */
  sweep(): void {
    this.#known = this.#next;
    this.#next = new Map();
  }
}
