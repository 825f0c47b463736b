/** Groups nodes by a common description, in few words for any number of nodes. */

const mostNames = 3;
const mostGroups = 6;

export class NameGroups {
  readonly #groups = new Map<string, { names: string[]; count: number }>();

  get empty(): boolean {
    return this.#groups.size === 0;
  }

  add(what: string, name: string): void {
    const group = this.#groups.get(what);
    if (group === undefined) this.#groups.set(what, { names: [name], count: 1 });
    else {
      group.count += 1;
      if (group.names.length < mostNames) group.names.push(name);
    }
  }

  /** Such as `n1, n2, n3 and 40 more: draining`, in the order in which they were added; the rest is only counted. */
  words(): string[] {
    const groups = [...this.#groups];
    const told = groups.slice(0, mostGroups).map(([what, { names, count }]) => {
      const more = count > names.length ? ` and ${count - names.length} more` : '';
      return `${names.join(', ')}${more}: ${what}`;
    });
    const rest = groups.slice(mostGroups).reduce((sum, [, { count }]) => sum + count, 0);
    return rest === 0 ? told : [...told, `${rest} more are no use for other reasons`];
  }
}
