/** Chance for tests that can be run again with the same seed. */

/** Uniform numbers from 0 to 1, the same for the same seed (mulberry32). */
export function numbersFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The numbers below `count` in an order that `random` makes. */
export function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, index) => ({ index, key: random() }));
  return order.sort((one, other) => one.key - other.key).map(({ index }) => index);
}
