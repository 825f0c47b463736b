/** What a controller answers that stands by: that it does, and who leads. */
import Fastify, { type FastifyInstance } from 'fastify';
import { CroftError } from '../model/error.ts';
import { type Leader, leaderWords, type RoleAnswer } from '../model/leader.ts';
import { sendProblem } from './problems.ts';

/**
 * `GET /healthz` answers 200, for the process is well; all else 503 `controller.standby`, so that nobody is sent here. `leader` gives
 * null where it is not known.
 */
export function createStandbyApi(leader: () => Leader | null): FastifyInstance {
  // No log: that it refuses requests is what it is there for.
  const api = Fastify({ forceCloseConnections: true });
  api.get('/healthz', async (): Promise<RoleAnswer> => ({ status: 'ok', role: 'standby', leader: leader() }));
  api.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  api.setNotFoundHandler(() => {
    throw standsBy(leader());
  });
  return api;
}

function standsBy(leader: Leader | null): CroftError {
  const hint = leader === null ? 'Try again in a moment.' : `Ask ${leader.url} on ${leader.host}; this one takes over when that one ends.`;
  return new CroftError('controller.standby', `this controller stands by: ${leaderWords(leader)} leads`, { hint });
}
