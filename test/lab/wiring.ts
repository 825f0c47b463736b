/** The lab's addresses and cables: who has which address, and the veth pairs between the machines. */
import { createHash } from 'node:crypto';
import { must, run, runInNetwork } from './machine.ts';

/** Subnets of lab number n (0–24): 10.77.(10n).0/24 for management, 10.77.(10n+9).1 out on the internet. */
export interface LabAddresses {
  /** The machine that the lab runs on, where the controller is. */
  controller: string;
  /** The internet machine's address on the management network, the hosts' default gateway. */
  gateway: string;
  /** An address that is reached only by way of the gateway. */
  internet: string;
  /** Host number 1–9. */
  host(index: number): string;
}

export const labNumbers = 25;

export function labAddresses(number: number): LabAddresses {
  const management = `10.77.${10 * number}`;
  return {
    controller: `${management}.254`,
    gateway: `${management}.253`,
    internet: `10.77.${10 * number + 9}.1`,
    host: (index) => `${management}.${index}`,
  };
}

/** The only interface that the lab has outside its namespaces. */
export function controllerInterface(lab: string): string {
  return `croft-${lab}`;
}

export async function connectController(lab: string, switchPid: number, addresses: LabAddresses): Promise<void> {
  const name = controllerInterface(lab);
  await must(run(['ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'controller', 'netns', `${switchPid}`]), `making ${name}`);
  await must(run(['ip', 'address', 'add', `${addresses.controller}/24`, 'dev', name]), `addressing ${name}`);
  await must(run(['ip', 'link', 'set', name, 'up']), `starting ${name}`);
  await plug(switchPid, 'controller', 'management');
}

export async function connectInternet(switchPid: number, pid: number, addresses: LabAddresses): Promise<void> {
  await connect(switchPid, { cable: 'internet', bridge: 'management' }, pid, 'eth0');
  await inside(pid, ['ip', 'link', 'set', 'lo', 'up']);
  await inside(pid, ['ip', 'address', 'add', `${addresses.gateway}/24`, 'dev', 'eth0']);
  await inside(pid, ['ip', 'address', 'add', `${addresses.internet}/32`, 'dev', 'lo']);
}

export async function connectHost(switchPid: number, pid: number, name: string, address: string, gateway: string): Promise<void> {
  await connect(switchPid, { cable: managementCable(name), bridge: 'management' }, pid, 'eth0');
  await connect(switchPid, { cable: `${name}-trunk`, bridge: 'trunk' }, pid, 'trunk0');
  await inside(pid, ['ip', 'address', 'add', `${address}/24`, 'dev', 'eth0']);
  await inside(pid, ['ip', 'route', 'add', 'default', 'via', gateway]);
}

/** Pulls or plugs a host's management cable; the trunk stays. */
export async function switchManagement(switchPid: number, name: string, state: 'up' | 'down'): Promise<void> {
  await inside(switchPid, ['ip', 'link', 'set', managementCable(name), state]);
}

export function managementCable(host: string): string {
  return `${host}-mgmt`;
}

async function connect(switchPid: number, from: { cable: string; bridge: string }, pid: number, device: string): Promise<void> {
  const peer = ['peer', 'name', device, 'address', macAddress(from.cable), 'netns', `${pid}`];
  await inside(switchPid, ['ip', 'link', 'add', from.cable, 'type', 'veth', ...peer]);
  await plug(switchPid, from.cable, from.bridge);
  // A veth leaves checksums to the receiver, who never fills them in where a userspace datapath is in between. A real
  // network card would have.
  await inside(pid, ['ethtool', '-K', device, 'tx', 'off']);
  await inside(pid, ['ip', 'link', 'set', device, 'up']);
}

/** The same after every boot, as a network card's is: its neighbours remember it. Locally administered. */
function macAddress(cable: string): string {
  const [a, b, c, d, e] = createHash('sha256').update(cable).digest('hex').match(/../g) ?? [];
  return `02:${a}:${b}:${c}:${d}:${e}`;
}

async function plug(switchPid: number, cable: string, bridge: string): Promise<void> {
  await inside(switchPid, ['ip', 'link', 'set', cable, 'master', bridge, 'up']);
}

async function inside(pid: number, argv: readonly string[]): Promise<void> {
  await must(runInNetwork(pid, argv), argv.join(' '));
}
