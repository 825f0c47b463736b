/** The first words of the command line, each with the file of its verbs; files are loaded only when needed. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';

/** Adds verbs, options and the action to a noun. */
export type Register = (command: Command, context: CliContext) => void;

export interface Noun {
  name: string;
  summary: string;
  group: string;
  load(): Promise<Register>;
}

const cloud = 'The cloud:';
const work = 'Activity:';
const machine = 'This machine:';
const more = 'More:';

export const nouns: readonly Noun[] = [
  {
    name: 'slice',
    summary: 'draw, deploy and edit slices: VMs and their networks',
    group: cloud,
    load: async () => (await import('./commands/slice.ts')).registerSlice,
  },
  {
    name: 'vm',
    summary: 'look at VMs, start and stop them, use their consoles',
    group: cloud,
    load: async () => (await import('./commands/vm.ts')).registerVm,
  },
  {
    name: 'node',
    summary: 'adopt machines, check them, take them out of service',
    group: cloud,
    load: async () => (await import('./commands/node.ts')).registerNode,
  },
  {
    name: 'image',
    summary: 'add and build the disks that VMs start from',
    group: cloud,
    load: async () => (await import('./commands/image.ts')).registerImage,
  },
  {
    name: 'flavor',
    summary: 'list the named sizes of VMs',
    group: cloud,
    load: async () => (await import('./commands/flavor.ts')).registerFlavor,
  },
  {
    name: 'task',
    summary: 'look at long operations, wait for their end',
    group: work,
    load: async () => (await import('./commands/task.ts')).registerTask,
  },
  {
    name: 'events',
    summary: 'show what happened, follow what happens',
    group: work,
    load: async () => (await import('./commands/events.ts')).registerEvents,
  },
  {
    name: 'doctor',
    summary: 'check the controller and all nodes',
    group: work,
    load: async () => (await import('./commands/doctor.ts')).registerDoctor,
  },
  {
    name: 'demo',
    summary: 'set up this machine and deploy a first slice on it',
    group: machine,
    load: async () => (await import('./commands/demo.ts')).registerDemo,
  },
  {
    name: 'up',
    summary: 'start the controller in the background',
    group: machine,
    load: async () => (await import('./commands/service.ts')).registerUp,
  },
  {
    name: 'down',
    summary: 'stop the controller, not the VMs; or remove everything',
    group: machine,
    load: async () => (await import('./commands/service.ts')).registerDown,
  },
  {
    name: 'serve',
    summary: 'run the controller in the foreground',
    group: machine,
    load: async () => (await import('./commands/service.ts')).registerServe,
  },
  {
    name: 'backup',
    summary: 'write a consistent copy of all state of the controller',
    group: machine,
    load: async () => (await import('./commands/backup.ts')).registerBackup,
  },
  {
    name: 'restore',
    summary: 'restore a backup',
    group: machine,
    load: async () => (await import('./commands/backup.ts')).registerRestore,
  },
  {
    name: 'version',
    summary: 'show the versions of this program and of the controller',
    group: more,
    load: async () => (await import('./commands/version.ts')).registerVersion,
  },
  {
    name: 'completion',
    summary: 'print the completion script for a shell',
    group: more,
    load: async () => (await import('./commands/completion.ts')).registerCompletion,
  },
];
