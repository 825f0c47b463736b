/** The OpenAPI description as text: what is committed as openapi.json. */
import { pino } from 'pino';
import type { ApiDependencies } from './dependencies.ts';
import { createApi } from './server.ts';

/** The routes are only described and never asked, so nothing stands behind them. */
const behindNothing = { token: '', version: '', logger: pino({ level: 'silent' }) } as ApiDependencies;

export async function describeApi(): Promise<string> {
  const api = await createApi(behindNothing);
  try {
    return `${JSON.stringify(api.swagger(), null, 2)}\n`;
  } finally {
    await api.close();
  }
}
