/** Faults of the noop driver, where and how often: decided by a seed, so that a run can be repeated. */
import { CroftError } from '../../../model/error.ts';
import type { NodeHypervisor } from '../driver.ts';
import { chance } from './chance.ts';

export type NoopOperation = Exclude<keyof NodeHypervisor, 'name' | 'can' | 'watch'>;

/** before: nothing has happened. halfway: a part has. after: all of it has, and only the reply is lost. */
export type FaultPlace = 'before' | 'halfway' | 'after';

/** The share of failures, 0 to 1, among the operations and VMs that the fault applies to. An omitted field means all. */
export interface FaultRule {
  operations?: readonly NoopOperation[];
  /** A VM's label or identifier, or a node's name for operations on the whole node. */
  subject?: string;
  rate: number;
  place: FaultPlace;
  error?: CroftError;
}

export interface NoopFaults {
  seed: number;
  rules: readonly FaultRule[];
  /** ms that an operation takes; `other` is for operations that are not named. */
  delays: Partial<Record<NoopOperation | 'other', number>>;
  /** The share of events that `watch` never reports, 0 to 1. */
  lostEvents: number;
}

export const noFaults: NoopFaults = { seed: 0, rules: [], delays: {}, lostEvents: 0 };

export interface Fault {
  place: FaultPlace;
  error: CroftError;
}

/** Judges each try by its number, so that the order of different VMs does not matter. */
export class FaultJudge {
  readonly #faults: NoopFaults;
  readonly #tries = new Map<string, number>();

  constructor(faults: NoopFaults) {
    this.#faults = faults;
  }

  delay(operation: NoopOperation): number {
    const { delays } = this.#faults;
    return delays[operation] ?? delays.other ?? 0;
  }

  /** `names` are the names of the subject; the first name counts its tries. Null where this try succeeds. */
  judge(operation: NoopOperation, names: readonly string[]): Fault | null {
    const { seed, rules } = this.#faults;
    const concerned = rules.filter((rule) => concerns(rule, operation, names));
    if (concerned.length === 0) return null;
    const number = this.#next(`${operation} ${names[0]}`);
    const index = concerned.findIndex(({ rate }, order) => chance(seed, operation, names[0] ?? '', number, order) < rate);
    const rule = concerned[index];
    if (rule === undefined) return null;
    return { place: rule.place, error: rule.error ?? madeUp(operation, names[0] ?? '', rule.place) };
  }

  losesEvent(subject: string): boolean {
    const { seed, lostEvents } = this.#faults;
    return lostEvents > 0 && chance(seed, 'event', subject, this.#next(`event ${subject}`)) < lostEvents;
  }

  #next(key: string): number {
    const number = (this.#tries.get(key) ?? 0) + 1;
    this.#tries.set(key, number);
    return number;
  }
}

function concerns({ operations, subject }: FaultRule, operation: NoopOperation, names: readonly string[]): boolean {
  return (operations === undefined || operations.includes(operation)) && (subject === undefined || names.includes(subject));
}

function madeUp(operation: NoopOperation, subject: string, place: FaultPlace): CroftError {
  return new CroftError('command.failed', `${operation} of ${subject} failed as the simulation has it (${place})`, {
    hint: 'What keeps a VM as it is wanted is tried again by itself; anything else when it is asked for again.',
  });
}
