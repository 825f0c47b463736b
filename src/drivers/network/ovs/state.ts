/** The network driver's reading of a node, in one command: the basis of all its decisions. */
import type { Call, Command } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import type { UnderlayPlan } from '../../../model/network/underlay.ts';
import { type Link, parseDefaultGateway, parseLinks } from '../../../tools/ip.ts';
import { parseTables } from '../../../tools/nft.ts';
import { type Flow, parseFlows } from '../../../tools/ovs-ofctl.ts';
import {
  type OvsBridge,
  type OvsInterface,
  type OvsListing,
  type OvsPort,
  ovsListingCommand,
  parseOvsListing,
} from '../../../tools/ovs-vsctl.ts';
import { parseQueues } from '../../../tools/tc.ts';
import type { NodeLayout } from '../../hypervisor/driver.ts';
import { sliceOfName } from '../names.ts';
import { readUnderlayPlan, underlayPath } from '../underlay-record.ts';
import { controllerCookieMatch } from './flows.ts';

export interface NamespaceState {
  /** False where its file exists but no namespace behind it. */
  alive: boolean;
  links: Link[];
  defaultGateway: string | null;
  tables: string[];
  forwarding: boolean;
}

/** The input for making ports. */
export interface PortState {
  ovs: OvsListing;
  /** All interfaces of the node's own namespace. */
  links: Link[];
  /** Queues of our kinds in the node's own namespace, by interface, as `queueOf` writes them. */
  queues: Map<string, string>;
}

export interface NetworkState extends PortState {
  /** The node's underlay plan; null where the underlay is not complete. */
  underlay: UnderlayPlan | null;
  /** Flows on the layout's bridge that bear this controller's cookie. */
  flows: Flow[];
  /** nft tables of the node's own namespace, as `family name`. */
  tables: string[];
  forwarding: boolean;
  /** Namespaces of this controller's routers, by slice. */
  namespaces: Map<string, NamespaceState>;
  /** Contents of the files in the routers' folder, by path relative to it. */
  files: Map<string, string>;
  /** Command lines of the processes that pidfiles in the routers' folder name, by pid. */
  processes: Map<number, string>;
  /** IPv4 DNS servers that the node itself uses and that are not on its loopback. */
  nameServers: string[];
}

/** The label (`external_ids`) of the driver's objects in Open vSwitch that names their controller. */
export const controllerLabel = 'croft-controller';

/** A port of this controller on any bridge. */
export function ownPorts(state: PortState, controllerId: string): OvsPort[] {
  return state.ovs.ports.filter((port) => port.labels[controllerLabel] === controllerId);
}

/** The bridge that a port is on. */
export function bridgeOf(state: PortState, port: OvsPort): OvsBridge | null {
  return state.ovs.bridges.find((bridge) => bridge.ports.includes(port.uuid)) ?? null;
}

/** The only interface of a port; null for a bond. */
export function interfaceOf(state: PortState, port: OvsPort): OvsInterface | null {
  return port.interfaces.length === 1 ? (state.ovs.interfaces.find((one) => one.uuid === port.interfaces[0]) ?? null) : null;
}

const script = readScript(import.meta.url, 'scripts/read-state.sh');

/** The location of the files of a controller's routers: `<slice>/…` and `<slice>/<network>/…` under it. */
export function routersFolder(layout: NodeLayout): string {
  return `${layout.runFolder}/routers`;
}

/** Reads the whole state; missing, foreign or malformed objects count as absent. */
export function readNetworkState(layout: NodeLayout): Call<NetworkState> {
  return {
    command: reading(layout, 'all'),
    parse: (result) => parseNetworkState(result.stdout, layout.controllerId, routersFolder(layout)),
  };
}

/** Reads only the input for making ports, which takes half the time. */
export function readPortState(layout: NodeLayout): Call<PortState> {
  return { command: reading(layout, 'ports'), parse: (result) => parsePortState(splitSections(result.stdout)) };
}

function reading(layout: NodeLayout, scope: 'all' | 'ports'): Command {
  const { controllerId, bridge } = layout;
  const cookie = `cookie=${controllerCookieMatch(controllerId)}`;
  const parameters = [routersFolder(layout), `/run/netns/croft-${controllerId}-`, bridge, cookie, scope, underlayPath(layout)];
  return { argv: ['sh', '-c', script, 'sh', ...parameters, ...ovsListingCommand.argv] };
}

function parsePortState(sections: ReadonlyMap<string, string>): PortState {
  const section = (name: string) => sections.get(name) ?? '';
  return { ovs: parseOvsListing(section('ovs')), links: parseLinks(section('links')), queues: parseQueues(section('queues')) };
}

/** Reads the script's output. */
export function parseNetworkState(output: string, controllerId: string, folder: string): NetworkState {
  const sections = splitSections(output);
  const section = (name: string) => sections.get(name) ?? '';
  return {
    ...parsePortState(sections),
    underlay: readUnderlayPlan(section('underlay')),
    flows: parseFlows(section('flows')),
    tables: parseTables(section('tables')),
    forwarding: section('forwarding').trim() === '1',
    namespaces: readNamespaces(sections, controllerId),
    files: readFiles(section('files'), folder),
    processes: readProcesses(section('processes')),
    nameServers: readNameServers(section('resolver')),
  };
}

function splitSections(output: string): Map<string, string> {
  const sections = new Map<string, string>();
  for (const part of output.split(/^@@ /m).slice(1)) {
    const end = part.indexOf('\n');
    sections.set(part.slice(0, end), part.slice(end + 1));
  }
  return sections;
}

function readNamespaces(sections: Map<string, string>, controllerId: string): Map<string, NamespaceState> {
  const namespaces = new Map<string, NamespaceState>();
  for (const [title, text] of sections) {
    const sliceId = title.startsWith('namespace ') ? sliceOfName(controllerId, title.slice('namespace '.length)) : null;
    if (sliceId === null) continue;
    const [links = '', route = '', forwarding = '', ...tables] = text.split('\n').filter((line) => line !== '');
    const alive = links !== '';
    namespaces.set(sliceId, {
      alive,
      links: parseLinks(links),
      defaultGateway: parseDefaultGateway(route),
      forwarding: forwarding === '1',
      tables: parseTables(tables.join('\n')),
    });
  }
  return namespaces;
}

function readFiles(text: string, folder: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (!line.startsWith(`${folder}/`) || colon < 0) continue;
    const path = line.slice(folder.length + 1, colon);
    files.set(path, `${files.get(path) ?? ''}${line.slice(colon + 1)}\n`);
  }
  return files;
}

function readProcesses(text: string): Map<number, string> {
  const processes = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [, pid, words] = /^\/proc\/(\d+)\/cmdline:(.*)$/.exec(line) ?? [];
    if (pid !== undefined && words !== undefined) processes.set(Number(pid), words.trim());
  }
  return processes;
}

function readNameServers(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const address = /^nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$/.exec(line)?.[1];
    return address === undefined || address.startsWith('127.') ? [] : [address];
  });
}
