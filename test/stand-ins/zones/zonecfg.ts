/**
 * A stand-in for zonecfg(8): export, delete -F, and the commands that make or change a configuration, in one argument.
 * What it refuses and says follows the man page and illumos-gate, usr/src/cmd/zonecfg/zonecfg.c.
 */
import { changeMachine, lives, program, Refusal, type Resource, readMachine, type Zone } from './state.ts';

const properties: Record<Resource['kind'], { key: string; all: string[]; required: string[] }> = {
  attr: { key: 'name', all: ['name', 'type', 'value'], required: ['name', 'type', 'value'] },
  net: {
    key: 'physical',
    all: ['physical', 'address', 'allowed-address', 'defrouter', 'global-nic', 'mac-addr', 'vlan-id'],
    required: ['physical'],
  },
  device: { key: 'match', all: ['match'], required: ['match'] },
  fs: { key: 'dir', all: ['dir', 'special', 'raw', 'type'], required: ['dir', 'special', 'type'] },
};
const globals = new Set(['zonepath', 'brand', 'autoboot', 'ip-type', 'bootargs', 'limitpriv']);

function kindOf(word: string): Resource['kind'] {
  if (!(word in properties)) throw new Refusal(`resource type ${word} unknown`);
  return word as Resource['kind'];
}

/** Splits at semicolons, but not between quotes. */
function commandsOf(text: string): string[] {
  return (text.match(/(?:[^;"]|"[^"]*")+/g) ?? []).map((command) => command.trim()).filter((command) => command !== '');
}

function assignment(text: string): [string, string] {
  const [, name = '', quoted, bare] = /^([\w-]+)\s*=\s*(?:"([^"]*)"|([^"\s;]+))$/.exec(text) ?? [];
  if (name === '') throw new Refusal(`syntax error at '${text}'`);
  return [name, quoted ?? bare ?? ''];
}

function change(name: string, present: Zone | undefined, text: string): Zone {
  let zone = present === undefined ? null : structuredClone(present);
  let open: Resource | null = null;
  for (const command of commandsOf(text)) {
    const [verb = '', ...words] = command.split(/\s+/);
    const rest = command.slice(verb.length).trim();
    if (verb === 'create') {
      if (zone !== null) throw new Refusal(`${name}: zone already exists`);
      if (rest !== '-b') throw new Refusal(`create: only a blank configuration is known here`);
      zone = { globals: {}, resources: [], state: 'configured', zoneId: 0, init: null };
      continue;
    }
    if (zone === null) throw new Refusal(`${name}: No such zone configured\nUse 'create' to begin configuring a new zone.`);
    if (open !== null) {
      if (verb === 'end') {
        zone.resources.push(complete(zone, open));
        open = null;
      } else if (verb === 'set') open = set(open, rest);
      else if (verb === 'add' && words[0] === 'options' && open.kind === 'fs') open.options.push(words[1] ?? '');
      else throw new Refusal(`${verb}: not allowed in the scope of a ${open.kind} resource`);
    } else if (verb === 'add') open = { kind: kindOf(words[0] ?? ''), properties: {}, options: [] };
    else if (verb === 'remove') remove(zone, words);
    else if (verb === 'set') setGlobal(zone, rest);
    else throw new Refusal(`${verb}: unknown command`);
  }
  if (open !== null) throw new Refusal(`the ${open.kind} resource was not ended`);
  if (zone === null) throw new Refusal(`${name}: nothing was configured`);
  if (!zone.globals.zonepath?.startsWith('/')) throw new Refusal(`required property 'zonepath' not specified`);
  return zone;
}

function set(resource: Resource, text: string): Resource {
  const [name, value] = assignment(text);
  if (!properties[resource.kind].all.includes(name)) throw new Refusal(`${name}: invalid property for the resource type ${resource.kind}`);
  if (resource.kind === 'attr' && name === 'name' && !/^(?!zone)[a-z0-9][\w.-]*$/i.test(value))
    throw new Refusal(`${value}: invalid attribute name`);
  if (resource.kind === 'attr' && name === 'type' && !/^(string|int|uint|boolean)$/.test(value))
    throw new Refusal(`${value}: invalid type`);
  return { ...resource, properties: { ...resource.properties, [name]: value } };
}

function complete(zone: Zone, resource: Resource): Resource {
  const { key, required } = properties[resource.kind];
  for (const each of required) if (resource.properties[each] === undefined) throw new Refusal(`${each} not specified`);
  const same = zone.resources.some((other) => other.kind === resource.kind && other.properties[key] === resource.properties[key]);
  if (same) throw new Refusal(`A ${resource.kind} resource with the ${key} '${resource.properties[key]}' already exists.`);
  return resource;
}

function remove(zone: Zone, words: string[]): void {
  const kind = kindOf(words[0] ?? '');
  const [name, value] = assignment(words.slice(1).join(' '));
  const index = zone.resources.findIndex((each) => each.kind === kind && each.properties[name] === value);
  if (index < 0) throw new Refusal(`No such ${kind} resource.`);
  zone.resources.splice(index, 1);
}

function setGlobal(zone: Zone, text: string): void {
  const [name, value] = assignment(text);
  if (!globals.has(name)) throw new Refusal(`${name}: invalid property`);
  if (zone.state !== 'configured' && (name === 'zonepath' || name === 'brand'))
    throw new Refusal(`Zone already installed; set ${name} not allowed.`);
  if (name === 'ip-type' && !/^(shared|exclusive)$/.test(value)) throw new Refusal(`${value}: invalid ip-type`);
  zone.globals[name] = value;
}

/** Values with characters that mean something to zonecfg stand between quotes. */
function shown(value: string): string {
  return /[\s;=,()[\]]/.test(value) ? `"${value}"` : value;
}

function exported(zone: Zone): string {
  const lines = ['create -b', ...Object.entries(zone.globals).map(([name, value]) => `set ${name}=${shown(value)}`)];
  for (const { kind, properties: given, options } of zone.resources) {
    lines.push(`add ${kind}`, ...Object.entries(given).map(([name, value]) => `set ${name}=${shown(value)}`));
    lines.push(...options.map((option) => `add options ${option}`), 'end');
  }
  return `${lines.join('\n')}\n`;
}

await program(([flag, name = '', ...words]) => {
  if (flag !== '-z' || words.length === 0) throw new Refusal('usage: zonecfg -z <zone> <command>', 2);
  if (!/^[a-zA-Z0-9][\w.-]{0,62}$/.test(name) || name === 'global' || name.startsWith('SUNW'))
    throw new Refusal(`${name}: Invalid zone name`);
  const text = words.join(' ');
  if (text === 'export') {
    const zone = readMachine().zones[name];
    if (zone === undefined) throw new Refusal(`${name}: No such zone configured`);
    return exported(zone);
  }
  return changeMachine((machine) => {
    const zone = machine.zones[name];
    if (text !== 'delete -F') {
      machine.zones[name] = change(name, zone, text);
      return '';
    }
    if (zone === undefined) throw new Refusal(`${name}: No such zone configured`);
    if (zone.state !== 'configured' || lives(zone.init))
      throw new Refusal(`Zone ${name} is installed; delete not allowed. Use 'zoneadm uninstall' first.`);
    delete machine.zones[name];
    return '';
  });
});
