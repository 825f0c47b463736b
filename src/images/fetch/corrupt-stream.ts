/** A packed stream that is broken, cut short or followed by something else; the message has the words of what should unpack it. */
export class CorruptStream extends Error {
  override readonly name = 'CorruptStream';
}
