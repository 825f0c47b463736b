/** A text that is equal exactly where values are, by their schema: keys in order, and no values that equal their default. Pure. */
import { z } from 'zod';

/**
 * Makes the writer of a schema. A later field with a default does not change the text of a value that has the default; keys outside the
 * schema are left out.
 */
export function canonicalWriter(schema: z.ZodType): (value: unknown) => string {
  if (schema instanceof z.ZodObject) return objectWriter(schema);
  if (schema instanceof z.ZodArray) return arrayWriter(canonicalWriter(schema.element as z.ZodType));
  if (schema instanceof z.ZodDefault) return canonicalWriter(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const writers = schema.options.map((option) => ({ option: option as z.ZodObject, write: canonicalWriter(option as z.ZodType) }));
    const { discriminator } = schema.def;
    const kindOf = (value: unknown): unknown => (value as Record<string, unknown>)[discriminator];
    return (value) =>
      writers.find(({ option }) => (option.shape[discriminator] as z.ZodType).safeParse(kindOf(value)).success)?.write(value) ??
      canonicalText(value);
  }
  if (schema instanceof z.ZodNullable) {
    const write = canonicalWriter(schema.unwrap() as z.ZodType);
    return (value) => (value === null ? 'null' : write(value));
  }
  return canonicalText;
}

function objectWriter(schema: z.ZodObject): (value: unknown) => string {
  const fields = Object.entries<z.ZodType>(schema.shape)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => {
      const write = canonicalWriter(field);
      return { key, name: JSON.stringify(key), write, usual: field instanceof z.ZodDefault ? write(field.def.defaultValue) : null };
    });
  return (value) => {
    const parts = fields.flatMap(({ key, name, write, usual }) => {
      const part = (value as Record<string, unknown>)[key];
      const text = part === undefined && usual !== null ? usual : write(part);
      return text === usual ? [] : [`${name}:${text}`];
    });
    return `{${parts.join(',')}}`;
  };
}

function arrayWriter(write: (value: unknown) => string): (value: unknown) => string {
  return (value) => `[${(value as unknown[]).map(write).join(',')}]`;
}

/** Of a value as it is, including nulls. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonicalText(part)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
