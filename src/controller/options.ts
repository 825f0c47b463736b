/** All settings of a controller, resolved once from flags and environment into one frozen object. */
import { resolve } from 'node:path';
import type { ServeOptions } from '../cli/local-operations.ts';
import type { Kept } from '../loops/retention.ts';
import { CroftError } from '../model/error.ts';
import { parseSubnet } from '../model/network/ipv4.ts';
import { type PlacementPolicy, placementPolicies } from '../model/placement/placement.ts';
import { checkLocation } from '../store/location.ts';
import { type Home, homeAt } from './home.ts';
import { packageVersion } from './installation.ts';
import { type Simulation, simulationOf } from './simulation/simulation.ts';

export interface ControllerOptions {
  home: Home;
  host: string;
  port: number;
  /** File path of a SQLite database or a postgres:// URL. */
  database: string;
  segments: { first: number; last: number };
  transit: string;
  /** ms between passes that are not requested. */
  interval: number;
  /** A router leaves its node when the node was unreachable for this many ms. */
  routerGrace: number;
  /** The placement of VMs in slices that do not say otherwise. */
  placement: PlacementPolicy;
  stopTimes: { powerdown: number; terminate: number };
  /** The user's image map; `required` where it was named. */
  imageMap: { file: string; required: boolean };
  /** The proxies of the environment, for fetching images. */
  proxies: Readonly<Record<string, string | undefined>>;
  /** The number of kept events and ended tasks, and for how many ms. */
  kept: { events: Kept; tasks: Kept };
  version: string;
  /** Null where the nodes are real. */
  simulation: Simulation | null;
}

/** Environment variables that the controller knows, as docs/cli.md lists them. */
export interface ControllerEnvironment {
  HOME?: string | undefined;
  CROFT_HOME?: string | undefined;
  DATABASE_URL?: string | undefined;
  CROFT_HOST?: string | undefined;
  CROFT_PORT?: string | undefined;
  CROFT_SEGMENTS?: string | undefined;
  CROFT_TRANSIT?: string | undefined;
  CROFT_INTERVAL?: string | undefined;
  CROFT_ROUTER_GRACE?: string | undefined;
  CROFT_PLACEMENT?: string | undefined;
  CROFT_POWERDOWN_TIME?: string | undefined;
  CROFT_EVENTS_KEPT?: string | undefined;
  CROFT_EVENTS_AGE?: string | undefined;
  CROFT_TASKS_KEPT?: string | undefined;
  CROFT_TASKS_AGE?: string | undefined;
  ORCH_CONFIG?: string | undefined;
}

const defaultPort = 7420;
/** ms. */
const day = 86_400_000;

/** Rejects with `input.invalid` that names the flag or variable. */
export function controllerOptions(
  home: string,
  given: ServeOptions,
  environment: NodeJS.ProcessEnv & ControllerEnvironment,
): ControllerOptions {
  const folder = homeAt(home);
  return Object.freeze({
    home: folder,
    host: given.host ?? environment.CROFT_HOST ?? '127.0.0.1',
    port: given.port ?? number(environment.CROFT_PORT, 'CROFT_PORT', 0, 65_535) ?? defaultPort,
    database: databaseAt(given.database ?? environment.DATABASE_URL ?? folder.database),
    segments: segmentRange(given.segments ?? environment.CROFT_SEGMENTS ?? '2000-2999'),
    transit: transitRange(given.transit ?? environment.CROFT_TRANSIT ?? '100.64.0.0/10'),
    interval: (given.interval ?? number(environment.CROFT_INTERVAL, 'CROFT_INTERVAL', 1, 3600) ?? 10) * 1000,
    routerGrace: (number(environment.CROFT_ROUTER_GRACE, 'CROFT_ROUTER_GRACE', 1, 86_400) ?? 60) * 1000,
    placement: placementPolicy(given.placement ?? environment.CROFT_PLACEMENT ?? 'spread'),
    stopTimes: { powerdown: (number(environment.CROFT_POWERDOWN_TIME, 'CROFT_POWERDOWN_TIME', 1, 3600) ?? 30) * 1000, terminate: 5000 },
    imageMap: imageMapOf(given.config ?? environment.ORCH_CONFIG, folder.imageMap),
    proxies: proxiesOf(environment),
    kept: keptOf(given, environment),
    version: packageVersion(),
    simulation: given.simulate === undefined ? null : simulationOf(given.simulate),
  });
}

function databaseAt(location: string): string {
  checkLocation(location);
  return location;
}

function imageMapOf(named: string | undefined, usual: string): ControllerOptions['imageMap'] {
  return named === undefined || named === '' ? { file: usual, required: false } : { file: resolve(named), required: true };
}

function keptOf(given: ServeOptions, environment: ControllerEnvironment): ControllerOptions['kept'] {
  const count = (name: 'CROFT_EVENTS_KEPT' | 'CROFT_TASKS_KEPT') => number(environment[name], name, 1, Number.MAX_SAFE_INTEGER);
  const days = (name: 'CROFT_EVENTS_AGE' | 'CROFT_TASKS_AGE') => number(environment[name], name, 1, 36_500);
  return {
    events: {
      number: given.eventsKept ?? count('CROFT_EVENTS_KEPT') ?? 1_000_000,
      age: (given.eventsAge ?? days('CROFT_EVENTS_AGE') ?? 30) * day,
    },
    tasks: {
      number: given.tasksKept ?? count('CROFT_TASKS_KEPT') ?? 100_000,
      age: (given.tasksAge ?? days('CROFT_TASKS_AGE') ?? 30) * day,
    },
  };
}

/** Each name in lower and in upper case, as other programs accept them. */
function proxiesOf(environment: NodeJS.ProcessEnv): ControllerOptions['proxies'] {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);
  return Object.fromEntries(names.map((name) => [name, environment[name]]));
}

function number(text: string | undefined, name: string, least: number, most: number): number | null {
  if (text === undefined || text === '') return null;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new CroftError('input.invalid', `${name} is ${JSON.stringify(text)}, not a whole number from ${least} to ${most}`);
  }
  return value;
}

function segmentRange(text: string): { first: number; last: number } {
  const [, first = '', last = ''] = /^(\d{1,4})-(\d{1,4})$/.exec(text) ?? [];
  const range = { first: Number(first), last: Number(last) };
  if (first === '' || range.first < 1 || range.last > 4094 || range.first > range.last) {
    throw new CroftError('input.invalid', `the VLAN range ${JSON.stringify(text)} is not two tags of 1 to 4094 such as 2000-2999`);
  }
  return range;
}

function placementPolicy(text: string): PlacementPolicy {
  const policy = placementPolicies.find((one) => one === text);
  if (policy !== undefined) return policy;
  throw new CroftError('input.invalid', `the placement ${JSON.stringify(text)} is none of ${placementPolicies.join(', ')}`);
}

function transitRange(text: string): string {
  const parsed = parseSubnet(text);
  if (parsed === null || parsed.prefix > 28) {
    throw new CroftError(
      'input.invalid',
      `the transit range ${JSON.stringify(text)} is not an IPv4 range of /28 or larger such as 100.64.0.0/10`,
    );
  }
  return text;
}
