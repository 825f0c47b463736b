/** Tasks and events as they are shown; `asker` is the principal that sees them. Pure. */
import type { Principal } from '../../model/access/principal.ts';
import { sliceWrittenBy } from '../../model/access/slice-name.ts';
import type { Event } from '../../model/event.ts';
import { withoutVmsOfOthers } from '../../model/placement/removal-words.ts';
import { isNodeTask, type Task } from '../../model/task.ts';

export function presentTask(task: Task, asker: Principal): Task {
  return isNodeTask(task.kind) ? task : { ...task, subject: sliceWrittenBy(asker, task.subject) };
}

function dataShownTo(asker: Principal, data: Event['data']): Event['data'] {
  return typeof data?.reason === 'string' ? { ...data, reason: withoutVmsOfOthers(data.reason, asker) } : data;
}

export function presentEvent(event: Event, asker: Principal): Event {
  if (event.slice === null) return event;
  const slice = sliceWrittenBy(asker, event.slice);
  return { ...event, slice, message: withoutVmsOfOthers(event.message, asker), data: dataShownTo(asker, event.data) };
}
