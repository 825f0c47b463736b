/** Which accelerator a node has, by measuring: on some machines /dev/kvm opens and yet no guest gets anywhere. */
import type { Call, CommandResult } from '../host/host.ts';
import { CroftError } from '../model/error.ts';
import type { Accelerator } from '../model/node/node.ts';
import { countingSector, exitCode, exitPort } from './boot-sector.ts';

/** Seconds until KVM is given up; TCG, which is slow, needs a tenth of them. */
const limit = 3;

/**
 * Arguments: run folder, seconds, port; input: the boot sector. Prints the device's presence, whether the group kvm may open it
 * (that is all that a VM's process may), QEMU's exit code, and QEMU's words. What was printed is kept in the run folder for
 * as long as kernel, boot and QEMU stay the same; who comes while it is being measured waits for the result.
 */
const script = `
set -eu
folder=$1 limit=$2 port=$3
umask 066
[ -c /dev/kvm ] || { echo missing; exit 0; }
program=$(command -v qemu-system-x86_64) || { echo no-qemu; exit 0; }
read -r boot </proc/sys/kernel/random/boot_id
key="$(uname -r) $boot $(stat -c %Y "$program")"
mkdir -p "$folder"
exec 9<"$folder"
flock -w 20 9
if [ -f "$folder/accelerator" ]; then
  IFS= read -r known <"$folder/accelerator"
  if [ "$known" = "$key" ]; then tail -n +2 "$folder/accelerator"; exit 0; fi
fi
disk=$folder/accelerator.disk
trap 'rm -f "$disk"' EXIT
cat >"$disk"
truncate -s 1M "$disk"
granted=no
if setpriv --reuid 65534 --regid 65534 --groups kvm sh -c '[ -r /dev/kvm ] && [ -w /dev/kvm ]'; then granted=yes; fi 2>/dev/null
code=0
words=$(timeout -s KILL "$limit" qemu-system-x86_64 -nodefaults -no-user-config -display none -sandbox on \\
  -machine pc -accel kvm -cpu host -m 32M -device "isa-debug-exit,iobase=$port,iosize=1" \\
  -drive "if=none,id=disk,format=raw,read-only=on,file=$disk" -device virtio-blk-pci,drive=disk,bootindex=1 \\
  2>&1 9>&-) || code=$?
printf '%s\\n' "$key" present "$granted" "$code" "$words" >"$folder/accelerator.new"
mv -f "$folder/accelerator.new" "$folder/accelerator"
tail -n +2 "$folder/accelerator"
`;

/** Measures the node's KVM, once per boot, in at most three seconds; the verdict always has its reason. `runFolder` is the controller's. */
export function probeAccelerator(runFolder: string): Call<Accelerator> {
  return {
    command: {
      argv: ['sh', '-c', script, 'croft-accelerator', runFolder, String(limit), String(exitPort)],
      stdin: countingSector(),
      timeout: 40_000,
    },
    parse: parseAccelerator,
  };
}

/** Reads what the script printed. Throws `command.failed` where it could not measure at all. */
export function parseAccelerator({ code, stdout, stderr }: CommandResult): Accelerator {
  if (code !== 0) throw new CroftError('command.failed', `the accelerator could not be measured: ${stderr.trim()}`);
  const [presence = '', granted, ended, ...words] = stdout.trim().split('\n');
  const tcg = (reason: string): Accelerator => ({ kind: 'tcg', reason });
  if (presence === 'missing') return tcg('there is no /dev/kvm: hardware virtualization is absent, switched off, or not passed on');
  if (presence === 'no-qemu') return tcg('qemu-system-x86_64 is not installed, so KVM was not measured');
  const exit = Number(ended);
  /** 124 and 137: the time limit's own codes, depending on whose `timeout` it is. */
  if (exit === 124 || exit === 137) return tcg(`/dev/kvm is there, but a counting guest did not end under it within ${limit} seconds`);
  if (exit !== exitCode) return tcg(`/dev/kvm is there, but QEMU fails with it: ${words.join(' ').trim() || `exit code ${exit}`}`);
  if (granted !== 'yes') return tcg('KVM is fast, but the group kvm may not open /dev/kvm: chgrp kvm and chmod 660 it');
  return { kind: 'kvm', reason: `a guest counted under KVM in less than ${limit} seconds` };
}
