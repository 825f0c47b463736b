/** Thrown where Ctrl-C ended a command; the message says what goes on without it. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
