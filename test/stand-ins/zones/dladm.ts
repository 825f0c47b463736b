/**
 * A stand-in for dladm(8): virtual NICs, etherstubs, and the link properties that protect. Its words are those of
 * illumos-gate, usr/src/cmd/dladm/dladm.c and usr/src/lib/libdladm/common/libdladm.c; what properties take and show is from
 * linkprop.c there; forms of names and of parsable output are from the man page.
 */
import { parseArgs } from 'node:util';
import { changeMachine, lives, type Machine, program, Refusal, readMachine } from './state.ts';

const text = (short: string) => ({ type: 'string', short }) as const;
const flag = (short: string) => ({ type: 'boolean', short }) as const;
type Link = Machine['links'][string];

/** The kinds of protection in the order in which they are shown. */
const kindsOfProtection = ['mac-nospoof', 'restricted', 'ip-nospoof', 'dhcp-nospoof'];
const address = /^(\d+\.\d+\.\d+\.\d+)(?:\/(\d+))?$/;

/** Begins with a letter, has up to 31 letters, digits and underscores, and ends with a number without zeros before it. */
function requireName(kind: string, name: string): void {
  if (name.length > 31 || !/^[a-zA-Z](\w*[a-zA-Z_])?(0|[1-9]\d{0,9})$/.test(name))
    throw new Refusal(`dladm: invalid ${kind} name '${name}': link name invalid`);
}

/** Lines of fields between colons; one field alone is not escaped. */
function parsable(rows: readonly string[][]): string {
  const escaped = (field: string) => field.replaceAll(/[\\:]/g, '\\$&');
  return rows.map((fields) => `${fields.length === 1 ? fields[0] : fields.map(escaped).join(':')}\n`).join('');
}

/** dladm prints bytes of addresses without zeros before them. */
function shownMac(mac: string): string {
  return mac
    .split(':')
    .map((byte) => Number.parseInt(byte, 16).toString(16))
    .join(':');
}

/** The zone that runs and has a link; null where none has. */
function zoneOf(machine: Machine, name: string): string | null {
  const has = ([, zone]: [string, Machine['zones'][string]]) =>
    lives(zone.init) && zone.resources.some(({ kind, properties }) => kind === 'net' && properties.physical === name);
  return Object.entries(machine.zones).find(has)?.[0] ?? null;
}

const fields: Record<string, (machine: Machine, name: string, link: Link) => string> = {
  link: (_machine, name) => name,
  class: (_machine, _name, link) => link.kind,
  over: (_machine, _name, link) => link.over,
  macaddress: (_machine, _name, link) => shownMac(link.properties.mac ?? ''),
  vid: (_machine, _name, link) => link.properties.vlan ?? '0',
  zone: (machine, name) => zoneOf(machine, name) ?? '--',
};

function show(machine: Machine, argv: string[], known: string[], isShown: (link: Link) => boolean): string {
  const { positionals, values } = parseArgs({ args: argv, allowPositionals: true, options: { p: flag('p'), o: text('o') } });
  const wanted = (values.o ?? '').split(',');
  if (values.p !== true || wanted.some((field) => !known.includes(field))) throw new Refusal(`dladm: invalid output fields '${values.o}'`);
  const [only] = positionals;
  const shown = Object.entries(machine.links).filter(([name, link]) => isShown(link) && (only === undefined || only === name));
  if (only !== undefined && shown.length === 0) throw new Refusal(`dladm: invalid link '${only}': object not found`);
  return parsable(shown.map(([name, link]) => wanted.map((field) => fields[field]?.(machine, name, link) ?? '')));
}

function shownProperty({ properties }: Link, which: string): string {
  const value = properties[which] ?? '';
  if (which === 'protection') return kindsOfProtection.filter((kind) => value.split(',').includes(kind)).join(',');
  return value.replaceAll(/\d+\.\d+\.\d+\.\d+(?![\d/])/g, '$&/32');
}

function showLinkprop(machine: Machine, argv: string[]): string {
  const options = { c: flag('c'), o: text('o'), p: text('p') };
  const { positionals, values } = parseArgs({ args: argv, allowPositionals: true, options });
  if (values.c !== true || values.o !== 'link,property,value' || positionals.length > 0)
    throw new Refusal('dladm: show-linkprop: only -c -o link,property,value of all links is known here', 2);
  const properties = (values.p ?? '').split(',');
  for (const one of properties) requireProperty(one);
  return parsable(Object.entries(machine.links).flatMap(([name, link]) => properties.map((one) => [name, one, shownProperty(link, one)])));
}

function requireProperty(name: string): void {
  if (name !== 'protection' && name !== 'allowed-ips') throw new Refusal(`dladm: invalid link property '${name}'`);
}

