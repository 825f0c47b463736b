/** The one error class of Croft and the codes it may carry; each code is declared here once, with its HTTP status. */

const declared = {
  'input.invalid': { status: 400, title: 'The input is not valid' },
  'input.syntax': { status: 400, title: 'The document cannot be parsed' },
  'input.too-large': { status: 413, title: 'The request is too large' },
  'input.media-type': { status: 415, title: 'The request has another content type than is read here' },
  'input.silent': { status: 408, title: 'The request was not sent to its end' },
  'auth.required': { status: 401, title: 'A valid token is required' },
  'auth.forbidden': { status: 403, title: 'Who asks may not do this' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'conflict.exists': { status: 409, title: 'It exists already' },
  'conflict.in-use': { status: 409, title: 'It is in use' },
  'conflict.changed': { status: 409, title: 'It was changed by someone else meanwhile' },
  'conflict.confirm': { status: 409, title: 'This loses data and was not confirmed' },
  'exhausted.segments': { status: 409, title: 'No free network segment is left' },
  'exhausted.addresses': { status: 409, title: 'No free address is left in the network' },
  'exhausted.transit': { status: 409, title: 'No free transit network is left' },
  'image.unusable': { status: 422, title: 'The image cannot be used' },
  'image.fetch': { status: 502, title: 'The image could not be fetched' },
  'node.unreachable': { status: 503, title: 'The node cannot be reached' },
  'node.auth': { status: 502, title: 'The node refused the login' },
  'node.host-key': { status: 502, title: 'The host key of the node is not the pinned one' },
  'node.sudo': { status: 502, title: 'The node gives no root privileges' },
  'node.unfit': { status: 502, title: 'The node lacks something it needs' },
  'command.failed': { status: 502, title: 'A command failed on the node' },
  'command.timeout': { status: 504, title: 'A command on the node took too long and was killed' },
  'disk.full': { status: 507, title: 'A disk is full' },
  'network.port': { status: 502, title: 'A network port could not be made' },
  'network.router': { status: 502, title: 'The router of a slice could not be made' },
  'vm.launch': { status: 502, title: 'The VM could not be started' },
  'vm.not-running': { status: 409, title: 'The VM is not running' },
  'vm.unheeded': { status: 409, title: 'The guest does not do what it was asked' },
  'controller.standby': { status: 503, title: 'Another controller leads' },
  unavailable: { status: 503, title: 'The controller cannot be reached' },
  unsupported: { status: 422, title: 'The hypervisor cannot do that' },
  internal: { status: 500, title: 'Something went wrong inside Croft' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof declared;

/**
 * One place of an error in an input. `path` is dotted; line and column start at 1 and are present for text documents; `file` is present
 * where the place is in another document than the given one.
 */
export interface InputIssue {
  path: string;
  message: string;
  file?: string;
  line?: number;
  column?: number;
}

export interface CroftErrorOptions {
  /** What the user can do about it, one imperative sentence. */
  hint?: string;
  /** Name of the node where the failure happened. */
  node?: string;
  issues?: readonly InputIssue[];
  cause?: unknown;
}

/** A failure with a declared code. `message` names the failure and its place, with a program's own stderr where a program failed. */
export class CroftError extends Error {
  override readonly name = 'CroftError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly node: string | undefined;
  readonly issues: readonly InputIssue[];

  constructor(code: ErrorCode, message: string, options: CroftErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.node = options.node;
    this.issues = options.issues ?? [];
  }

  get status(): number {
    return declared[this.code].status;
  }

  get title(): string {
    return declared[this.code].title;
  }
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(declared, text);
}

/** Any thrown value, as a CroftError: a CroftError stays itself, the rest becomes `internal` with its cause. */
export function asCroftError(thrown: unknown): CroftError {
  if (thrown instanceof CroftError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CroftError('internal', message, { cause: thrown });
}
