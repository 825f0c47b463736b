/** What the figures were measured on. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

export interface Machine {
  /** ISO 8601, UTC. */
  date: string;
  commit: string;
  processor: string;
  cores: number;
  memory: string;
  kernel: string;
  /** Average over the last minute, before the bench began. */
  load: string;
}

export function describeMachine(): Machine {
  return {
    date: new Date().toISOString().slice(0, 19),
    commit: commit(),
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
    memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    kernel: release(),
    load: (loadavg()[0] ?? 0).toFixed(1),
  };
}

function commit(): string {
  const git = (...args: string[]) => execFileSync('git', ['-C', import.meta.dirname, ...args], { encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--untracked-files=no', '--', '../src') !== '';
  return `${git('rev-parse', '--short', 'HEAD')}${changed ? ' with uncommitted changes in src' : ''}`;
}
