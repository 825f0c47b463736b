/** Where the controller's log goes: a place that takes no more, such as a full disk, costs lines and nothing else. */
import { type Logger, pino } from 'pino';

/** Bytes that wait for such a place to take them; what comes then is lost. */
const longestBacklog = 1024 ** 2;

/** Writes to a file descriptor. Never throws, never waits, and leaves nothing to be written when the process ends. */
export function logTo(descriptor: number): Logger {
  const destination = pino.destination({ dest: descriptor, sync: true, maxLength: longestBacklog, retryEAGAIN: () => false });
  // What was not written is tried again with the next line. Unheard, the error would end the process.
  destination.on('error', () => undefined);
  return pino(destination);
}
