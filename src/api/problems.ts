/** Every failure of a request, as a problem document; internal details go to the log and not to the client. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../model/access/principal.ts';
import { asCroftError, CroftError } from '../model/error.ts';
import { withoutVmsOfOthers } from '../model/placement/removal-words.ts';
import { problemMediaType, problemOf } from '../model/problem.ts';
import { Unreadable } from '../model/versioned.ts';

export function sendProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const shown = presentable(fromFramework(thrown, request) ?? thrown, request);
  return reply
    .code(shown.status)
    .type(problemMediaType)
    .serializer((problem: unknown) => JSON.stringify(problem))
    .send(problemOf(shown));
}

/** The part of a failure that the client may see: for an internal failure only a reference to the log, which is written here. */
export function presentable(thrown: unknown, { id, log, principal }: FastifyRequest): CroftError {
  const error = readableBy(principal, asCroftError(thrown));
  if (error.code === 'internal') {
    log.error({ err: thrown }, 'request failed');
    // It says no more than whose text in the database is damaged.
    if (thrown instanceof Unreadable) return thrown;
    return new CroftError('internal', `the request ${id} failed inside the controller`, {
      hint: `look for ${id} in the controller's log`,
    });
  }
  if (error.status >= 500) log.warn({ code: error.code, node: error.node }, error.message);
  return error;
}

/** `asker` is undefined before the request is authenticated. */
function readableBy(asker: Principal | undefined, error: CroftError): CroftError {
  const message = asker === undefined ? error.message : withoutVmsOfOthers(error.message, asker);
  if (message === error.message) return error;
  const { code, hint, issues, node } = error;
  return new CroftError(code, message, { issues, cause: error, ...(hint !== undefined && { hint }), ...(node !== undefined && { node }) });
}

/** Fastify's own refusals in Croft's words; null for anything else. */
function fromFramework(thrown: unknown, request: FastifyRequest): CroftError | null {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return null;
  const refusal = refusals[thrown.code];
  return refusal === undefined ? null : refusal(thrown, request);
}

const refusals: Record<string, (cause: Error, request: FastifyRequest) => CroftError> = {
  FST_ERR_CTP_INVALID_JSON_BODY: (cause) =>
    new CroftError('input.syntax', 'the body is not JSON, though its content type says so', { cause }),
  FST_ERR_CTP_EMPTY_JSON_BODY: (cause) => new CroftError('input.syntax', 'the body is empty; JSON is expected', { cause }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: (cause) =>
    new CroftError('input.invalid', 'the body has another length than its Content-Length', { cause }),
  FST_ERR_CTP_BODY_TOO_LARGE: (cause) =>
    new CroftError('input.too-large', `the body is larger than ${bodyLimit / 1024 ** 2} MiB`, { hint: 'send less in one request', cause }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: (cause, request) =>
    new CroftError('input.media-type', `a body of type "${request.headers['content-type'] ?? ''}" is not read here`, {
      hint: 'see the OpenAPI description for what this operation reads',
      cause,
    }),
  FST_ERR_MAX_PARAM_LENGTH: (cause) => new CroftError('input.invalid', 'a part of the path is longer than any name may be', { cause }),
  FST_ERR_BAD_URL: (cause) => new CroftError('input.invalid', 'the path holds a broken percent encoding', { cause }),
};

/** Bytes; images and backups are streamed and have no limit here. */
export const bodyLimit = 1024 ** 2;
