/** Assembles the API: authentication, problems, OpenAPI and the routes. */
import { randomUUID } from 'node:crypto';
import swagger from '@fastify/swagger';
import websocket from '@fastify/websocket';
import Fastify from 'fastify';
import { createJsonSchemaTransform, serializerCompiler } from 'fastify-type-provider-zod';
import { CroftError } from '../model/error.ts';
import { authentication } from './authentication.ts';
import { enforceDeclaration, requireDeclaration } from './authorization.ts';
import type { ApiDependencies } from './dependencies.ts';
import { documentInfo, withComponents, withPermission } from './openapi.ts';
import { bodyLimit, sendProblem } from './problems.ts';
import { refuseUnknownKeys, requestCheck } from './request-check.ts';
import { type Api, inScope } from './route.ts';
import { backupRoutes } from './routes/backup.ts';
import { consoleRoutes } from './routes/console.ts';
import { doctorRoutes } from './routes/doctor.ts';
import { eventRoutes } from './routes/events.ts';
import { flavorRoutes } from './routes/flavors.ts';
import { healthRoutes } from './routes/health.ts';
import { imageRoutes } from './routes/images.ts';
import { nodeRoutes } from './routes/nodes.ts';
import { sliceRoutes } from './routes/slices.ts';
import { taskRoutes } from './routes/tasks.ts';
import { versionRoutes } from './routes/version.ts';
import { vmOperationRoutes } from './routes/vm-operations.ts';
import { vmRoutes } from './routes/vms.ts';
import { unusedConnections } from './unused-connections.ts';

const routes = [
  healthRoutes,
  versionRoutes,
  doctorRoutes,
  nodeRoutes,
  flavorRoutes,
  imageRoutes,
  sliceRoutes,
  vmRoutes,
  consoleRoutes,
  vmOperationRoutes,
  taskRoutes,
  eventRoutes,
  backupRoutes,
];

/** Longer than any name may be, so that a name that is too long is refused by its rule instead of finding no route. */
const longestParameter = 4096;
/** Bytes of one frame that a console's viewer sends. */
const longestFrame = 64 * 1024;

/** The API, ready to listen or to be called through `inject`. Closing it ends event streams and consoles. */
export async function createApi(dependencies: ApiDependencies): Promise<Api> {
  const api: Api = Fastify({
    loggerInstance: dependencies.logger,
    genReqId: () => randomUUID(),
    bodyLimit,
    routerOptions: { maxParamLength: longestParameter },
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply),
  });
  api.setValidatorCompiler(requestCheck);
  api.setSerializerCompiler(serializerCompiler);
  api.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  api.setNotFoundHandler((request) => {
    throw new CroftError('not-found', `there is no operation ${request.method} ${request.url.split('?')[0]}`, {
      hint: 'GET /v1/openapi.json describes all operations',
    });
  });
  // Before the hooks that may refuse: it closes the socket of an upgrade that was refused.
  await api.register(websocket, { options: { maxPayload: longestFrame } });
  const closeUnused = unusedConnections(api.server);
  api.addHook('preClose', async () => closeUnused());
  api.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  api.addHook('onRoute', requireDeclaration);
  api.addHook('onRoute', refuseUnknownKeys);
  api.decorateRequest('principal');
  api.addHook('onRequest', authentication(dependencies.principals));
  api.addHook('onRequest', enforceDeclaration);

  await api.register(swagger, {
    openapi: documentInfo,
    transform: withPermission(createJsonSchemaTransform({})),
    transformObject: withComponents,
  });
  for (const add of routes) inScope(api, (scope) => add(scope, dependencies));
  await api.ready();
  return api;
}
