/** QEMU's jobs: work that QEMU continues after the answer to the command, even when the session has ended. */
import { z } from 'zod';
import { CroftError } from '../model/error.ts';
import type { QmpSession } from './qmp.ts';

const jobsSchema = z.array(z.object({ id: z.string(), status: z.string(), error: z.string().optional() }));

/** There is one at a time. */
export const jobId = 'croft';

/**
 * Runs the command as a job and resolves when the job has succeeded. A job that an earlier session left is waited for first, whatever its
 * result. During a job QEMU may answer nothing. `timeout` in ms, for each of the two. Rejects with `command.failed` and QEMU's words,
 * `command.timeout`.
 */
export async function runJob(session: QmpSession, command: string, parameters: Record<string, unknown>, timeout: number): Promise<void> {
  const earlier = concluded(session, timeout);
  const left = await findJob((query) => session.execute(query));
  if (left !== undefined) await finish(session, left.status === 'concluded' ? Promise.resolve() : earlier);
  const ended = concluded(session, timeout);
  await session.execute(command, { 'job-id': jobId, ...parameters });
  const failure = await finish(session, ended);
  if (failure !== null) throw new CroftError('command.failed', `QEMU refused: ${failure}`);
}

function concluded(session: QmpSession, timeout: number): Promise<unknown> {
  return session.event('JOB_STATUS_CHANGE', ({ id, status }) => id === jobId && status === 'concluded', timeout);
}

/** Null where it succeeded. */
async function finish(session: QmpSession, ended: Promise<unknown>): Promise<string | null> {
  await ended;
  const job = await findJob((query) => session.execute(query));
  await session.execute('job-dismiss', { id: jobId });
  return job?.error ?? null;
}

/** Undefined where there is none. */
export async function findJob(execute: (query: string) => Promise<unknown>): Promise<z.infer<typeof jobsSchema>[number] | undefined> {
  const jobs = jobsSchema.parse(await execute('query-jobs'));
  return jobs.find(({ id }) => id === jobId);
}
