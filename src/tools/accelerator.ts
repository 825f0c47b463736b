/** The accelerator of a node, by measurement: on some machines /dev/kvm opens and yet no guest makes progress. */
import type { Call, CommandResult } from '../host/host.ts';
import { readScript } from '../host/script.ts';
import { CroftError } from '../model/error.ts';
import type { Accelerator } from '../model/node/node.ts';
import { countingSector, exitCode, exitPort } from './boot-sector.ts';

/** Seconds until KVM is given up; TCG, which is slow, needs a tenth of them. */
const limit = 3;

const script = readScript(import.meta.url, 'scripts/measure-accelerator.sh');

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

/** Reads the script's output. Throws `command.failed` where nothing could be measured at all. */
export function parseAccelerator({ code, stdout, stderr }: CommandResult): Accelerator {
  if (code !== 0) throw new CroftError('command.failed', `the accelerator could not be measured: ${stderr.trim()}`);
  const [presence = '', granted, ended, ...words] = stdout.trim().split('\n');
  const tcg = (reason: string): Accelerator => ({ kind: 'tcg', reason });
  if (presence === 'missing') return tcg('there is no /dev/kvm: hardware virtualization is absent, switched off, or not passed on');
  if (presence === 'no-qemu') return tcg('qemu-system-x86_64 is not installed, so KVM was not measured');
  const exit = Number(ended);
  /** 124 and 137: the time limit's own codes, depending on the implementation of `timeout`. */
  if (exit === 124 || exit === 137) return tcg(`/dev/kvm is there, but a counting guest did not end under it within ${limit} seconds`);
  if (exit !== exitCode) return tcg(`/dev/kvm is there, but QEMU fails with it: ${words.join(' ').trim() || `exit code ${exit}`}`);
  if (granted !== 'yes') return tcg('KVM is fast, but the group kvm may not open /dev/kvm: chgrp kvm and chmod 660 it');
  return { kind: 'kvm', reason: `a guest counted under KVM in less than ${limit} seconds` };
}
