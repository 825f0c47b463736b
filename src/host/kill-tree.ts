/** Kills, on a node, all processes that one command started, wherever they went. */
import { CroftError } from '../model/error.ts';
import { commandVariable } from './frame.ts';
import type { Command } from './host.ts';
import { readScript } from './script.ts';

const script = readScript(import.meta.url, 'scripts/kill-tree.sh');

/** `processId`: the shell that runs the command, or the program itself. `token`: the command's, see `commandInput`. */
export function killTree(processId: number, token: string): Command {
  /** 0 would refer to every process of the machine. */
  if (!Number.isInteger(processId) || processId < 2) throw new CroftError('internal', `There is no process ${processId} to kill.`);
  return { argv: ['sh', '-c', script, 'sh', String(processId), `${commandVariable}=${token}`], timeout: 15_000 };
}
