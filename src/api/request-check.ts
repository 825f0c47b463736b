/** Checks a request against its schema, and reports errors in the words used for files. */
import type { FastifySchemaCompiler, RouteOptions } from 'fastify';
import { z } from 'zod';
import { checkForm } from '../model/input/form-check.ts';
import { InputIssues, type InputPath } from '../model/input/issues.ts';

const subjects: Record<string, string> = { body: 'The body', params: 'The path', querystring: 'The query' };

/** Fastify's interface: the returned function answers with the value, as the schema makes it, or with the error. */
export const requestCheck: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const words = { keysAt: (path: InputPath) => keysAt(schema, path) };
  return (given: unknown) => {
    const issues = new InputIssues();
    const value = checkForm(schema, given, words, issues);
    try {
      issues.throwIfAny(subjects[httpPart ?? ''] ?? 'The request');
      return { value };
    } catch (thrown) {
      return { error: thrown as Error };
    }
  };
};

/**
 * An `onRoute` hook: the route refuses query keys that its schema does not name, and a route without a query any key. Routes outside `/v1`
 * are asked by load balancers and supervisors, which may add keys of their own.
 */
export function refuseUnknownKeys(route: RouteOptions): void {
  if (!route.url.startsWith('/v1/')) return;
  const { querystring = z.object({}) } = route.schema ?? {};
  if (!(querystring instanceof z.ZodObject)) throw new Error(`the query of the route ${route.url} is no object of known keys`);
  route.schema = { ...route.schema, querystring: querystring.strict() };
}

/** The permitted keys of the object at `path`; of several alternatives those of all. */
function keysAt(schema: unknown, path: InputPath): string[] {
  const forms = alternatives(schema);
  const [part, ...rest] = path;
  const keys = part === undefined ? forms.flatMap(keysOf) : forms.flatMap((form) => keysAt(partOf(form, part), rest));
  return [...new Set(keys)];
}

function keysOf(form: unknown): string[] {
  return form instanceof z.ZodObject ? Object.keys(form.shape) : [];
}

function partOf(form: unknown, part: string | number): unknown {
  if (form instanceof z.ZodObject) return form.shape[part];
  if (form instanceof z.ZodArray) return form.element;
  return form instanceof z.ZodRecord ? form.valueType : undefined;
}

/** The inner schema of a value that is optional, nullable, or changed after the check. */
function alternatives(schema: unknown): unknown[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(alternatives);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return alternatives(schema.unwrap());
  return schema instanceof z.ZodPipe ? alternatives(schema.in) : [schema];
}
