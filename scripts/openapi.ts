/** Writes openapi.json from the routes; with `--check` only says whether the committed one is current. */
import { readFile, writeFile } from 'node:fs/promises';
import { describeApi } from '../src/api/describe.ts';

const file = new URL('../openapi.json', import.meta.url);
const text = await describeApi();
if (process.argv.includes('--check')) {
  const committed = await readFile(file, 'utf8').catch(() => '');
  if (committed !== text) {
    process.stderr.write('openapi.json is not what the routes say: run `npm run openapi` and commit it\n');
    process.exitCode = 1;
  }
} else {
  await writeFile(file, text);
}
