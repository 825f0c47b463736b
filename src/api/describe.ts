/** The OpenAPI description as text: the content of openapi.json. */
import { pino } from 'pino';
import type { ApiDependencies } from './dependencies.ts';
import type { Api } from './route.ts';
import { createApi } from './server.ts';

/** The routes are only described and never called, so their dependencies are empty. */
const behindNothing: Partial<ApiDependencies> = { logger: pino({ level: 'silent' }) };

export async function describeApi(): Promise<string> {
  const api = await createApi(behindNothing as ApiDependencies);
  try {
    const description = api.swagger();
    sortSchemas(description);
    return `${JSON.stringify(description, null, 2)}\n`;
  } finally {
    await api.close();
  }
}

/** Schemas come in the order in which their modules were loaded, which depends on the caller. */
function sortSchemas(description: ReturnType<Api['swagger']>): void {
  const { components } = description as { components?: { schemas?: Record<string, unknown> } };
  if (components?.schemas === undefined) return;
  components.schemas = Object.fromEntries(Object.entries(components.schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}
