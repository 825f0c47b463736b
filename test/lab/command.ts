/** `npm run lab -- up|down|status|exec`: a lab to try a cluster with. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { listLabs, startLab, stopLab } from './lab.ts';
import { insideCommand, runningMachines } from './machine.ts';

const program = new Command('lab')
  .enablePositionalOptions()
  .description('Hosts on one machine, in network namespaces, to try a cluster with. Needs root.');

program
  .command('up')
  .argument('[hosts]', 'how many hosts, 1 to 9', hostCount, 3)
  .option('--name <name>', 'tells labs apart, at most 7 letters and digits', 'lab')
  .description('start a lab and print its nodes file')
  .action(async (hosts: number, { name }: { name: string }) => {
    const lab = await startLab({ hosts, name, outlive: true });
    console.log(`# croft node add -f ${lab.nodesFile}\n# http://${lab.internet}/ answers every host with its address`);
    process.stdout.write(await readFile(lab.nodesFile, 'utf8'));
  });

program
  .command('down')
  .option('--name <name>', 'which lab', 'lab')
  .description('end a lab, whole or in parts, and leave nothing behind')
  .action(async ({ name }: { name: string }) => {
    console.log((await stopLab(name)) ? `lab ${name} is gone` : `there is no lab ${name}`);
  });

program
  .command('status')
  .description('list the labs and what runs of them')
  .action(async () => {
    for (const name of await listLabs()) {
      const machines = [...(await runningMachines(name)).keys()].sort();
      console.log(`${name}: ${machines.length === 0 ? 'nothing runs; `down` removes its files' : machines.join(', ')}`);
    }
  });

program
  .command('exec')
  .argument('<host>', 'lab1, …, switch or internet')
  .argument('<command...>', 'program and arguments')
  .option('--name <name>', 'which lab', 'lab')
  .passThroughOptions()
  .description('run a program on a host as root')
  .action(async (host: string, argv: string[], { name }: { name: string }) => {
    const pid = (await runningMachines(name)).get(host);
    if (pid === undefined) throw new Error(`lab ${name} has no running ${host}`);
    const [command, ...rest] = insideCommand(pid, argv[0] === '--' ? argv.slice(1) : argv);
    process.exitCode = await new Promise<number>((resolve, reject) => {
      spawn(command, rest, { stdio: 'inherit' })
        .once('error', reject)
        .once('exit', (code) => resolve(code ?? 128));
    });
  });

try {
  await program.parseAsync();
} catch (error) {
  console.error(`lab: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function hostCount(text: string): number {
  if (!/^[1-9]$/.test(text)) throw new InvalidArgumentError('1 to 9.');
  return Number(text);
}
