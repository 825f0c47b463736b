/**
 * A field of a specification is one entry of a table, and this file derives shapes and words from such a table: see vm/fields.ts,
 * network/fields.ts.
 */
import type { z } from 'zod';

export interface Field<Form extends z.ZodType | null, Stored extends z.ZodType> {
  /**
   * The permitted form in a slice file. Null where the file's keys differ from the field: slice/file.ts and slice/export.ts define them.
   */
  form: Form;
  /** The form in which it is stored. */
  stored: Stored;
  /**
   * The value where the file says nothing, and in rows of versions before the field. A field without a default is always present. The
   * default of fields that go to nodes never changes: records of earlier versions rely on it, and hashes leave it out.
   */
  default?: z.output<Stored>;
  /** From the stored value to the written one, where they differ, for an export. Not called for the default. */
  write?(value: z.output<Stored>): unknown;
  /** Human-readable; null for nothing. Values are equal exactly where their words are. */
  words(value: z.output<Stored>): string | null;
  /** The words for a new object with the field; nothing without. */
  introduction?(value: z.output<Stored>): string | null;
}

// biome-ignore lint/suspicious/noExplicitAny: each field takes values of its own type only.
type Fields = Readonly<Record<string, Field<z.ZodType | null, any>>>;

/** As stored; without the fields that have another type there. */
type Specification<Table extends Fields> = { [Name in keyof Table]: z.output<Table[Name]['stored']> };

type FormShape<Table extends Fields> = {
  [Name in keyof Table as Table[Name]['form'] extends null ? never : Name]: z.ZodOptional<Extract<Table[Name]['form'], z.ZodType>>;
};

/** The shape of a strict object in which every field is optional. */
export function formShape<Table extends Fields>(table: Table): FormShape<Table> {
  const forms = Object.entries(table).flatMap(([name, { form }]) => (form === null ? [] : [[name, form.optional()]]));
  return Object.fromEntries(forms);
}

/** The shape of an object that reads records of this version and of earlier ones. */
export function storedShape<Table extends Fields>(table: Table): { [Name in keyof Table]: Table[Name]['stored'] } {
  return mapped(table, ({ stored, default: usual }) => (usual === undefined ? stored : stored.default(() => structuredClone(usual))));
}

/** The part of `storedShape` for fields whose `flag` is true. */
export function flaggedStoredShape<Table extends Fields, Flag extends string>(
  table: Table,
  flag: Flag,
): { [Name in Flagged<Table, Flag>]: Table[Name]['stored'] } {
  const shape = storedShape(table);
  return Object.fromEntries(flagged(table, flag).map((name) => [name, shape[name]])) as never;
}

/** The fields whose `flag` is true, with values always present. */
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

/**
 * Each makes the stored value of a field; adds issues for errors. A field without a reader is stored as it is written, so one whose form
 * is of another type has a reader.
 */
export type Readers<Table extends Fields, Reading> = {
  [Name in keyof Table as IsStoredAsWritten<Table[Name]> extends true ? never : Name]: Reader<Table[Name], Reading>;
} & { [Name in keyof Table]?: Reader<Table[Name], Reading> };

type Reader<Entry extends Fields[string], Reading> = (reading: Reading) => z.output<Entry['stored']>;
type IsStoredAsWritten<Entry extends Fields[string]> = Entry['form'] extends z.ZodType
  ? z.output<Entry['form']> extends z.output<Entry['stored']>
    ? true
    : false
  : false;

/** `written` are a slice file's values of the fields, `reading` what they are read with in addition. */
export function readFields<Table extends Fields, Reading>(
  table: Table,
  readers: Readers<Table, Reading>,
  written: object,
  reading: Reading,
): Specification<Table> {
  return mapped(table, ({ default: usual }, name) => {
    const reader: ((reading: Reading) => unknown) | undefined = readers[name];
    return reader === undefined ? (Reflect.get(written, name) ?? usual) : reader(reading);
  });
}

/** The values as in a slice file, without those equal to the default. */
export function writeFields<Table extends Fields>(table: Table, spec: Specification<Table>): z.input<z.ZodObject<FormShape<Table>>> {
  const written = Object.entries(table).flatMap(([name, { form, write, words, default: usual }]) => {
    const value = spec[name];
    const isUsual = usual !== undefined && words(value) === words(usual);
    return form === null || isUsual ? [] : [[name, write === undefined ? value : write(value)]];
  });
  return Object.fromEntries(written);
}

/** `from` and `to` in human-readable words; null where there is nothing. One field may differ in several places. */
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

/** The words that a user reads first. */
export function introduction<Table extends Fields>(table: Table, spec: Specification<Table>): string {
  return Object.entries(table)
    .map(([name, field]) => field.introduction?.(spec[name]) ?? null)
    .filter((words) => words !== null)
    .join(', ');
}

function mapped<Table extends Fields, Shape>(table: Table, value: (field: Fields[string], name: string) => unknown): Shape {
  return Object.fromEntries(Object.entries(table).map(([name, field]) => [name, value(field, name)])) as Shape;
}
