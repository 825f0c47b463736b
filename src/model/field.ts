/** A field of a specification is one entry of a table, and this is what follows from such a table: see vm/fields.ts, network/fields.ts. */
import type { z } from 'zod';

/** `Reading` is what a field is read from beside what is written for it. */
export interface Field<Form extends z.ZodType | null, Stored extends z.ZodType, Reading> {
  /** What a slice file may say. Null where that has other keys than the field: slice/file.ts and slice/export.ts have them. */
  form: Form;
  /** The form in which it is stored. */
  stored: Stored;
  /**
   * What it is where nothing is said, and in rows of versions before it. A field without a default is always there. The default of
   * what goes to nodes never changes: what an earlier version left there means it, and hashes leave it out.
   */
  default?: z.output<Stored>;
  /** What is written as it is stored, where that differs; adds issues for what is wrong. */
  read?(reading: Reading): z.output<Stored>;
  /** The opposite of `read`, for an export. It is not asked for the default. */
  write?(value: z.output<Stored>): unknown;
  /** For a person; null for nothing. Values are equal exactly where their words are. */
  words(value: z.output<Stored>): string | null;
  /** What is said of it where it is new; nothing without. */
  introduction?(value: z.output<Stored>): string | null;
}

// biome-ignore lint/suspicious/noExplicitAny: each field takes values of its own type only.
type Fields = Readonly<Record<string, Field<z.ZodType | null, any, any>>>;

/** As stored; without the fields that have another type there. */
type Specification<Table extends Fields> = { [Name in keyof Table]: z.output<Table[Name]['stored']> };

type FormShape<Table extends Fields> = {
  [Name in keyof Table as Table[Name]['form'] extends null ? never : Name]: z.ZodOptional<Extract<Table[Name]['form'], z.ZodType>>;
};

/** Of a strict object in which nothing has to be said. */
export function formShape<Table extends Fields>(table: Table): FormShape<Table> {
  const forms = Object.entries(table).flatMap(([name, { form }]) => (form === null ? [] : [[name, form.optional()]]));
  return Object.fromEntries(forms);
}

/** Of an object that reads what this version or an earlier one stored. */
export function storedShape<Table extends Fields>(table: Table): { [Name in keyof Table]: Table[Name]['stored'] } {
  return mapped(table, ({ stored, default: usual }) => (usual === undefined ? stored : stored.default(() => structuredClone(usual))));
}

/** Those of `storedShape` whose `flag` is true. */
export function flaggedStoredShape<Table extends Fields, Flag extends string>(
  table: Table,
  flag: Flag,
): { [Name in Flagged<Table, Flag>]: Table[Name]['stored'] } {
  const shape = storedShape(table);
  return Object.fromEntries(flagged(table, flag).map((name) => [name, shape[name]])) as never;
}

/** The fields whose `flag` is true, which have their value always. */
export function shapeOf<Table extends Fields, Flag extends string>(
  table: Table,
  flag: Flag,
): { [Name in Flagged<Table, Flag>]: Table[Name]['stored'] } {
  return Object.fromEntries(flagged(table, flag).map((name) => [name, table[name]?.stored])) as never;
}

export type Flagged<Table, Flag extends string> = {
  [Name in keyof Table]: Table[Name] extends { [Key in Flag]: true } ? Name : never;
}[keyof Table];

/** The values of the fields whose `flag` is true. */
export function pickFlagged<Table extends Fields, Flag extends string, Spec extends Specification<Table>>(
  table: Table,
  flag: Flag,
  spec: Spec,
): Pick<Spec, Flagged<Table, Flag>> {
  return Object.fromEntries(flagged(table, flag).map((name) => [name, spec[name]])) as never;
}

function flagged(table: Fields, flag: string): string[] {
  return Object.keys(table).filter((name) => Reflect.get(table[name] ?? {}, flag) === true);
}

/** `written` are the values that a slice file has for the fields. */
export function readFields<Table extends Fields, Reading>(
  table: Table & Readonly<Record<string, Field<z.ZodType | null, z.ZodType, Reading>>>,
  written: object,
  reading: Reading,
): Specification<Table> {
  return mapped(table, ({ read, default: usual }, name) => (read === undefined ? (Reflect.get(written, name) ?? usual) : read(reading)));
}

/** The values as a slice file has them, without those that are the default. */
export function writeFields<Table extends Fields>(table: Table, spec: Specification<Table>): z.input<z.ZodObject<FormShape<Table>>> {
  const written = Object.entries(table).flatMap(([name, { form, write, words, default: usual }]) => {
    const value = spec[name];
    const isUsual = usual !== undefined && words(value) === words(usual);
    return form === null || isUsual ? [] : [[name, write === undefined ? value : write(value)]];
  });
  return Object.fromEntries(written);
}

/** `from` and `to` in words for a person; null where there is nothing. One field may differ in several places. */
export interface FieldChange<Name extends string> {
  field: Name;
  from: string | null;
  to: string | null;
}

export function fieldDifferences<Table extends Fields>(
  table: Table,
  before: Specification<Table>,
  after: Specification<Table>,
): FieldChange<keyof Table & string>[] {
  return Object.entries(table).flatMap(([field, { words }]) => {
    const [from, to] = [words(before[field]), words(after[field])];
    return from === to ? [] : [{ field: field as keyof Table & string, from, to }];
  });
}

/** What a person is told of it first. */
export function introduction<Table extends Fields>(table: Table, spec: Specification<Table>): string {
  return Object.entries(table)
    .map(([name, field]) => field.introduction?.(spec[name]) ?? null)
    .filter((words) => words !== null)
    .join(', ');
}

function mapped<Table extends Fields, Shape>(table: Table, value: (field: Fields[string], name: string) => unknown): Shape {
  return Object.fromEntries(Object.entries(table).map(([name, field]) => [name, value(field, name)])) as Shape;
}
