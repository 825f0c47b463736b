/** Help topics that belong to no single command. */
import { exitCodes } from './exit-codes.ts';

/** The text of a topic, null where there is none of that name. */
export function helpTopic(name: string): string | null {
  return Object.hasOwn(topics, name) ? (topics[name]?.() ?? null) : null;
}

const topics: Readonly<Record<string, () => string>> = {
  'exit-codes': () =>
    [
      'Exit codes of croft:',
      '',
      ...Object.values(exitCodes).map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`),
      '',
      '`croft node exec` exits with the code of the program that it ran.',
    ].join('\n'),
  environment: () =>
    [
      'Environment variables of croft:',
      '',
      ...environmentVariables.map(([name, meaning]) => `  ${name.padEnd(22)}${meaning}`),
      '',
      'A flag of `croft serve` or `croft up` goes before its variable.',
    ].join('\n'),
};

export const topicNames: readonly string[] = Object.keys(topics);

const environmentVariables: readonly (readonly [string, string])[] = [
  ['CROFT_URL', 'where the controller answers; default: the one on this machine'],
  ['CROFT_TOKEN', 'its token; default: the file `token` in CROFT_HOME'],
  ['CROFT_HOME', "the controller's folder"],
  ['CROFT_HOST', 'address that the controller listens on (127.0.0.1)'],
  ['CROFT_PORT', 'port that it listens on (7420; 0 lets the system choose)'],
  ['DATABASE_URL', 'postgres:// URL or file path of a SQLite database'],
  ['CROFT_SEGMENTS', 'VLAN tags that networks get (2000-2999)'],
  ['CROFT_TRANSIT', 'range that transit networks are cut from (100.64.0.0/10)'],
  ['ORCH_CONFIG', 'the image map (images.yaml in CROFT_HOME)'],
  ['CROFT_INTERVAL', 'seconds between passes that nothing asked for (10)'],
  ['CROFT_ROUTER_GRACE', 'seconds an unreachable node keeps its routers, and stays the target of moves (60)'],
  ['CROFT_PLACEMENT', 'spread, pack or round-robin, for slices that do not say it (spread)'],
  ['CROFT_POWERDOWN_TIME', 'seconds a guest has to power down (30)'],
  ['CROFT_DEBUG', 'set: errors are shown with their stacks'],
  ['NO_COLOR', 'set: no colours'],
];
