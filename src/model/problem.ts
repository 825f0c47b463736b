/** A CroftError in HTTP answers: problem details of RFC 9457. */
import { z } from 'zod';
import { CroftError, type ErrorCode, isErrorCode } from './error.ts';

export const problemMediaType = 'application/problem+json';

const typePrefix = 'urn:croft:error:';

export const problemSchema = z
  .object({
    type: z.string().meta({ example: `${typePrefix}not-found` }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    /** One of the declared error codes; a client that does not know it treats it as `internal`. */
    code: z.string(),
    hint: z.string().optional(),
    node: z.string().optional(),
    issues: z
      .array(
        z.object({
          path: z.string(),
          message: z.string(),
          /** Where the place is in another document than the given one. */
          file: z.string().optional(),
          line: z.int().optional(),
          column: z.int().optional(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'What went wrong: problem details of RFC 9457.' });
export type Problem = z.infer<typeof problemSchema>;

export function problemOf(error: CroftError): Problem {
  return {
    type: `${typePrefix}${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.message,
    code: error.code,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.node !== undefined && { node: error.node }),
    ...(error.issues.length > 0 && { issues: [...error.issues] }),
  };
}

/** The error of a problem; a code unknown here, from a newer controller, becomes `internal`. */
export function errorOf(problem: Problem): CroftError {
  const code: ErrorCode = isErrorCode(problem.code) ? problem.code : 'internal';
  return new CroftError(code, problem.detail, {
    ...(problem.hint !== undefined && { hint: problem.hint }),
    ...(problem.node !== undefined && { node: problem.node }),
    issues: (problem.issues ?? []).map(({ path, message, file, line, column }) => ({
      path,
      message,
      ...(file !== undefined && { file }),
      ...(line !== undefined && { line }),
      ...(column !== undefined && { column }),
    })),
  });
}
