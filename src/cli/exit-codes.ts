/** The exit codes for shells; each error code of Croft leads to exactly one. */
import type { ErrorCode } from '../model/error.ts';

export const exitCodes = {
  ok: { code: 0, meaning: 'done' },
  failed: { code: 1, meaning: 'it was tried and failed' },
  usage: { code: 2, meaning: 'wrong usage or wrong input; nothing was changed' },
  missing: { code: 3, meaning: 'not found' },
  refused: { code: 4, meaning: 'refused: it exists, is in use, was not confirmed, or nothing is left to allocate' },
  unavailable: { code: 5, meaning: 'the controller, or the node that was asked, cannot be reached' },
  timeout: { code: 6, meaning: 'timed out; what --wait waited for continues' },
  unauthorized: { code: 7, meaning: 'the token is missing or wrong' },
  interrupted: { code: 130, meaning: 'ended by Ctrl-C; what was under way on the controller continues' },
} as const;

export type ExitReason = keyof typeof exitCodes;

const reasons: Readonly<Record<ErrorCode, ExitReason>> = {
  'input.invalid': 'usage',
  'input.syntax': 'usage',
  'input.too-large': 'usage',
  'input.media-type': 'usage',
  'input.silent': 'failed',
  'auth.required': 'unauthorized',
  'auth.forbidden': 'unauthorized',
  'not-found': 'missing',
  unsupported: 'refused',
  'conflict.exists': 'refused',
  'conflict.in-use': 'refused',
  'conflict.changed': 'refused',
  'conflict.confirm': 'refused',
  'exhausted.segments': 'refused',
  'exhausted.addresses': 'refused',
  'exhausted.transit': 'refused',
  'image.unusable': 'usage',
  'image.fetch': 'failed',
  'node.unreachable': 'unavailable',
  'node.auth': 'failed',
  'node.host-key': 'failed',
  'node.sudo': 'failed',
  'node.unfit': 'failed',
  'command.failed': 'failed',
  'command.timeout': 'timeout',
  'disk.full': 'failed',
  'network.port': 'failed',
  'network.router': 'failed',
  'vm.launch': 'failed',
  'vm.unheeded': 'failed',
  'vm.not-running': 'refused',
  'controller.standby': 'unavailable',
  unavailable: 'unavailable',
  internal: 'failed',
};

export function exitCodeOf(code: ErrorCode): number {
  return exitCodes[reasons[code]].code;
}
