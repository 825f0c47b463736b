/** Identifiers of resources, and the short hashes under which they appear on nodes. */
import { createHash, randomBytes } from 'node:crypto';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

function base32(bytes: Uint8Array, length: number): string {
  let bits = 0;
  let value = 0;
  let text = '';
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5 && text.length < length) {
      bits -= 5;
      text += alphabet[(value >> bits) & 31];
    }
  }
  return text;
}

/** Makes a new identifier: 16 characters a–z2–7, 80 random bits. Planners get this function passed in. */
export type NewIdentifier = () => string;
export const newIdentifier: NewIdentifier = () => base32(randomBytes(10), 16);

/** The controller's identifier, 8 characters: it labels every object of this controller on a node. */
export const newControllerIdentifier: NewIdentifier = () => base32(randomBytes(5), 8);

export const identifierPattern = /^[a-z2-7]{16}$/;

/** A stable hash of some identifiers, `length` characters a–z2–7 (at most 32). */
export function shortHash(length: number, ...parts: string[]): string {
  return base32(createHash('sha256').update(parts.join('\0')).digest(), length);
}
