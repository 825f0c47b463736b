/** The OpenAPI description as text: what is committed as openapi.json. */
import { pino } from 'pino';
import type { ApiDependencies } from './dependencies.ts';
import { createApi } from './server.ts';

/** The routes are only described and never asked, so nothing stands behind them. */
const behindNothing: Partial<ApiDependencies> = { token: '', logger: pino({ level: 'silent' }) };

export async function describeApi(): Promise<string> {
  const api = await createApi(behindNothing as ApiDependencies);
  try {
    return `${JSON.stringify(api.swagger(), null, 2)}\n`;
  } finally {
    await api.close();
  }
}
