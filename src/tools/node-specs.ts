/** What a node is and has: read from /proc, or from illumos' programs, in one call; nothing is assumed where nothing was read. */
import { z } from 'zod';
import type { Call, CommandResult } from '../host/host.ts';
import { CroftError } from '../model/error.ts';
import type { Firmware } from '../model/image/definition.ts';
import type { NodeSpecs } from '../model/node/node.ts';
import { illumosIdentity, illumosUsage } from './illumos-specs.ts';
import { ovmfPairs } from './ovmf.ts';

/** What changes from pass to pass; as in NodeSpecs. */
export type NodeUsage = Pick<NodeSpecs, 'bootId' | 'memory' | 'memoryAvailable' | 'disk' | 'diskFree' | 'load'>;
export type MeasuredSpecs = Omit<NodeSpecs, 'accelerator'>;

/** Argument: the state folder, or where it will be. Prints `key value` lines; on Linux only `df` is a process. */
const usageScript = `
folder=$1
while [ ! -d "$folder" ] && [ -n "$folder" ]; do folder=\${folder%/*}; done
if [ -r /proc/loadavg ]; then
  read -r boot </proc/sys/kernel/random/boot_id
  read -r load rest </proc/loadavg
  echo "bootId $boot"
  echo "load $load"
  while read -r key value rest; do
    case $key in
    MemTotal:) echo "memory $value" ;;
    MemAvailable:) echo "memoryAvailable $value"; break ;;
    esac
  done </proc/meminfo
  df -Pk "\${folder:-/}" | while read -r device size used free rest; do
    case $size in [0-9]*) echo "disk $size"; echo "diskFree $free" ;; esac
  done
else
${illumosUsage}
fi
`;

/**
 * Adds what stays the same until an administrator changes it, and what of the disk is in the state folder now. A program's version is the first line that it prints. What
 * OmniOS has of programs beside its own lies in /opt/ooce. GNU's core utilities are told from others' by stat. The further
 * arguments are pairs of files: where both of one are there, VMs can have UEFI.
 */
const specsScript = `${usageScript}
if [ -d "$1" ]; then
  own=$(du -sk "$1" 2>/dev/null)
  echo "diskOwn \${own%%[!0-9]*}"
fi
if [ -r /proc/loadavg ]; then
  echo "architecture $(uname -m)"
  echo "kernel $(uname -r)"
  echo "cpus $(nproc)"
else
${illumosIdentity}
fi
if [ -r /etc/os-release ]; then (. /etc/os-release && echo "operatingSystem $PRETTY_NAME"); fi
PATH=$PATH:/opt/ooce/bin
tool() {
  name=$1
  shift
  command -v "$1" >/dev/null || return 0
  echo "tool $name $("$@" 2>&1 </dev/null | head -n 1)"
}
tool "qemu-system-$(uname -m)" "qemu-system-$(uname -m)" --version
tool qemu-img qemu-img --version
tool virsh virsh --version
tool ovs-vsctl ovs-vsctl --version
tool ip ip -V
tool nft nft --version
tool dnsmasq dnsmasq --version
tool setpriv setpriv --version
tool flock flock --version
tool ethtool ethtool --version
tool zstd zstd --version
tool python3 python3 --version
case $(stat --version 2>/dev/null) in *'GNU coreutils'*) tool coreutils stat --version ;; esac
tool ssh ssh -V
if version=$(ovs-appctl --timeout=3 version 2>/dev/null); then
  echo "tool ovs-vswitchd $(echo "$version" | head -n 1)"
  if ovs-dpctl --timeout=3 dump-dps >/dev/null 2>&1; then echo "datapath system"; else echo "datapath netdev"; fi
fi
shift
while [ "$#" -ge 2 ]; do
  if [ -r "$1" ] && [ -r "$2" ]; then
    echo "firmware $1"
    break
  fi
  shift 2
done
exit 0
`;

/** The programs that each hypervisor driver needs on a node, of an architecture. */
const hypervisorTools = (architecture: string): Record<string, readonly string[]> => ({
  qemu: [`qemu-system-${architecture}`, 'qemu-img', 'setpriv', 'flock'],
});

/** The programs that a node needs; `ovs-vswitchd` stands for its running, not for its being installed. */
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

/** Everything about the node but its accelerator. Throws `node.unfit` where the node does not say what every Linux or illumos says. */
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

/** Only what changes all the time; cheap enough for every pass. */
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

/** `tool NAME WORDS` lines: the version is the first number with a dot in the words, else the words themselves. */
function readTools(stdout: string, architecture: string): Record<string, string | null> {
  const tools: Record<string, string | null> = {};
  for (const name of [`qemu-system-${architecture}`, ...expectedTools]) tools[name] = null;
  for (const [, name, words] of stdout.matchAll(/^tool (\S+) (.*)$/gm)) {
    if (name !== undefined && words !== undefined) tools[name] = /\d+(\.\d+)+[\w+~-]*/.exec(words)?.[0] ?? words;
  }
  return tools;
}
