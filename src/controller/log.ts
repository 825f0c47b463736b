/** The controller's log output: a destination that accepts no more, such as a full disk, only costs lines. */
import { type Logger, pino } from 'pino';

/** Bytes that wait for such a destination to accept them; further output is lost. */
const longestBacklog = 1024 ** 2;

/** Writes to a file descriptor. Never throws, never waits, and leaves nothing to be written when the process ends. */
export function logTo(descriptor: number): Logger {
  const destination = pino.destination({ dest: descriptor, sync: true, maxLength: longestBacklog, retryEAGAIN: () => false });
  // Unwritten output is tried again with the next line. Without a listener, the error would end the process.
  destination.on('error', () => undefined);
  return pino(destination);
}
