/** Why a source did not deliver an image, and whether to try it again. */
import { CroftError } from '../../model/error.ts';

export class SourceFailure extends Error {
  override readonly name = 'SourceFailure';
  /** The next try may succeed. */
  readonly transient: boolean;
  /** The source was reached, and its content is not the image. */
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

/** The failure of a connection. A CroftError stays itself, as does an existing SourceFailure. */
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
