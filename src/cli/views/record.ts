/** Tasks and events as text. Pure. */
import type { Event } from '../../model/event.ts';
import type { Task } from '../../model/task.ts';
import { renderFields, wrapText } from '../output/fields.ts';
import { durationInWords, timeInWords } from '../output/quantity.ts';
import { oneLine, renderTable } from '../output/table.ts';
import type { ViewOptions } from './view.ts';
import { stateCell } from './vm.ts';

export function taskTable(tasks: readonly Task[], options: ViewOptions): string {
  if (tasks.length === 0) return 'No tasks yet. Each change of a slice or VM makes one.';
  return renderTable(
    [
      { title: 'TASK' },
      { title: 'KIND' },
      { title: 'SUBJECT', least: 12 },
      { title: 'STATE' },
      { title: 'BEGAN', minor: true },
      { title: 'TOOK', align: 'right', minor: true },
      { title: 'MESSAGE', least: 12, minor: true },
    ],
    tasks.map((task) => [
      task.id,
      task.kind,
      taskSubject(task),
      stateCell(task.state),
      timeInWords(task.createdAt) ?? '',
      durationInWords((task.endedAt ?? options.now) - task.createdAt),
      task.message ?? '',
    ]),
    options,
  );
}

export function taskDetails(task: Task, options: ViewOptions): string {
  return renderFields(
    [
      ['task', task.id],
      ['kind', task.kind],
      ['subject', taskSubject(task)],
      ['state', stateCell(task.state)],
      ['message', task.message],
      ['began', timeInWords(task.createdAt)],
      ['ended', timeInWords(task.endedAt)],
      ['took', durationInWords((task.endedAt ?? options.now) - task.createdAt)],
    ],
    options,
  );
}

export function taskSubject({ subject, vm }: Task): string {
  return vm === null ? subject : `${subject}/${vm}`;
}

/** Never cut, since events are read by grep too; on a terminal wrapped, with further lines indented. */
export function eventLine(event: Event, width: number): string {
  const took = event.step?.duration == null ? '' : ` (${durationInWords(event.step.duration)})`;
  const line = [timeInWords(event.at), event.kind.padEnd(14), eventSubject(event), `${oneLine(event.message)}${took}`].join('  ');
  return wrapText(line, width - 4).join('\n    ');
}

export function eventSubject({ slice, vm, node }: Event): string {
  const subject = [slice, vm].filter((name) => name !== null).join('/');
  if (node === null) return subject || '-';
  return subject === '' ? node : `${subject} on ${node}`;
}
