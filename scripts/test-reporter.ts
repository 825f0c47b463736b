/** A reporter of node:test that writes one line of JSON per test, for the runner to count. */
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

/** How one test ended; `reason` is why it was skipped or failed. */
export interface TestOutcome {
  name: string;
  outcome: 'passed' | 'failed' | 'skipped';
  reason: string;
  /** In ms. */
  duration: number;
}

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { name, details, skip, todo } = event.data;
    // What failed for its parts only is counted by them, and a suite that passed is none but their sum.
    if (event.type === 'test:fail' && isSumOfParts(event.data.details.error)) continue;
    if (details.type === 'suite' && event.type === 'test:pass') continue;
    const skipped = skip ?? todo;
    const isSkipped = skipped !== undefined && skipped !== false;
    const failure = event.type === 'test:fail' ? event.data.details.error : undefined;
    const outcome: TestOutcome = {
      name,
      outcome: isSkipped ? 'skipped' : failure === undefined ? 'passed' : 'failed',
      reason: isSkipped ? String(skipped) : failure === undefined ? '' : inspect(failure.cause ?? failure),
      duration: details.duration_ms,
    };
    yield `${JSON.stringify(outcome)}\n`;
  }
}

function isSumOfParts(error: Error): boolean {
  return 'failureType' in error && error.failureType === 'subtestsFailed';
}
