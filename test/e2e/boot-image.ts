/** The smallest guest: a raw disk whose boot sector prints a line on the serial port, echoes what it reads there, and may power off when asked. */
import { createHash } from 'node:crypto';

export const bootBanner = 'Booted.';

/** The machine `pc` as SeaBIOS sets it up: the ACPI registers are at 0x600, the first serial port is at 0x3f8. */
const powerStatus = 0x600;
const powerEnable = 0x602;
const powerControl = 0x604;
const serialData = 0x3f8;
const serialStatus = 0x3fd;

const setPort = (port: number) => [0xba, port & 0xff, port >> 8];
const outWord = (port: number, value: number) => [...setPort(port), 0xb8, value & 0xff, value >> 8, 0xef];

/** `obedient`: powers off on the ACPI power button; `deaf`: does not notice it. */
export function bootImage(guest: 'obedient' | 'deaf'): { content: Buffer; sha256: string } {
  const print = [...`${bootBanner}\r\n`].flatMap((letter) => [0xb0, letter.charCodeAt(0), 0xee]);
  const echo = [...setPort(serialStatus), 0xec, 0xa8, 1, 0x74, 5, ...setPort(serialData), 0xec, 0xee];
  const powerOff = [...setPort(powerStatus), 0xed, 0xf6, 0xc4, 1, 0x74, 7, ...outWord(powerControl, 0x2000)];
  /** The timer wakes it from `hlt` 18 times a second. */
  const loop = [0xf4, ...echo, ...powerOff];
  const enable = guest === 'obedient' ? outWord(powerEnable, 0x100) : [];
  const program = [0xfb, ...setPort(serialData), ...print, ...enable, ...loop, 0xeb, 256 - loop.length - 2];
  const content = Buffer.alloc(1024 * 1024);
  Buffer.from(program).copy(content);
  content.writeUInt16LE(0xaa55, 510);
  return { content, sha256: createHash('sha256').update(content).digest('hex') };
}
