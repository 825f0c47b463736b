/** The answers of a standby controller: its state, and the leader. */
import Fastify, { type FastifyInstance } from 'fastify';
import { CroftError } from '../model/error.ts';
import { type Leader, leaderWords, type RoleAnswer } from '../model/leader.ts';
import { sendProblem } from './problems.ts';

/**
 * `GET /healthz` answers 200, since the process is healthy; everything else 503 `controller.standby`, so that no load balancer sends
 * requests here. `leader` returns null where the leader is not known.
 */
export function createStandbyApi(leader: () => Leader | null): FastifyInstance {
  // No log: refusing requests is the purpose of this server.
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
