/** Text from bytes of foreign origin. */
import { CroftError } from '../error.ts';

/**
 * Throws `input.syntax` where the bytes are no UTF-8: otherwise an invalid byte would silently become another character. `subject` begins
 * the message.
 */
export function decodeUtf8(bytes: Uint8Array, subject: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CroftError('input.syntax', `${subject} is not UTF-8 text`, { hint: 'Save it as UTF-8.', cause });
  }
}
