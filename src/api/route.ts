/** The building blocks of routes: the typed Fastify instance, and the schemas that many of them share. */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sliceAddressSchema, sliceMeantBy } from '../model/access/slice-name.ts';
import { CroftError, type ErrorCode } from '../model/error.ts';
import { imageNameSchema, nameSchema } from '../model/input/name.ts';
import { problemMediaType, problemSchema } from '../model/problem.ts';
import { unreadableHeader } from '../model/unreadable-row.ts';
import type { ApiDependencies } from './dependencies.ts';

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export type Routes = (api: Api, dependencies: ApiDependencies) => void;

/** Adds routes in a scope of their own, where they may read bodies in their own way. An invalid route fails the start. */
export function inScope(api: Api, add: (scope: Api) => void): void {
  api.register((scope: Api, _options, done) => {
    try {
      add(scope);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}

export const sliceParams = z.object({ slice: sliceAddressSchema });
export const vmParams = z.object({ slice: sliceAddressSchema, vm: nameSchema });
export const nodeParams = z.object({ node: nameSchema });
export const imageParams = z.object({ image: imageNameSchema });

/** The full name of the slice that the path names. */
export function sliceOf({ principal, params }: Pick<FastifyRequest, 'principal'> & { params: z.output<typeof sliceParams> }): string {
  return sliceMeantBy(principal, params.slice);
}

/** The VM that the path of a WebSocket names. Its parameters were validated before, which the handler's type does not say. */
export function vmOfUpgrade({ principal, params }: Pick<FastifyRequest, 'principal' | 'params'>): { slice: string; vm: string } {
  const named = params as z.output<typeof vmParams>;
  return { slice: sliceOf({ principal, params: named }), vm: named.vm };
}

/** The part of a list's description that says what the list lacks. */
export const unreadableNote =
  'Where the controller cannot read some rows of its database, they are missing here and the header `unreadable` says how many; `GET /v1/doctor` says which.';

export function noteUnreadable(reply: Pick<FastifyReply, 'header'>, count: number): void {
  if (count > 0) void reply.header(unreadableHeader, count);
}

/** Is called for each row that a list leaves out. */
export function countUnreadable(reply: Pick<FastifyReply, 'header'>): () => void {
  let count = 0;
  return () => {
    count += 1;
    noteUnreadable(reply, count);
  };
}

/** A flag in a query string: `?abandon=true`. */
export const flagSchema = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');

/** An integer in a query string. */
export function countSchema(minimum: number, maximum: number) {
  const most = maximum === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${maximum}`;
  const rule = `must be a whole number, ${minimum} ${most}`;
  return z.coerce.number(rule).int(rule).min(minimum, rule).max(maximum, rule);
}

/** The OpenAPI responses of these errors, and of the errors of any operation. */
export function problems(...codes: ErrorCode[]) {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set<ErrorCode>([...codes, 'input.invalid', 'auth.required', 'auth.forbidden', 'internal'])) {
    const { status } = new CroftError(code, '');
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => [
      status,
      { description: of.map((code) => `\`${code}\``).join(', '), content: { [problemMediaType]: { schema: problemSchema } } },
    ]),
  );
}

/** The response of an operation that answers with a body of its own type instead of JSON. */
export const rawBody = (type: string, description: string) => ({ description, content: { [type]: { schema: z.string() } } });

export const noBody = z.undefined().describe('Done.');
