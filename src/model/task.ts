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

/** `generation` is the slice's at the time; a task whose generation was overtaken ends as failed. Times are ms since 1970. */
export const taskSchema = z
  .object({
    id: z.string(),
    /** Whose slice it works on; nodes are the administrator's. */
    owner: z.string(),
    kind: z.enum(taskKinds),
    /** The slice's name, as who asks writes it, or the node's for `node.*`. */
    subject: z.string(),
    /** The VM's name where only one is meant. */
    vm: z.string().nullable(),
    generation: z.int(),
    state: z.enum(taskStates),
    message: z.string().nullable(),
    createdAt: z.int(),
    endedAt: z.int().nullable(),
  })
  .meta({ id: 'Task' });
export type Task = z.infer<typeof taskSchema>;

/** What is about a node; all other tasks are about a slice or a VM of it. */
export function isNodeTask(kind: Task['kind']): boolean {
  return kind.startsWith('node.');
}
