/** The steps of the demo: each is reported at its beginning and end, and all are shown with their times at the end. */
import type { CliContext } from '../context.ts';
import { durationInWords } from '../output/quantity.ts';
import { renderTable } from '../output/table.ts';

interface Step {
  name: string;
  outcome: string;
  /** ms. */
  took: number;
}

export class StepLog {
  readonly #context: CliContext;
  readonly #steps: Step[] = [];

  constructor(context: CliContext) {
    this.#context = context;
  }

  /** Runs a step; `outcome` describes its result in words. */
  async run<T>(name: string, work: () => Promise<T>, outcome: (result: T) => string): Promise<T> {
    this.#context.say(`${name} …`);
    const beganAt = performance.now();
    const result = await work();
    const step = { name, outcome: outcome(result), took: performance.now() - beganAt };
    this.#steps.push(step);
    this.#context.say(`  ${step.outcome} (${durationInWords(step.took)})`);
    return result;
  }

  table(): string {
    const total = this.#steps.reduce((sum, { took }) => sum + took, 0);
    return renderTable(
      [
        { title: 'STEP', least: 16 },
        { title: 'TIME', align: 'right' },
        { title: 'OUTCOME', least: 20 },
      ],
      [...this.#steps.map(({ name, took, outcome }) => [name, durationInWords(took), outcome]), ['all', durationInWords(total), '']],
      this.#context.view(),
    );
  }
}
