/** The error for an unknown name. */
import { CroftError } from './error.ts';
import { nearNames } from './input/near-names.ts';

/** `what` is such as `node`, `where` such as `in slice "hello"`; `candidates` are the existing names. */
export function missing(what: string, name: string, candidates: readonly string[], where = ''): CroftError {
  const near = nearNames(name, candidates);
  return new CroftError(
    'not-found',
    `there is no ${what} "${name}" ${where}`.trimEnd(),
    near.length === 0 ? {} : { hint: `Did you mean ${near.join(', ')}?` },
  );
}

/** For an identifier, which users do not type. */
export function goneById(what: string, id: string): CroftError {
  return new CroftError('not-found', `the ${what} ${id} is gone`);
}
