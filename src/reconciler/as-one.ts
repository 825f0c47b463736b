/** Failures of several parts of one step. */
import { CroftError } from '../model/error.ts';

export interface Failure {
  /** In words, such as `the NIC eth1`. */
  part: string;
  error: CroftError;
}

/** One error for all failures, with the code and the advice of the first. */
export function asOne(failures: readonly Failure[]): CroftError {
  const message = failures.map(({ part, error }) => `${part}: ${error.message}`).join('; ');
  const [first] = failures;
  const { code = 'internal', hint, node } = first?.error ?? {};
  return new CroftError(code, message, {
    cause: first?.error,
    ...(hint === undefined ? {} : { hint }),
    ...(node === undefined ? {} : { node }),
  });
}
