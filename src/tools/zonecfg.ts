/** `zonecfg`: a zone's configuration, as its resources, and the commands that change a zone to it. */
import type { Call } from '../host/host.ts';
import { CroftError } from '../model/error.ts';

/** Resources that a zone may have several of, each with its identifying property. Source: zonecfg(8) of illumos. */
const keys = { attr: 'name', net: 'physical', device: 'match', fs: 'dir' } as const;
export type ZoneResourceKind = keyof typeof keys;

export interface ZoneResource {
  kind: ZoneResourceKind;
  /** In the order in which they are set, including the identifying property. */
  properties: Record<string, string>;
  /** Of a file system. */
  options?: readonly string[];
}

export interface ZoneConfiguration {
  zonepath: string;
  brand: string;
  resources: readonly ZoneResource[];
}

/** An attribute for the zone's brand. */
export function attribute(name: string, value: string): ZoneResource {
  return { kind: 'attr', properties: { name, type: 'string', value } };
}

/** The zone's resources in the output of `zonecfg export`; null where there is no such zone. */
export function exportZone(name: string): Call<ZoneResource[] | null> {
  return {
    command: { argv: ['zonecfg', '-z', name, 'export'] },
    parse({ code, stdout, stderr }) {
      if (code === 0) return readExport(stdout);
      if (/No such zone/i.test(stderr)) return null;
      throw new CroftError('command.failed', `the configuration of the zone ${name} cannot be read: zonecfg said: ${words(stderr, code)}`);
    },
  };
}

/** Creates the configuration of a zone that has none yet. A configuration is committed as a whole, or not at all. */
export function createZone(name: string, wanted: ZoneConfiguration): Call<void> {
  return change(name, [
    'create -b',
    `set zonepath=${quoted(wanted.zonepath)}`,
    `set brand=${quoted(wanted.brand)}`,
    'set autoboot=false',
    'set ip-type=exclusive',
    ...wanted.resources.flatMap(adding),
  ]);
}

/**
 * Changes a zone to the given resources; all others are removed, equal ones stay. A running zone gets them at its next start. Null where
 * nothing differs.
 */
export function changeZone(name: string, present: readonly ZoneResource[], wanted: readonly ZoneResource[]): Call<void> | null {
  const same = (one: ZoneResource, other: ZoneResource): boolean => adding(one).join(';') === adding(other).join(';');
  const gone = present.filter((one) => !wanted.some((other) => same(one, other)));
  const added = wanted.filter((one) => !present.some((other) => same(one, other)));
  if (gone.length + added.length === 0) return null;
  const removing = ({ kind, properties }: ZoneResource): string => `remove ${kind} ${keys[kind]}=${quoted(properties[keys[kind]] ?? '')}`;
  return change(name, [...gone.map(removing), ...added.flatMap(adding)]);
}

/** The commands in one argument, as `zonecfg -z NAME 'COMMAND; COMMAND'` takes them. */
function change(name: string, commands: readonly string[]): Call<void> {
  return {
    command: { argv: ['zonecfg', '-z', name, commands.join('; ')] },
    parse({ code, stderr }) {
      if (code !== 0) throw new CroftError('command.failed', `the zone ${name} cannot be configured: zonecfg said: ${words(stderr, code)}`);
    },
  };
}

function adding({ kind, properties, options = [] }: ZoneResource): string[] {
  const settings = Object.entries(properties).map(([name, value]) => `set ${name}=${quoted(value)}`);
  return [`add ${kind}`, ...settings, ...options.map((option) => `add options ${option}`), 'end'];
}

/** A value between double quotes, in which zonecfg knows no escape. Throws `input.invalid` for a value that cannot be written so. */
function quoted(value: string): string {
  if (/["\n\r\0]/.test(value)) throw new CroftError('input.invalid', `a zone cannot be given the value ${JSON.stringify(value)}`);
  return `"${value}"`;
}

/** Reads the commands that `export` prints, one per line; commands of a foreign zone that Croft never makes are left out. */
function readExport(output: string): ZoneResource[] {
  const found: ZoneResource[] = [];
  let open: (ZoneResource & { options: string[] }) | null = null;
  for (const line of output.split('\n')) {
    const [, verb = '', rest = ''] = /^\s*(\w+)\s*(.*?)\s*$/.exec(line) ?? [];
    if (verb === 'add' && open === null) open = rest in keys ? { kind: rest as ZoneResourceKind, properties: {}, options: [] } : null;
    else if (verb === 'add')
      open?.options.push(
        ...rest
          .replace(/^options\s+/, '')
          .replace(/^\[|\]$/g, '')
          .split(','),
      );
    else if (verb === 'set' && open !== null) {
      const [, name = '', value = ''] = /^([\w-]+)\s*=\s*"?(.*?)"?$/.exec(rest) ?? [];
      open.properties[name] = value;
    } else if (verb === 'end' && open !== null) {
      found.push(open.options.length > 0 ? open : { kind: open.kind, properties: open.properties });
      open = null;
    }
  }
  return found;
}

function words(stderr: string, code: number): string {
  return stderr.trim() || `exit code ${code}`;
}
