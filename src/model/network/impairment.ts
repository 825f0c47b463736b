/** Impairment of a network: its delay, jitter, loss and rate, in written and in stored form. */
import { z } from 'zod';

/** As it is stored. */
export const impairmentSchema = z.object({
  /** Microseconds; null for none. */
  delay: z.number().nullable().default(null),
  /** Microseconds by which the delay varies either way, at most the delay; null for none. */
  jitter: z.number().nullable().default(null),
  /** Percent of the packets; null for none. */
  loss: z.number().nullable().default(null),
  /** Bits per second; null for no limit. */
  rate: z.number().nullable().default(null),
});
export type Impairment = z.infer<typeof impairmentSchema>;

type Field = keyof Impairment;
type Units = readonly (readonly [unit: string, factor: number])[];

/** Largest first, so that the shortest form is found. Rates count by 1000, as is usual in networking. */
const timeUnits: Units = [
  ['s', 1_000_000],
  ['ms', 1000],
  ['us', 1],
];
const rateUnits: Units = [
  ['Gbit', 1e9],
  ['Mbit', 1e6],
  ['kbit', 1e3],
];
const lossUnits: Units = [['%', 1]];

interface Quantity {
  units: Units;
  pattern: RegExp;
  rule: string;
  least: number;
  most: number;
  /** Whether the unit counts whole microseconds or bits. */
  whole: boolean;
}

const time = { units: timeUnits, pattern: /^([0-9]{1,9}(?:\.[0-9]{1,6})?) ?(us|ms|s)$/, least: 0, most: 10_000_000, whole: true };

/** The range of each field. A rate below 1kbit would in effect be a cut line, and netem accepts more seconds than are of use. */
export const quantities: Readonly<Record<Field, Quantity>> = {
  delay: { ...time, rule: 'a delay is a number of us, ms or s, such as 20ms' },
  jitter: { ...time, rule: 'a jitter is a number of us, ms or s, such as 5ms' },
  loss: {
    units: lossUnits,
    pattern: /^([0-9]{1,3}(?:\.[0-9]{1,4})?) ?(%)$/,
    rule: 'a loss is a percentage with at most four decimals, such as 1% or 0.5%',
    least: 0,
    most: 100,
    whole: false,
  },
  rate: {
    units: rateUnits,
    pattern: /^([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(kbit|Mbit|Gbit)$/,
    rule: 'a rate is a number of kbit, Mbit or Gbit per second, such as 10Mbit',
    least: 1000,
    most: 100e9,
    whole: true,
  },
};

/** The field's number in its base unit; null where the text is no number, or not a whole number of that unit. Its range is not checked. */
export function parseQuantity(field: Field, text: string): number | null {
  const { pattern, units, whole } = quantities[field];
  const [, amount, unit] = pattern.exec(text) ?? [];
  const factor = units.find(([name]) => name === unit)?.[1];
  if (amount === undefined || factor === undefined) return null;
  if (!whole) return Number(amount);
  const value = Math.round(Number(amount) * factor);
  return Number.isSafeInteger(value) && value / factor === Number(amount) ? value : null;
}

/** The exact number, in the largest unit of which it is a whole number (a rate of odd bits in kbit); `parseQuantity` reads it back. */
export function formatQuantity(field: Field, value: number): string {
  const { units } = quantities[field];
  const [unit, factor] = units.find(([, one]) => value >= one && value % one === 0) ?? units.at(-1) ?? ['', 1];
  return `${value / factor}${unit}`;
}

/** `delay 20ms, loss 1%`; null for none. Impairments are equal exactly where their words are. */
export function impairmentInWords(impairment: Impairment | null): string | null {
  if (impairment === null) return null;
  const fields = Object.keys(quantities) as Field[];
  return fields.flatMap((field) => (impairment[field] === null ? [] : [`${field} ${formatQuantity(field, impairment[field])}`])).join(', ');
}
