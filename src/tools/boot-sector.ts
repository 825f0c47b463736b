/** The boot sector that measures an accelerator: it counts down and then ends its machine. */

/** Half a second under TCG, some ten milliseconds under KVM on real hardware. */
const rounds = 50_000_000;

/** The port of QEMU's `isa-debug-exit` device, and the value written to it: QEMU exits with twice the value plus one. */
export const exitPort = 0xf4;
const exitValue = 0x10;
export const exitCode = exitValue * 2 + 1;

/**
 * The 512 bytes; SeaBIOS starts them from a disk with a few more sectors. The code is 16-bit; the prefix 0x66 makes an operand 32-bit.
 * Source: Intel's manual, volume 2.
 */
export function countingSector(): Buffer {
  const sector = Buffer.alloc(512);
  const count = Buffer.alloc(4);
  count.writeUInt32LE(rounds);
  Buffer.from([
    ...[0x66, 0xb9, ...count], // mov ecx, rounds
    ...[0x66, 0x49], //           dec ecx
    ...[0x75, 0xfc], //           jnz the decrement
    ...[0xb0, exitValue], //      mov al, exitValue
    ...[0xe6, exitPort], //       out exitPort, al
    ...[0xf4], //                 hlt
    ...[0xeb, 0xfd], //           jmp the halt
  ]).copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}
