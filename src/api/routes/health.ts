/** Checks for load balancers and supervisors: whether the process is healthy, and whether it accepts requests. */
import { roleAnswerSchema } from '../../model/leader.ts';
import { open } from '../authorization.ts';
import { problems, type Routes } from '../route.ts';

export const healthRoutes: Routes = (api, { leader }) => {
  const answer = async () => ({ status: 'ok' as const, role: 'leader' as const, leader: leader() });
  api.get(
    '/healthz',
    {
      config: open,
      schema: {
        summary: 'Tell that the process is well, whether it leads or stands by; needs no token',
        operationId: 'getLiveness',
        tags: ['controller'],
        security: [],
        response: { 200: roleAnswerSchema, ...problems() },
      },
    },
    answer,
  );
  api.get(
    '/readyz',
    {
      config: open,
      schema: {
        summary: 'Tell that this controller leads, so that requests may be sent to it; one that stands by answers 503; needs no token',
        operationId: 'getReadiness',
        tags: ['controller'],
        security: [],
        response: { 200: roleAnswerSchema, ...problems('controller.standby') },
      },
    },
    answer,
  );
};
