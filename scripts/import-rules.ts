/** Who may import whom: the table of docs/architecture.md as data, each limit with its reason. */

export interface ImportRule {
  /** Folder or file below src/. Of several that match a file, the longest is its rule. */
  folder: string;
  /** Folders and files below src/ that it may import, in addition to itself. */
  from: readonly string[];
  /** What it may import types from, and nothing that runs. */
  types?: readonly string[];
  /** Packages it may import; `node:*` stands for all that are built in. */
  packages: readonly string[];
  /** Told with every breach. */
  why: string;
}

/** What the driver of one hypervisor may import. */
const hypervisorParts = [
  'model',
  'tools',
  'host/host.ts',
  'host/script.ts',
  'drivers/hypervisor/driver.ts',
  'drivers/hypervisor/vm-folder',
  'drivers/network/names.ts',
];
const hypervisorReason =
  'a driver reaches a node through tools and a host only and knows no other driver; what several share is in vm-folder; of networks it knows the names of taps';

export const importRules: readonly ImportRule[] = [
  {
    folder: 'model',
    from: [],
    packages: ['zod', 'yaml', 'node:crypto'],
    why: 'the model is what everything else speaks of: it does no I/O and knows nobody',
  },
  {
    folder: 'store',
    from: ['model'],
    packages: ['kysely', 'pg', 'node:*'],
    why: 'the store keeps state, it does not decide and reaches no node',
  },
  {
    folder: 'scheduler',
    from: ['model'],
    types: ['store/store.ts'],
    packages: [],
    why: 'the scheduler is pure: a snapshot in, assignments out; of the store it knows the types only',
  },
  {
    folder: 'reconciler',
    from: ['model'],
    types: ['drivers/hypervisor/driver.ts', 'drivers/network/driver.ts'],
    packages: [],
    why: 'rules and plan are pure: the same state gives the same steps; of drivers they know the types only',
  },
  {
    folder: 'reconciler/execute.ts',
    from: ['model', 'drivers/hypervisor/driver.ts', 'drivers/network/driver.ts', 'host/host.ts'],
    packages: [],
    why: 'the executor knows drivers by their interfaces, so that any driver will do',
  },
  {
    folder: 'drivers/hypervisor',
    from: ['model'],
    types: ['host/host.ts'],
    packages: ['node:*'],
    why: 'driver.ts is the interface: it knows no driver',
  },
  {
    folder: 'drivers/hypervisor/vm-folder',
    from: ['model', 'tools', 'host/host.ts', 'host/script.ts', 'drivers/hypervisor/driver.ts'],
    packages: ['zod', 'node:*'],
    why: 'the folder of a VM is the same whatever runs the VM: it knows no driver, and is handed what drivers differ in',
  },
  {
    folder: 'drivers/hypervisor/qemu',
    from: hypervisorParts,
    packages: ['zod', 'node:*'],
    why: hypervisorReason,
  },
  {
    folder: 'drivers/hypervisor/libvirt',
    from: hypervisorParts,
    packages: ['zod', '@xmldom/xmldom', 'node:*'],
    why: hypervisorReason,
  },
  {
    folder: 'drivers/hypervisor/zones',
    from: hypervisorParts,
    packages: ['zod', 'node:*'],
    why: hypervisorReason,
  },
  {
    folder: 'drivers/hypervisor/noop',
    from: [
      'model',
      'drivers/hypervisor/driver.ts',
      'drivers/hypervisor/vm-folder/launch-parts.ts',
      'drivers/hypervisor/vm-folder/parts.ts',
    ],
    types: ['host/host.ts'],
    packages: ['node:*'],
    why: 'the noop driver keeps all in memory: it reaches no node, and shares with the others only what is pure',
  },
  {
    folder: 'drivers/network',
    from: ['model', 'tools', 'host/host.ts', 'host/script.ts', 'drivers/hypervisor/driver.ts', 'drivers/hypervisor/vm-folder/identity.ts'],
    packages: ['zod', 'node:*'],
    why: 'a driver reaches a node through tools and a host only; of VMs it knows who owns a tap',
  },
  {
    folder: 'images',
    from: ['model', 'tools', 'host/host.ts', 'host/file-error.ts', 'host/script.ts'],
    packages: ['zod', 'yaml', 'node:*'],
    why: 'images are files: their making and spreading knows neither store nor drivers',
  },
  {
    folder: 'tools',
    from: ['model', 'host/host.ts', 'host/script.ts'],
    packages: ['zod', 'node:*'],
    why: 'a tool is one program on a node: its arguments, its answers, its errors',
  },
  {
    folder: 'host',
    from: ['model'],
    packages: ['ssh2', 'node:*'],
    why: 'a host carries commands and files and does not know what they mean',
  },
  {
    folder: 'access',
    from: ['model'],
    types: ['store/store.ts'],
    packages: ['node:crypto'],
    why: 'who may do what is decided from principals and owners alone, whatever carries the request',
  },
  {
    folder: 'commands',
    from: ['model', 'store/store.ts', 'scheduler/preview.ts'],
    packages: ['zod', 'node:*'],
    why: 'a command checks a wish and commits it: it knows no HTTP and reaches no node by itself',
  },
  {
    folder: 'api',
    from: ['model', 'access', 'commands', 'store/store.ts'],
    packages: ['fastify', '@fastify/swagger', '@fastify/websocket', 'fastify-type-provider-zod', 'prom-client', 'zod', 'pino', 'node:*'],
    why: 'the API writes desired state and reads what is: it makes nothing happen on a node by itself',
  },
  {
    folder: 'loops',
    from: [
      'model',
      'store/store.ts',
      'scheduler',
      'reconciler',
      'drivers/hypervisor/driver.ts',
      'drivers/network/driver.ts',
      'host/host.ts',
    ],
    packages: ['node:*'],
    why: 'the loops drive the pure parts over interfaces',
  },
  {
    folder: 'client',
    from: ['model'],
    packages: ['zod', 'node:*'],
    why: 'the client is what others than the controller have',
  },
  {
    folder: 'cli',
    from: ['model', 'client'],
    packages: ['commander', 'yaml', 'zod', 'node:*'],
    why: 'the command line does over HTTP what anybody could, so that the API is complete',
  },
  {
    folder: 'controller',
    from: ['model', 'store', 'drivers', 'images', 'tools', 'host', 'access', 'api', 'loops', 'client', 'cli/local-operations.ts'],
    packages: ['pino', 'node:*'],
    why: 'the controller puts the parts together; what it does for the command line is in cli/local-operations.ts',
  },
  {
    folder: 'main.ts',
    from: ['cli', 'client', 'controller'],
    packages: ['node:*'],
    why: 'the composition root only hands environment, arguments and the parts that need them to each other',
  },
];

/** Files other than main.ts that may name `process.env` or `process.argv`, with the reason. */
export const environmentReaders: ReadonlyMap<string, string> = new Map([
  ['main.ts', 'the only reader of both'],
  ['images/program.ts', 'hands the environment on to a program without reading it'],
]);
