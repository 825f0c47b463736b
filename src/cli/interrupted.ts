/** Thrown where Ctrl-C ended a command; the message names the work that continues without it. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
