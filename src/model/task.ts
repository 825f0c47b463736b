/** Tasks: the records of long operations, shown live. */
import { z } from 'zod';

export const taskKinds = [
  'slice.apply',
  'slice.start',
  'slice.stop',
  'slice.remove',
  'vm.start',
  'vm.stop',
  'vm.restart',
  'vm.pause',
  'vm.resume',
  'vm.remove',
  'node.drain',
] as const;
export const taskStates = ['running', 'done', 'failed'] as const;

/** `generation` is the slice's at the time; a task whose generation was superseded ends as failed. Times are ms since 1970. */
export const taskSchema = z
  .object({
    id: z.string(),
    /** The owner of its slice; nodes are the administrator's. */
    owner: z.string(),
    kind: z.enum(taskKinds),
    /** The slice's name, in the principal's form, or the node's for `node.*`. */
    subject: z.string(),
    /** The VM's name for a task of a single VM. */
    vm: z.string().nullable(),
    generation: z.int(),
    state: z.enum(taskStates),
    message: z.string().nullable(),
    createdAt: z.int(),
    endedAt: z.int().nullable(),
  })
  .meta({ id: 'Task' });
export type Task = z.infer<typeof taskSchema>;

/** Tasks of a node; all other tasks belong to a slice or a VM of it. */
export function isNodeTask(kind: Task['kind']): boolean {
  return kind.startsWith('node.');
}
