/** Metrics for Prometheus: nodes, VMs and slices according to the store at the time of the request, and the controller's own. */
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type Node, nodeStatuses } from '../model/node/node.ts';
import { promisedByNode } from '../model/placement/capacity.ts';
import { vmObservedStates } from '../model/vm/vm.ts';
import type { Store, VmOutline } from '../store/store.ts';

export interface Metrics {
  contentType: string;
  /** All present metrics, in the text format of Prometheus. */
  text(): Promise<string>;
  /** A pass over a node has ended; `seconds` is its duration. */
  passed(node: string, seconds: number): void;
}

/** ms between measurements of the event loop's delay; the library's own 10 would be most of an idle controller's work. */
const loopPrecision = 1000;

export function createMetrics(store: Pick<Store, 'nodes' | 'vms' | 'slices'>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: loopPrecision });
  const gauge = (name: string, help: string, labelNames: string[]): Gauge => new Gauge({ name, help, labelNames, registers: [registry] });
  const nodes = gauge('croft_node_status', 'Whether a node has this status, 1 or 0', ['node', 'status']);
  const size = gauge('croft_node_size', 'What a node has, promised to VMs or free as the node itself reports it; bytes, CPUs', [
    'node',
    'resource',
    'kind',
  ]);
  const load = gauge('croft_node_load', 'One-minute load average', ['node']);
  const vms = gauge('croft_vms', 'VMs that are not being removed, by observed state', ['state']);
  const waiting = gauge('croft_vms_pending', 'VMs that have no node yet', []);
  const restarts = gauge('croft_vm_restarts', 'Restarts of a VM by its policy since it last ran for long', ['slice', 'vm']);
  const launchFailures = gauge('croft_vm_launch_failures', 'Consecutive failed starts of a VM', ['slice', 'vm']);
  const slices = gauge('croft_slices', 'Slices by what is desired of them', ['desired']);
  const passes = new Histogram({
    name: 'croft_pass_seconds',
    help: 'Duration of passes over a node',
    labelNames: ['node'],
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    registers: [registry],
  });

  async function refresh(): Promise<void> {
    const [allNodes, allVms, allSlices] = await Promise.all([store.nodes.list(), store.vms.outlines(), store.slices.list()]);
    const present = allVms.filter(({ desired }) => desired !== 'absent');
    for (const one of [nodes, size, load, vms, waiting, restarts, launchFailures, slices]) one.reset();
    showNodes(allNodes, present, { nodes, size, load });
    for (const state of vmObservedStates) vms.set({ state }, present.filter((vm) => vm.state === state).length);
    waiting.set(present.filter(({ nodeId }) => nodeId === null).length);
    for (const { slice, name, restarts: count } of present) restarts.set({ slice, vm: name }, count);
    for (const { slice, name, launchFailures: count } of present) launchFailures.set({ slice, vm: name }, count);
    for (const { desired } of allSlices) slices.inc({ desired });
  }
  return {
    contentType: registry.contentType,
    text: () => refresh().then(() => registry.metrics()),
    passed: (node, seconds) => passes.observe({ node }, seconds),
  };
}

function showNodes(all: readonly Node[], vms: readonly VmOutline[], { nodes, size, load }: Record<'nodes' | 'size' | 'load', Gauge>): void {
  const promised = promisedByNode(vms);
  for (const { id, config, observed } of all) {
    const node = config.name;
    for (const status of nodeStatuses) nodes.set({ node, status }, observed.status === status ? 1 : 0);
    for (const [resource, value] of Object.entries(promised.get(id) ?? {})) size.set({ node, resource, kind: 'promised' }, value);
    const { specs } = observed;
    if (specs === null) continue;
    for (const resource of ['cpus', 'memory', 'disk'] as const) size.set({ node, resource, kind: 'total' }, specs[resource]);
    size.set({ node, resource: 'memory', kind: 'free' }, specs.memoryAvailable);
    size.set({ node, resource: 'disk', kind: 'free' }, specs.diskFree);
    load.set({ node }, specs.load);
  }
}
