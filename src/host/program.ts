/** A program on a node with streams of its own: its output is separated from start-up noise, and it can be killed with all its children. */
import { pipeline, type Readable } from 'node:stream';
import type { Channel, Connection } from './channel.ts';
import { newMarker, programLine } from './frame.ts';
import type { HostProcess } from './host.ts';
import { AfterLeader } from './leader.ts';

/** ms in which a program must have started. */
const patience = 15_000;

/** The program ended before it began: its shell could not start. */
export class ProgramNotStarted extends Error {
  /** Null when the connection was lost. */
  readonly code: number | null;

  constructor(code: number | null, lastWords: string) {
    super(lastWords);
    this.code = code;
  }
}

export interface ProgramOptions {
  connection: Connection;
  /** The command that starts the shell, such as `sudo -n /bin/sh`. */
  shell: string;
  argv: readonly string[];
  /** Kills a process and all processes with the token; see ShellPool.kill. */
  kill(processId: number, token: string): Promise<void>;
  /** The error with which `exited` rejects when the connection is lost. */
  lost(): Error;
}

/** Starts a program. Rejects with ProgramNotStarted, or as `Connection.open` does. */
export async function startProgram(options: ProgramOptions): Promise<HostProcess> {
  const marker = newMarker();
  const token = newMarker();
  const channel = await options.connection.open(programLine(options.shell, marker, token, options.argv));
  const stdout = follow(channel.stdout, marker);
  const stderr = follow(channel.stderr, marker);
  const processId = Number(await leaderOf(channel, stdout, stderr));
  let running = true;
  const exited = channel.ended.then((code) => {
    running = false;
    if (code === null) throw options.lost();
    return code;
  });
  exited.catch(() => undefined);
  const kill = async () => {
    if (running) await options.kill(processId, token);
  };
  return { stdin: channel.stdin, stdout, stderr, exited, kill };
}

function follow(source: Readable, marker: string): AfterLeader {
  const output = new AfterLeader(marker);
  pipeline(source, output, () => undefined);
  return output;
}

async function leaderOf(channel: Channel, stdout: AfterLeader, stderr: AfterLeader): Promise<string> {
  const timer = setTimeout(() => channel.destroy(), patience);
  const [out, err] = await Promise.allSettled([stdout.leader, stderr.leader]);
  clearTimeout(timer);
  if (out.status === 'fulfilled' && err.status === 'fulfilled') return out.value;
  const words = [err, out]
    .map((leader) => (leader.status === 'rejected' ? (leader.reason as Error).message : ''))
    .filter((text) => text !== '');
  throw new ProgramNotStarted(await channel.ended, words.join('\n'));
}
