/** The properties of a node: read from /proc, or from illumos' programs, in one call; values that were not read are never assumed. */
import { z } from 'zod';
import type { Call, CommandResult } from '../host/host.ts';
import { readScript } from '../host/script.ts';
import { CroftError } from '../model/error.ts';
import type { Firmware } from '../model/image/definition.ts';
import type { NodeSpecs } from '../model/node/node.ts';
import { ovmfPairs } from './ovmf.ts';

/** The values that change from pass to pass; as in NodeSpecs. */
export type NodeUsage = Pick<NodeSpecs, 'bootId' | 'memory' | 'memoryAvailable' | 'disk' | 'diskFree' | 'load'>;
export type MeasuredSpecs = Omit<NodeSpecs, 'accelerator'>;

const usageScript = readScript(import.meta.url, 'scripts/node-usage.sh');

const specsScript = readScript(import.meta.url, 'scripts/node-specs.sh');

/** The programs that each hypervisor driver needs on a node, of an architecture. */
const hypervisorTools = (architecture: string): Record<string, readonly string[]> => ({
  qemu: [`qemu-system-${architecture}`, 'qemu-img', 'setpriv', 'flock'],
});

/** The programs that a node needs; `ovs-vswitchd` stands for its running process, not for its installation. */
const expectedTools = ['qemu-img', 'ovs-vsctl', 'ovs-vswitchd', 'ip', 'nft', 'dnsmasq', 'setpriv', 'flock', 'ethtool', 'zstd', 'ssh'];

const kibibyte = z.coerce.number().transform((count) => count * 1024);
const text = z.string().min(1);
const usageSchema = z.object({
  bootId: text,
  memory: kibibyte,
  memoryAvailable: kibibyte,
  disk: kibibyte,
  diskFree: kibibyte,
  load: z.coerce.number(),
});
const specsSchema = usageSchema.extend({
  diskOwn: kibibyte.default(0),
  architecture: text,
  kernel: text,
  operatingSystem: text.default('unknown'),
  cpus: z.coerce.number().int().min(1),
  datapath: z.enum(['system', 'netdev']).nullable().default(null),
  firmware: z.string().optional(),
});

/** All properties of the node except its accelerator. Throws `node.unfit` where values are missing that every Linux or illumos reports. */
export function readNodeSpecs(stateFolder: string): Call<MeasuredSpecs> {
  return {
    command: { argv: ['sh', '-c', specsScript, 'croft-specs', stateFolder, ...ovmfPairs.flat()] },
    parse(result) {
      const { firmware, diskOwn, ...specs } = readAnswer(specsSchema, result);
      const diskForeign = Math.max(0, specs.disk - specs.diskFree - diskOwn);
      const tools = readTools(result.stdout, specs.architecture);
      const firmwares: Firmware[] = firmware === undefined ? ['bios'] : ['bios', 'uefi'];
      const hypervisors = Object.entries(hypervisorTools(specs.architecture))
        .filter(([, needed]) => needed.every((tool) => typeof tools[tool] === 'string'))
        .map(([name]) => name);
      return { ...specs, diskForeign, tools, firmwares, hypervisors };
    },
  };
}

/** Only the values that change all the time; cheap enough for every pass. */
export function readNodeUsage(stateFolder: string): Call<NodeUsage> {
  return {
    command: { argv: ['sh', '-c', usageScript, 'croft-usage', stateFolder] },
    parse: (result) => readAnswer(usageSchema, result),
  };
}

function readAnswer<T>(schema: z.ZodType<T>, { stdout, stderr }: CommandResult): T {
  const pairs = stdout.split('\n').map((line): [string, string] => {
    const space = line.indexOf(' ');
    return [line.slice(0, space), line.slice(space + 1)];
  });
  const answer = schema.safeParse(Object.fromEntries(pairs));
  if (answer.success) return answer.data;
  const missing = answer.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw new CroftError('node.unfit', `the node does not tell its ${missing}: ${stderr.trim()}`, { cause: answer.error });
}

/** `tool NAME WORDS` lines: the version is the first number with a dot in the words, otherwise the words themselves. */
function readTools(stdout: string, architecture: string): Record<string, string | null> {
  const tools: Record<string, string | null> = {};
  for (const name of [`qemu-system-${architecture}`, ...expectedTools]) tools[name] = null;
  for (const [, name, words] of stdout.matchAll(/^tool (\S+) (.*)$/gm)) {
    if (name !== undefined && words !== undefined) tools[name] = /\d+(\.\d+)+[\w+~-]*/.exec(words)?.[0] ?? words;
  }
  return tools;
}
