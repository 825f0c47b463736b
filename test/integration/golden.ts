/** What earlier versions of Croft wrote, as it is kept under test/golden, put where a test wants it. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import type { NodeLayout, ObservedVm } from '../../src/drivers/hypervisor/driver.ts';
import type { ObservedNetwork } from '../../src/drivers/network/driver.ts';
import type { VmLaunch, WantedOnNode } from '../../src/model/node/plan.ts';
import { postgresProgram } from './postgres.ts';

const run = promisify(execFile);

/** What was wanted on a node, the states of its VMs, and the hashes that were written for it. */
export interface GoldenPlans {
  id: string;
  seen: { slice: string; name: string; id: string; desired: string; state: string }[];
  wanted: Omit<WantedOnNode, 'underlay'>;
  hashes: Record<'launches' | 'ports' | 'routers', Record<string, string>>;
}

/** Text by path; null for a file that is no text; a folder ends with a slash. */
export type GoldenFiles = Record<string, string | { link: string } | null>;

export interface GoldenNode {
  layout: NodeLayout;
  state: GoldenFiles;
  run: GoldenFiles;
  vms: ObservedVm[];
  /** Absent where the node has no network of Croft's. */
  network?: Pick<ObservedNetwork, 'ports' | 'routers'>;
  running: Record<string, VmLaunch>;
}

function read(name: string): string {
  return readFileSync(join(import.meta.dirname, '../golden', name), 'utf8');
}

/** By the names of nodes. */
export const goldenPlans = (): Record<string, GoldenPlans> => JSON.parse(read('plans.json'));
export const goldenNode = (hypervisor: 'qemu' | 'libvirt' | 'zones'): GoldenNode => JSON.parse(read(`node-${hypervisor}.json`));
/** Slice files by the names of slices. */
export const goldenExports = (): Record<string, string> => JSON.parse(read('exports.json'));

export async function* goldenBackup(): AsyncGenerator<string> {
  yield* read('backup.jsonl').trimEnd().split('\n');
}

/** Fills the empty database at the location with the dump. */
export async function fillFromDump(dialect: 'sqlite' | 'postgres', location: string): Promise<void> {
  if (dialect === 'postgres') {
    const file = join(import.meta.dirname, '../golden/postgres.sql');
    await run(postgresProgram('psql'), ['--quiet', '--no-psqlrc', '--set=ON_ERROR_STOP=1', `--file=${file}`, location]);
    return;
  }
  const database = new DatabaseSync(location);
  database.exec(read('sqlite.sql'));
  database.close();
}
