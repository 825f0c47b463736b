/**
 * A stand-in for dladm(8): virtual NICs, etherstubs, and two link properties. Its words are those of illumos-gate,
 * usr/src/cmd/dladm/dladm.c and usr/src/lib/libdladm/common/libdladm.c.
 */
import { parseArgs } from 'node:util';
import { changeMachine, lives, type Machine, program, Refusal } from './state.ts';

const text = (short: string) => ({ type: 'string', short }) as const;
const flag = (short: string) => ({ type: 'boolean', short }) as const;

/** A name begins with a letter and ends with a digit. */
function requireName(kind: string, name: string): void {
  if (!/^[a-zA-Z][\w.]{0,29}\d$/.test(name)) throw new Refusal(`dladm: invalid ${kind} name '${name}': link name invalid`);
}

function show(machine: Machine, argv: string[], kinds: string[]): string {
  const { positionals, values } = parseArgs({ args: argv, allowPositionals: true, options: { p: flag('p'), o: text('o') } });
  const [name = ''] = positionals;
  if (values.o !== 'link' || values.p !== true) throw new Refusal('dladm: show: only -p -o link is known here', 2);
  if (!kinds.includes(machine.links[name]?.kind ?? '')) throw new Refusal(`dladm: invalid link '${name}': object not found`);
  return `${name}\n`;
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
  machine.links[name] = { kind: 'vnic', over, properties: { mac, vlan } };
  return '';
}

function deleteVnic(machine: Machine, argv: string[]): string {
  const { positionals } = parseArgs({ args: argv, allowPositionals: true, options: { t: flag('t') } });
  const [name = ''] = positionals;
  if (machine.links[name]?.kind !== 'vnic') throw new Refusal(`dladm: invalid vnic name '${name}': object not found`);
  const used = Object.values(machine.zones).some(
    (zone) => lives(zone.init) && zone.resources.some(({ properties }) => properties.physical === name),
  );
  if (used || machine.faults.includes('link')) throw new Refusal(`dladm: vnic deletion failed: link busy`);
  delete machine.links[name];
  return '';
}

function setLinkprop(machine: Machine, argv: string[]): string {
  const { positionals, values } = parseArgs({ args: argv, allowPositionals: true, options: { t: flag('t'), p: text('p') } });
  const [name = ''] = positionals;
  const link = machine.links[name];
  const [, property = '', value = ''] = /^([\w-]+)=(.+)$/.exec(values.p ?? '') ?? [];
  if (link === undefined) throw new Refusal(`dladm: link '${name}' is not valid`);
  const words = value.split(',');
  const valid =
    (property === 'protection' && words.every((word) => ['mac-nospoof', 'restricted', 'ip-nospoof', 'dhcp-nospoof'].includes(word))) ||
    (property === 'allowed-ips' && words.every((word) => /^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(word)));
  if (!valid) throw new Refusal(`dladm: warning: cannot set link property '${property}' on '${name}': invalid value`);
  link.properties[property] = value;
  return '';
}

function createEtherstub(machine: Machine, [name = '']: string[]): string {
  requireName('etherstub', name);
  if (machine.links[name] !== undefined) throw new Refusal('dladm: etherstub creation failed: object already exists');
  machine.links[name] = { kind: 'etherstub', over: '', properties: {} };
  return '';
}

function deleteEtherstub(machine: Machine, [name = '']: string[]): string {
  if (machine.links[name]?.kind !== 'etherstub') throw new Refusal(`dladm: invalid etherstub name '${name}'`);
  if (Object.values(machine.links).some(({ over }) => over === name)) throw new Refusal('dladm: etherstub deletion failed: link busy');
  delete machine.links[name];
  return '';
}

const commands: Record<string, (machine: Machine, argv: string[]) => string> = {
  'show-vnic': (machine, argv) => show(machine, argv, ['vnic']),
  'show-link': (machine, argv) => show(machine, argv, ['vnic', 'phys', 'etherstub']),
  'create-vnic': createVnic,
  'delete-vnic': deleteVnic,
  'set-linkprop': setLinkprop,
  'create-etherstub': createEtherstub,
  'delete-etherstub': deleteEtherstub,
};

await program(([command = '', ...argv]) => {
  const run = commands[command];
  if (run === undefined) throw new Refusal(`dladm: unknown subcommand '${command}'`);
  return changeMachine((machine) => run(machine, argv));
});
