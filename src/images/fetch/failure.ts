/** Why one source of an image did not give it, and whether to try it again. */
import { CroftError } from '../../model/error.ts';

export class SourceFailure extends Error {
  override readonly name = 'SourceFailure';
  /** It may go well the next time. */
  readonly transient: boolean;
  /** It was reached, and what it gave is no such image. */
  readonly content: boolean;

  constructor(message: string, options: { transient?: boolean; content?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.transient = options.transient ?? false;
    this.content = options.content ?? false;
  }
}

const transientCodes = new Set([
  ...['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN'],
  ...['ERR_STREAM_PREMATURE_CLOSE', 'ERR_PROXY_TUNNEL'],
]);

/** What a connection failed with. A CroftError stays itself, as does what already is a failure. */
export function asSourceFailure(thrown: unknown): SourceFailure | CroftError {
  if (thrown instanceof SourceFailure || thrown instanceof CroftError) return thrown;
  const reasons = thrown instanceof AggregateError ? thrown.errors : [thrown];
  const message = reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason))).join(', ');
  const transient = reasons.some((reason) => transientCodes.has(codeOf(reason)));
  return new SourceFailure(message, { transient, cause: thrown });
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
