/** Stand-ins for the programs of illumos of which one call is enough: the first argument is the program's name. */
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { connect } from 'node:net';
import { changeMachine, folder, lives, program, Refusal, readMachine } from './state.ts';

/** Of a zone that runs; null else. */
function bhyve(zone: string): number | null {
  const init = readMachine().zones[zone]?.init ?? null;
  if (init === null || !lives(init)) return null;
  const [child] = readFileSync(`/proc/${init}/task/${init}/children`, 'utf8').trim().split(' ');
  return child ? Number(child) : null;
}

/** What packages bring that may be taken away. The names are of omniosorg/omnios-build and omniosorg/pkg5. */
const packages: Record<string, string[]> = {
  'file/gnu-coreutils': ['stat'],
  'compress/zstd': ['zstd'],
  'network/openssh': [],
  'system/zones/brand/bhyve': ['bhyvectl'],
};

const programs: Record<string, (argv: string[]) => string | Promise<string>> = {
  /** svcs(1): state and FMRI in columns. */
  svcs(argv) {
    if (argv.join(' ') !== '-H -o state svc:/system/zones:default') throw new Refusal("svcs: Pattern doesn't match any instances");
    const { faults } = readMachine();
    if (faults.includes('disabled')) return 'disabled\n';
    return faults.includes('smf') ? 'maintenance\n' : 'online\n';
  },
  /** svcadm(8): with -s it waits until the service runs, or cannot. */
  svcadm(argv) {
    if (argv.join(' ') !== 'enable -s svc:/system/zones:default') throw new Refusal('Usage: svcadm enable [-rst] [<service> ...]', 2);
    return changeMachine(({ faults }) => {
      if (faults.includes('smf')) throw new Refusal('svcadm: Instance "svc:/system/zones:default" is in maintenance state.');
      if (faults.includes('disabled')) faults.splice(faults.indexOf('disabled'), 1);
      return '';
    });
  },
  /**
   * pkg(1) of OmniOS without further publishers: 1 where a package is not known, 4 where there is nothing to do. What a package
   * brings that was taken away comes back.
   */
  pkg([command, quiet, ...names]) {
    if (command !== 'install' || quiet !== '-q' || names.length === 0) throw new Refusal('usage: pkg install [-q] pkg_fmri_pattern ...', 2);
    const unknown = names.filter((name) => packages[name] === undefined);
    if (unknown.length > 0) {
      const words =
        'The following pattern(s) did not match any allowable packages.  Try\nusing a different matching pattern, or refreshing publisher information:';
      throw new Refusal(`pkg install: ${words}\n\n${unknown.join('\n')}`);
    }
    const away = names.flatMap((name) => packages[name] ?? []).filter((program) => existsSync(`${folder}/away/${program}`));
    if (away.length === 0) throw new Refusal('No updates necessary for this image.', 4);
    for (const program of away) renameSync(`${folder}/away/${program}`, `${folder}/../bin/${program}`);
    return '';
  },
  pagesize: () => '4096\n',
  /** isainfo(1): the kernel's instruction set. */
  isainfo: () => 'amd64\n',
  /** psrinfo(8): a line for each processor. */
  psrinfo: () => ['0', '1', '2'].map((id) => `${id}\ton-line   since 11/14/2023 22:13:20\n`).join(''),
  /** pkill(1): 0 where a process was signalled, 1 where none matched. */
  pkill([flag, zone = '', name]) {
    if (flag !== '-z' || name !== 'bhyve') throw new Refusal('usage: pkill [-z zoneidlist] [pattern]', 2);
    const process_ = bhyve(zone);
    if (process_ === null) throw new Refusal('', 1);
    process.kill(process_, 'SIGTERM');
    return '';
  },
  /** bhyvectl(8): a reset makes bhyve restart its guest, in the same process. */
  bhyvectl([vm = '', command]) {
    if (command !== '--force-reset') throw new Refusal('Usage: bhyvectl --vm=<vmname>', 1);
    if (bhyve(vm.replace(/^--vm=/, '')) === null) throw new Refusal('VM:: vm_open: No such file or directory');
    return '';
  },
  /** nc(1) with -U: passes its input and output on to a Unix socket. */
  async nc([flag, file = '', ...rest]) {
    if (flag !== '-U' || rest.length > 0) throw new Refusal('usage: nc [-46DdhklnrtUuvz]');
    const socket = connect(file);
    process.stdin.pipe(socket);
    socket.pipe(process.stdout);
    await new Promise<void>((resolve, reject) => {
      socket.once('close', () => resolve());
      socket.once('error', (error) => reject(new Refusal(`nc: ${error.message}`)));
    });
    process.stdin.destroy();
    return '';
  },
};

await program(async ([name = '', ...argv]) => await (programs[name]?.(argv) ?? ''));