function createVnic(machine: Machine, argv: string[]): string {
  const options = { t: flag('t'), l: text('l'), m: text('m'), v: text('v') };
  const { positionals, values } = parseArgs({ args: argv, allowPositionals: true, options });
  const [name = ''] = positionals;
  const { l: over = '', m: mac = '', v: vlan = '' } = values;
  requireName('vnic', name);
  if (machine.links[name] !== undefined) throw new Refusal(`dladm: vnic creation over ${over} failed: object already exists`);
  if (machine.links[over] === undefined) throw new Refusal(`dladm: invalid link name '${over}'`);
  if (!/^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/.test(mac)) throw new Refusal(`dladm: invalid MAC address`);
  if (!(Number(vlan) >= 1 && Number(vlan) <= 4094)) throw new Refusal(`dladm: invalid VLAN identifier '${vlan}'`);
  if (machine.faults.includes(`vnic ${vlan}`)) throw new Refusal(`dladm: vnic creation over ${over} failed: operation failed`);
  machine.links[name] = { kind: 'vnic', over, properties: { mac, vlan } };
  return '';
}

function deleteVnic(machine: Machine, argv: string[]): string {
  const { positionals } = parseArgs({ args: argv, allowPositionals: true, options: { t: flag('t') } });
  const [name = ''] = positionals;
  if (machine.links[name]?.kind !== 'vnic') throw new Refusal(`dladm: invalid vnic name '${name}': object not found`);
  if (zoneOf(machine, name) !== null || machine.faults.includes('link')) throw new Refusal(`dladm: vnic deletion failed: link busy`);
  delete machine.links[name];
  return '';
}

function setLinkprop(machine: Machine, argv: string[]): string {
  const { positionals, values } = parseArgs({ args: argv, allowPositionals: true, options: { t: flag('t'), p: text('p') } });
  const [name = ''] = positionals;
  const link = machine.links[name];
  const [, property = '', value = ''] = /^([\w-]+)=(.+)$/.exec(values.p ?? '') ?? [];
  if (link === undefined) throw new Refusal(`dladm: link '${name}' is not valid`);
  requireProperty(property);
  const words = value.split(',');
  const valid =
    property === 'protection' ? words.every((word) => kindsOfProtection.includes(word)) : words.every((word) => address.test(word));
  if (!valid) throw new Refusal(`dladm: warning: cannot set link property '${property}' on '${name}': invalid value`);
  link.properties[property] = value;
  return '';
}

function resetLinkprop(machine: Machine, argv: string[]): string {
  const { positionals, values } = parseArgs({ args: argv, allowPositionals: true, options: { t: flag('t'), p: text('p') } });
  const [name = ''] = positionals;
  const link = machine.links[name];
  if (link === undefined) throw new Refusal(`dladm: link '${name}' is not valid`);
  requireProperty(values.p ?? '');
  delete link.properties[values.p ?? ''];
  return '';
}

function createEtherstub(machine: Machine, argv: string[]): string {
  const [name = ''] = parseArgs({ args: argv, allowPositionals: true, options: { t: flag('t') } }).positionals;
  requireName('etherstub', name);
  if (machine.links[name] !== undefined) throw new Refusal('dladm: etherstub creation failed: object already exists');
  machine.links[name] = { kind: 'etherstub', over: '', properties: {} };
  return '';
}

function deleteEtherstub(machine: Machine, argv: string[]): string {
  const [name = ''] = parseArgs({ args: argv, allowPositionals: true, options: { t: flag('t') } }).positionals;
  if (machine.links[name]?.kind !== 'etherstub') throw new Refusal(`dladm: invalid etherstub name '${name}'`);
  if (Object.values(machine.links).some(({ over }) => over === name)) throw new Refusal('dladm: etherstub deletion failed: link busy');
  delete machine.links[name];
  return '';
}

type Subcommand = (machine: Machine, argv: string[]) => string;

const looks: Record<string, Subcommand> = {
  'show-link': (machine, argv) => show(machine, argv, ['link', 'class', 'over'], () => true),
  'show-vnic': (machine, argv) => show(machine, argv, ['link', 'over', 'macaddress', 'vid', 'zone'], ({ kind }) => kind === 'vnic'),
  'show-linkprop': showLinkprop,
};

const changes: Record<string, Subcommand> = {
  'create-vnic': createVnic,
  'delete-vnic': deleteVnic,
  'set-linkprop': setLinkprop,
  'reset-linkprop': resetLinkprop,
  'create-etherstub': createEtherstub,
  'delete-etherstub': deleteEtherstub,
};

await program(([command = '', ...argv]) => {
  const look = looks[command];
  if (look !== undefined) return look(readMachine(), argv);
  const run = changes[command];
  if (run === undefined) throw new Refusal(`dladm: unknown subcommand '${command}'`);
  return changeMachine((machine) => run(machine, argv));
});
