/** The error of a Unix socket on a node that could not be opened. */
import { CroftError } from '../model/error.ts';

/** `not-found`: an SSH server does not distinguish a missing, a dead and a forbidden socket, so neither does Croft. */
export function socketError(node: string, path: string, cause: Error): CroftError {
  return new CroftError('not-found', `Nothing answers at the socket ${path} on node ${node}: ${cause.message}`, {
    node,
    cause,
    hint: 'Check that its program runs and that the login may open the socket.',
  });
}
