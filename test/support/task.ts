/** Tasks for tests: one that runs, of slice `hello`, but for what a test says of it. */
import type { Task } from '../../src/model/task.ts';

export function runningTask(change: Partial<Task> & Pick<Task, 'kind'>): Task {
  return {
    id: 't1',
    owner: 'admin',
    subject: 'hello',
    vm: null,
    generation: 2,
    state: 'running',
    message: null,
    createdAt: 0,
    endedAt: null,
    ...change,
  };
}
