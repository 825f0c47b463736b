/** `ovs-vsctl`: the configuration database of Open vSwitch. */
import type { Call, Command, CommandResult } from '../host/host.ts';
import { CroftError, type ErrorCode } from '../model/error.ts';

/** In seconds; without a limit ovs-vsctl would wait for ever where ovs-vswitchd does not run. */
const patience = '--timeout=10';
/** 128 + SIGALRM: the exit code of ovs-vsctl after its time limit. */
const impatientCode = 142;
const notFoundCode = 127;

export interface OvsBridge {
  name: string;
  datapath: string;
  labels: Record<string, string>;
  /** UUIDs of its ports. */
  ports: string[];
}

export interface OvsPort {
  uuid: string;
  name: string;
  tag: number | null;
  labels: Record<string, string>;
  /** UUIDs of its interfaces: more than one in a bond. */
  interfaces: string[];
}

export interface OvsInterface {
  uuid: string;
  name: string;
  /** OpenFlow port number; null or below 1 where the port does not work. */
  ofport: number | null;
  error: string | null;
}

export interface OvsListing {
  bridges: OvsBridge[];
  ports: OvsPort[];
  interfaces: OvsInterface[];
}

/** Prints the input of `parseOvsListing`: one line of JSON for each table. */
export const ovsListingCommand: Command = {
  argv: [
    ...(['ovs-vsctl', patience, '--format=json', '--'] as const),
    ...['--columns=name,datapath_type,external_ids,ports', 'list', 'Bridge', '--'],
    ...['--columns=_uuid,name,tag,external_ids,interfaces', 'list', 'Port', '--'],
    ...['--columns=_uuid,name,ofport,error', 'list', 'Interface'],
  ],
};

/** Reads the output of `ovsListingCommand`; throws a SyntaxError where it is not JSON. */
export function parseOvsListing(output: string): OvsListing {
  const [bridges = [], ports = [], interfaces = []] = output
    .split('\n')
    .filter((line) => line !== '')
    .map(tableRows);
  return {
    bridges: bridges.map((row) => ({
      name: textOf(row.name),
      datapath: textOf(row.datapath_type),
      labels: mapOf(row.external_ids),
      ports: setOf(row.ports).map(textOf),
    })),
    ports: ports.map((row) => ({
      uuid: textOf(row._uuid),
      name: textOf(row.name),
      tag: numberOf(row.tag),
      labels: mapOf(row.external_ids),
      interfaces: setOf(row.interfaces).map(textOf),
    })),
    interfaces: interfaces.map((row) => ({
      uuid: textOf(row._uuid),
      name: textOf(row.name),
      ofport: numberOf(row.ofport),
      error: textOf(setOf(row.error)[0]) || null,
    })),
  };
}

/** Runs ovs-vsctl's commands as one transaction and waits until ovs-vswitchd has applied it; fails with `code`. */
export function changeOvs(code: ErrorCode, what: string, changes: readonly (readonly string[])[]): Call<void> {
  return {
    command: { argv: ['ovs-vsctl', patience, ...changes.flatMap((words) => ['--', ...words])] },
    parse(result) {
      if (result.code !== 0) throw ovsFailure(result) ?? new CroftError(code, `${what}: ovs-vsctl said: ${result.stderr.trim()}`);
    },
  };
}

/** `external_ids:key="value"` for each label; the quotes keep a value that starts with a digit a string. */
export function labelWords(labels: Record<string, string | number>): string[] {
  return Object.entries(labels).map(([key, value]) => `external_ids:${key}="${value}"`);
}

/** The error of a result that shows that Open vSwitch is not installed or does not answer; null for any other result. */
export function ovsFailure(result: CommandResult): CroftError | null {
  if (result.code === notFoundCode) {
    const hint = 'Install Open vSwitch (on Debian and Ubuntu: apt-get install openvswitch-switch).';
    return new CroftError('node.unfit', 'Open vSwitch is not installed: there is no program ovs-vsctl', { hint });
  }
  if (result.code === impatientCode) return ovsSilent('ovs-vswitchd does not answer');
  return null;
}

/** Open vSwitch is installed and does not run. */
export function ovsSilent(what: string): CroftError {
  return new CroftError('node.unfit', `Open vSwitch does not run: ${what}`, {
    hint: 'Start Open vSwitch (systemctl start openvswitch-switch) and look into its log, /var/log/openvswitch/ovs-vswitchd.log.',
  });
}

type Row = Record<string, unknown>;

function tableRows(line: string): Row[] {
  const table = JSON.parse(line) as { headings: string[]; data: unknown[][] };
  return table.data.map((cells) => Object.fromEntries(table.headings.map((heading, index) => [heading, cells[index]])));
}

/** OVSDB writes a set of one member as that member (RFC 7047 §5.1). */
function setOf(cell: unknown): unknown[] {
  if (Array.isArray(cell) && cell[0] === 'set') return cell[1] as unknown[];
  return cell === undefined ? [] : [cell];
}

function mapOf(cell: unknown): Record<string, string> {
  if (!Array.isArray(cell) || cell[0] !== 'map') return {};
  return Object.fromEntries(cell[1] as [string, string][]);
}

function textOf(cell: unknown): string {
  if (Array.isArray(cell) && cell[0] === 'uuid') return String(cell[1]);
  return typeof cell === 'string' ? cell : '';
}

function numberOf(cell: unknown): number | null {
  return typeof cell === 'number' ? cell : null;
}
