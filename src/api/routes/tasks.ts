/** Tasks: how far long operations are. */
import { z } from 'zod';
import { identifierPattern } from '../../model/identifier.ts';
import { taskSchema } from '../../model/task.ts';
import { access } from '../authorization.ts';
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
    async ({ query }) => store.tasks.list(query.limit),
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
    async ({ params }) => store.tasks.get(params.task),
  );
};
