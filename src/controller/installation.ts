/** What each start of the program asks, `--help` too: so this loads nothing else. */
import { readFileSync } from 'node:fs';

/** The controller's folder: CROFT_HOME, otherwise a system folder for root, otherwise a folder of the user. */
export function homeFolder(environment: { CROFT_HOME?: string | undefined; HOME?: string | undefined }, userId: number): string {
  if (environment.CROFT_HOME !== undefined) return environment.CROFT_HOME;
  return userId === 0 ? '/var/lib/croft/controller' : `${environment.HOME ?? '/tmp'}/.local/share/croft`;
}

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return version;
}
