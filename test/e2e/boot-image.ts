/** The smallest guest: a raw disk whose boot sector prints a line on the serial port, echoes what it reads there, and may power off when asked. */
import { createHash } from 'node:crypto';

export const bootBanner = 'Booted.';

/** The machine `pc` as SeaBIOS sets it up: the ACPI registers are at 0x600, the first serial port is at 0x3f8. */
const powerStatus = 0x600;
const powerEnable = 0x602;
const powerControl = 0x604;
const serialData = 0x3f8;
const serialStatus = 0x3fd;
/** Devices that are asked to leave, and letting them go: a bit for each place on the first bus. */
const leaving = 0xae04;
const eject = 0xae08;

const setPort = (port: number) => [0xba, port & 0xff, port >> 8];
const outWord = (port: number, value: number) => [...setPort(port), 0xb8, value & 0xff, value >> 8, 0xef];

/**
 * `obedient`: powers off on the ACPI power button, and lets go of devices; `deaf`: does not notice either. A network boot program is
 * loaded to where a boot sector is, so its first 512 bytes are one, too.
 */
export function bootImage(guest: 'obedient' | 'deaf', banner = bootBanner): { content: Buffer; sha256: string } {
  const print = [...`${banner}\r\n`].flatMap((letter) => [0xb0, letter.charCodeAt(0), 0xee]);
  const echo = [...setPort(serialStatus), 0xec, 0xa8, 1, 0x74, 5, ...setPort(serialData), 0xec, 0xee];
  const powerOff = [...setPort(powerStatus), 0xed, 0xf6, 0xc4, 1, 0x74, 7, ...outWord(powerControl, 0x2000)];
  const letGo = [...setPort(leaving), 0x66, 0xed, 0x66, 0x85, 0xc0, 0x74, 5, ...setPort(eject), 0x66, 0xef];
  /** The timer wakes it from `hlt` 18 times a second. */
  const loop = [0xf4, ...echo, ...(guest === 'obedient' ? letGo : []), ...powerOff];
  const enable = guest === 'obedient' ? outWord(powerEnable, 0x100) : [];
  // Who reads the banner may press the button at once.
  const program = [0xfb, ...enable, ...setPort(serialData), ...print, ...loop, 0xeb, 256 - loop.length - 2];
  const content = Buffer.alloc(1024 * 1024);
  Buffer.from(program).copy(content);
  content.writeUInt16LE(0xaa55, 510);
  return { content, sha256: createHash('sha256').update(content).digest('hex') };
}
