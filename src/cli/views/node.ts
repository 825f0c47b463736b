/** Nodes as text. Pure. */

import { traitsOf } from '../../model/node/hypervisor.ts';
import { limitsInWords } from '../../model/node/limits.ts';
import type { NodeView } from '../../model/node/view.ts';
import { capabilities } from '../../model/vm/capability.ts';
import { renderFields } from '../output/fields.ts';
import { ageInWords, counted, sizeInWords, timeInWords } from '../output/quantity.ts';
import { renderTable } from '../output/table.ts';
import type { ViewOptions } from './view.ts';
import { stateCell } from './vm.ts';

export function nodeTable(nodes: readonly NodeView[], options: ViewOptions): string {
  if (nodes.length === 0) {
    return 'No nodes. Adopt a machine with `croft node add NAME --ssh USER@HOST`, or this one with `croft node add local --local`.';
  }
  const columns = [
    { title: 'NODE', least: 10 },
    { title: 'STATUS' },
    { title: 'VMS', align: 'right' as const },
    { title: 'CPUS', align: 'right' as const },
    { title: 'MEMORY', align: 'right' as const, minor: true },
    { title: 'ADDRESS', minor: true, least: 12 },
    { title: 'HYPERVISOR', minor: true },
    { title: 'ROLES', minor: true },
    { title: 'POOL', minor: true },
    { title: 'LABELS', minor: true, least: 8 },
    { title: 'SEEN', align: 'right' as const, minor: true },
    { title: 'REASON', least: 16 },
  ];
  return renderTable(
    nodes.some(({ reason }) => reason !== null) ? columns : columns.slice(0, -1),
    nodes.map((node) => [
      node.name,
      stateCell(nodeState(node)),
      String(node.vms),
      node.capacity === null ? '-' : `${node.promised.cpus}/${amount(node.capacity.cpus)}`,
      node.capacity === null ? '-' : `${sizeInWords(node.promised.memory)}/${sizeInWords(node.capacity.memory)}`,
      addressOf(node),
      node.simulated ? '-' : node.config.hypervisor,
      node.config.roles.join(','),
      node.config.pool,
      labelsInWords(node.config.labels, ','),
      ageInWords(node.seenAt, options.now),
      node.reason ?? '',
    ]),
    options,
  );
}

function nodeState({ status, administration }: NodeView): string {
  return status === 'ready' && administration === 'draining' ? 'draining' : status;
}

function addressOf({ simulated, config: { ssh } }: NodeView): string {
  if (simulated) return 'simulated';
  if (ssh === undefined) return 'this machine';
  const host = ssh.address.includes(':') ? `[${ssh.address}]` : ssh.address;
  return ssh.port === 22 ? `${ssh.user}@${host}` : `${ssh.user}@${host}:${ssh.port}`;
}

function hypervisorInWords({ simulated, config, specs }: NodeView): string {
  if (simulated) return "none: its VMs exist in the controller's memory only";
  const { hypervisor } = config;
  const field = traitsOf(hypervisor).settings;
  const settings = field === null ? undefined : config[field];
  return [
    specs?.hypervisor === undefined ? hypervisor : `${hypervisor} ${specs.hypervisor.version}`,
    ...(settings === undefined ? [] : [settings.uri]),
    ...(settings?.network ? [`network ${settings.network}`] : []),
  ].join(', ');
}

const amount = (value: number): string => String(Number(value.toFixed(1)));

export function nodeDetails(node: NodeView, options: ViewOptions): string {
  const { config, specs, capacity, promised } = node;
  return renderFields(
    [
      ['node', node.name],
      ['status', stateCell(node.status)],
      ['reason', node.reason],
      ['since', timeInWords(node.since)],
      ['last seen', timeInWords(node.seenAt)],
      ['administration', node.administration],
      ['address', addressOf(node)],
      ['jump host', config.ssh?.jump === undefined ? null : `${config.ssh.jump.user}@${config.ssh.jump.address}:${config.ssh.jump.port}`],
      ['host key', config.ssh?.hostKey ?? null],
      ['hypervisor', hypervisorInWords(node)],
      ['can', node.capabilities.join(', ')],
      ['cannot', capabilities.filter((capability) => !node.capabilities.includes(capability)).join(', ') || null],
      ['limits', specs?.hypervisor === undefined ? null : limitsInWords(specs.hypervisor.limits)],
      ['roles', config.roles.join(', ')],
      ['pool', config.pool],
      ['labels', labelsInWords(config.labels, ', ') || null],
      ['bridge', bridgeInWords(config)],
      ['folders', `${config.stateFolder}, ${config.runFolder}`],
      [
        'VMs',
        [
          `${node.vms}`,
          ...(node.leaving > 0 ? [`${node.leaving} leaving`] : []),
          ...(node.arriving > 0 ? [`${node.arriving} arriving`] : []),
        ].join(', '),
      ],
      ['CPUs', capacity === null ? null : `${promised.cpus} of ${amount(capacity.cpus)} promised (overcommit ${config.overcommit.cpus})`],
      ...(['memory', 'disk'] as const).map((kind): [string, string | null] => {
        const times = config.overcommit[kind] === 1 ? '' : ` (overcommit ${config.overcommit[kind]})`;
        return [kind, capacity === null ? null : `${sizeInWords(promised[kind])} of ${sizeInWords(capacity[kind])} promised${times}`];
      }),
      ...(specs === null
        ? []
        : ([
            ['system', `${specs.operatingSystem}, ${traitsOf(config.hypervisor).system} ${specs.kernel}, ${specs.architecture}`],
            [
              'hardware',
              `${counted(specs.cpus, 'CPU')}, ${sizeInWords(specs.memory)} memory, ${sizeInWords(specs.memoryAvailable)} available`,
            ],
            [
              'state disk',
              `${sizeInWords(specs.diskFree)} of ${sizeInWords(specs.disk)} free, ${sizeInWords(specs.diskForeign)} taken by others`,
            ],
            ['load', specs.load.toFixed(2)],
            ['accelerator', `${specs.accelerator.kind}: ${specs.accelerator.reason}`],
            ['datapath', isIllumos(config) ? null : (specs.datapath ?? 'none: Open vSwitch does not run')],
            ['tools', toolsInWords(specs.tools)],
          ] as const)),
      ['id', node.id],
    ],
    options,
  );
}

const isIllumos = ({ hypervisor }: NodeView['config']): boolean => traitsOf(hypervisor).system === 'illumos';

function bridgeInWords(config: NodeView['config']): string {
  if (isIllumos(config)) return config.uplink === null ? 'a virtual switch' : `uplink ${config.uplink}`;
  return config.uplink === null ? config.bridge : `${config.bridge}, uplink ${config.uplink}`;
}

function labelsInWords(labels: Readonly<Record<string, string>>, between: string): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(between);
}

function toolsInWords(tools: Readonly<Record<string, string | null>>): string {
  return Object.entries(tools)
    .map(([name, version]) => `${name} ${version ?? 'missing'}`)
    .join(', ');
}
