/** What a controller answers that stands by: that it does, and who leads. */
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { CroftError } from '../model/error.ts';
import { type Leader, leaderWords, type RoleAnswer } from '../model/leader.ts';
import { sendProblem } from './problems.ts';

export interface StandbyApiOptions {
  /** Null where it is not known. */
  leader(): Leader | null;
  logger: FastifyBaseLogger;
}

/** `GET /healthz` answers 200, for the process is well; all else 503 `controller.standby`, so that nobody is sent here. */
export function createStandbyApi({ leader, logger }: StandbyApiOptions): FastifyInstance {
  const api = Fastify({ loggerInstance: logger, disableRequestLogging: true, forceCloseConnections: true });
  api.get('/healthz', async (): Promise<RoleAnswer> => ({ status: 'ok', role: 'standby', leader: leader() }));
  api.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  api.setNotFoundHandler(() => {
    throw standsBy(leader());
  });
  return api as unknown as FastifyInstance;
}

function standsBy(leader: Leader | null): CroftError {
  const hint = leader === null ? 'Try again in a moment.' : `Ask ${leader.url} on ${leader.host}; this one takes over when that one ends.`;
  return new CroftError('controller.standby', `this controller stands by: ${leaderWords(leader)} leads`, { hint });
}
