/** Tasks and events as they are shown; `asker` is the principal that sees them. Pure. */
import type { Principal } from '../../model/access/principal.ts';
import { sliceWrittenBy } from '../../model/access/slice-name.ts';
import type { Event } from '../../model/event.ts';
import { isNodeTask, type Task } from '../../model/task.ts';

export function presentTask(task: Task, asker: Principal): Task {
  return isNodeTask(task.kind) ? task : { ...task, subject: sliceWrittenBy(asker, task.subject) };
}

export function presentEvent(event: Event, asker: Principal): Event {
  return event.slice === null ? event : { ...event, slice: sliceWrittenBy(asker, event.slice) };
}
