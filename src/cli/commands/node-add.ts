/** `croft node add`: adopts one machine from flags, or several from a file. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { CroftError } from '../../model/error.ts';
import { type Hypervisor, hypervisorNames, hypervisors } from '../../model/node/hypervisor.ts';
import type { NodeConfigInput } from '../../model/node/node.ts';
import type { NodeView } from '../../model/node/view.ts';
import { commaList, labelList, type SshAddress, sshAddress } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { addNodesOfFile } from './node-file.ts';
import { pinHostKeys } from './node-host-key.ts';
import { type OvercommitOptions, overcommitOf, withOvercommit } from './node-overcommit.ts';

interface NodeAddOptions extends OutputOptions, OvercommitOptions {
  file?: string;
  local?: true;
  ssh?: SshAddress;
  key?: string;
  hostKey?: string;
  acceptHostKey?: true;
  jump?: SshAddress;
  jumpHostKey?: string;
  jumpKey?: string;
  sudo?: boolean;
  roles?: string[];
  hypervisor?: Hypervisor;
  libvirtUri?: string;
  libvirtNetwork?: string;
  pool?: string;
  label?: Record<string, string>;
  bridge?: string;
  uplink?: string;
  stateFolder?: string;
  runFolder?: string;
}

export function registerNodeAdd(add: Command, context: CliContext): void {
  const file = new Option('-f, --file <file>', 'YAML list of nodes, - for standard input');
  add
    .description('adopt a machine as a node, or all of a file')
    .argument('[name]', 'how the node is called from now on')
    .addOption(file)
    .addOption(new Option('--local', 'this machine itself').conflicts('ssh'))
    .option('--ssh <user@host:port>', 'how it is reached; the user is root and the port 22 unless given', sshAddress)
    .option('--key <file>', 'private key to log in with, a file on the machine of the controller')
    .option('--host-key <fingerprint>', 'expected fingerprint (SHA256:…) of its host key')
    .option('--accept-host-key', 'pin the host key that it shows now, without asking')
    .option('--jump <user@host:port>', 'a jump host to connect through', sshAddress)
    .option('--jump-key <file>', 'private key for the jump host; that of the node unless given')
    .option('--jump-host-key <fingerprint>', 'expected fingerprint of the host key of the jump host')
    .option('--sudo', 'run commands through sudo -n; decided by the login unless given')
    .option('--no-sudo', 'never use sudo')
    .option('--roles <roles>', 'compute, network or both, with a comma between', commaList)
    .addOption(new Option('--hypervisor <name>', 'what its VMs run on (qemu)').choices(hypervisorNames))
    .option('--libvirt-uri <uri>', "virsh's connection, as it is made on the node (qemu:///system)")
    .option('--libvirt-network <name>', 'a libvirt network that its VMs join in addition')
    .option('--pool <name>', 'the pool that it is in (default)')
    .option('--label <name=value>', 'a label that VMs may ask for; may be given several times', labelList)
    .option('--bridge <name>', 'the Open vSwitch bridge, made when missing (br-croft)')
    .option('--uplink <interface>', 'the interface that joins the nodes, a VLAN trunk')
    .option('--state-folder <path>', 'where disks and images are kept (/var/lib/croft/node)')
    .option('--run-folder <path>', 'where sockets are (/run/croft)');
  withOvercommit(add);
  // The file describes its nodes completely; options for a single node would be ignored.
  file.conflicts(add.options.map((option) => option.attributeName()).filter((name) => name !== 'file' && name !== 'acceptHostKey'));
  withExamples(
    withOutput(add),
    'croft node add n1 --ssh root@192.0.2.11 --uplink eth1',
    'croft node add n2 --ssh admin@n2.example --key ~/.ssh/id_ed25519 --jump gate.example --roles compute',
    'croft node add n3 --ssh root@192.0.2.13 --uplink eth1 --hypervisor libvirt',
    'croft node add local --local',
    'croft node add -f nodes.yaml --accept-host-key',
  );
  add.action((name: string | undefined, options: NodeAddOptions) => addNodes(context, name, options));
}

async function addNodes(context: CliContext, name: string | undefined, options: NodeAddOptions): Promise<void> {
  const accept = options.acceptHostKey ?? false;
  if (options.file !== undefined) {
    if (name !== undefined) throw new CroftError('input.invalid', 'with -f the names stand in the file', { hint: `leave ${name} out` });
    const added = await addNodesOfFile(context, options.file, accept);
    return await context.show(options.output, added, (nodes) => nodes.map(addedInWords).join('\n'));
  }
  const config = await pinHostKeys(context, configOf(name, options), accept);
  const client = await context.client();
  await context.show(options.output, await client.nodes.add(config), addedInWords);
}

function addedInWords({ name, status, reason }: NodeView): string {
  const state = status === 'new' ? 'being looked at' : status;
  return `added node ${name}: ${state}${reason === null ? '' : `: ${reason}`}; \`croft node show ${name}\` tells more`;
}

function configOf(name: string | undefined, options: NodeAddOptions): NodeConfigInput {
  if (name === undefined) {
    throw new CroftError('input.invalid', 'a name for the node is missing', { hint: 'croft node add NAME --ssh USER@HOST, or -f FILE' });
  }
  if (options.ssh === undefined && !options.local) {
    throw new CroftError('input.invalid', `it is not said how node ${name} is reached`, {
      hint: 'add --ssh USER@HOST, or --local for this machine',
    });
  }
  const ssh = sshOf(options);
  return {
    name,
    ...(ssh !== null && { ssh }),
    ...(options.sudo !== undefined && { sudo: options.sudo }),
    // The API defines the roles, so that they are defined in one place.
    ...(options.roles !== undefined && { roles: options.roles as NonNullable<NodeConfigInput['roles']> }),
    ...(options.hypervisor !== undefined && { hypervisor: options.hypervisor }),
    ...libvirtOf(options),
    ...(options.pool !== undefined && { pool: options.pool }),
    ...(options.label !== undefined && { labels: options.label }),
    ...(options.bridge !== undefined && { bridge: options.bridge }),
    ...(options.uplink !== undefined && { uplink: options.uplink }),
    ...(options.stateFolder !== undefined && { stateFolder: options.stateFolder }),
    ...(options.runFolder !== undefined && { runFolder: options.runFolder }),
    ...overcommitOf(options),
  };
}

function libvirtOf({ hypervisor, libvirtUri: uri, libvirtNetwork: network }: NodeAddOptions): Pick<NodeConfigInput, 'libvirt'> {
  if (uri === undefined && network === undefined) return {};
  if (hypervisor !== undefined && hypervisors[hypervisor].settings === 'libvirt')
    return { libvirt: { ...(uri !== undefined && { uri }), ...(network !== undefined && { network }) } };
  throw new CroftError('input.invalid', '--libvirt-uri and --libvirt-network are for nodes with libvirt', {
    hint: 'add --hypervisor libvirt',
  });
}

function sshOf({ ssh, key, hostKey, jump, jumpKey = key, jumpHostKey }: NodeAddOptions): NonNullable<NodeConfigInput['ssh']> | null {
  if (ssh === undefined) return null;
  return { ...targetOf(ssh, key, hostKey), ...(jump !== undefined && { jump: targetOf(jump, jumpKey, jumpHostKey) }) };
}

function targetOf(address: SshAddress, key: string | undefined, hostKey: string | undefined): NonNullable<NodeConfigInput['ssh']> {
  return { ...address, ...(key !== undefined && { keyFile: resolve(key) }), ...(hostKey !== undefined && { hostKey }) };
}
