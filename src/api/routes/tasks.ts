/** Tasks: the progress of long operations. */
import { z } from 'zod';
import { authorize, listedOwner } from '../../access/authorize.ts';
import { identifierPattern } from '../../model/identifier.ts';
import { goneById } from '../../model/missing.ts';
import { taskSchema } from '../../model/task.ts';
import { access } from '../authorization.ts';
import { presentTask } from '../present/record.ts';
import { countSchema, problems, type Routes } from '../route.ts';

export const taskRoutes: Routes = (api, { store }) => {
  api.get(
    '/v1/tasks',
    {
      config: access('task.read', 'asker'),
      schema: {
        summary: 'List the tasks, newest first',
        operationId: 'listTasks',
        tags: ['events'],
        querystring: z.object({ limit: countSchema(1, 1000).default(50) }),
        response: { 200: z.array(taskSchema), ...problems() },
      },
    },
    async ({ principal, query }) => {
      const tasks = await store.tasks.list(query.limit, listedOwner(principal, 'task.read') ?? undefined);
      return tasks.map((task) => presentTask(task, principal));
    },
  );

  api.get(
    '/v1/tasks/:task',
    {
      config: access('task.read', 'asker'),
      schema: {
        summary: 'Show a task',
        operationId: 'getTask',
        tags: ['events'],
        params: z.object({ task: z.string().regex(identifierPattern, 'not the identifier of a task') }),
        response: { 200: taskSchema, ...problems('not-found') },
      },
    },
    async ({ principal, params }) => {
      const task = await store.tasks.get(params.task);
      if (authorize(principal, 'task.read', task.owner) !== 'allowed') throw goneById('task', params.task);
      return presentTask(task, principal);
    },
  );
};
