/** The user-data of a VM of a slice file, checked: a script, a `#cloud-config` document, or one of each. */
import { isMap, LineCounter, parseDocument } from 'yaml';
import type { InputIssues, InputPath } from '../input/issues.ts';
import { printable } from '../input/quote.ts';
import type { VmReading } from './reading.ts';

const header = '#cloud-config';

export function userDataOf({ vm, issues }: VmReading): string | null {
  const { userData = null } = vm.fields;
  if (userData?.startsWith(header) === true) checkDocument(userData, vm.pathOf('userData'), issues);
  return userData;
}

/** The document gets cloud-init's header line where it has none. */
export function cloudConfigOf({ vm, issues }: VmReading): string | null {
  const { userData, cloudConfig } = vm.fields;
  if (cloudConfig === undefined) return null;
  const path = vm.pathOf('cloudConfig');
  if (cloudConfig.startsWith('#!')) issues.add(path, 'it is a script: give it as userData');
  checkDocument(cloudConfig, path, issues);
  if (userData?.startsWith(header) === true)
    issues.add(path, 'userData is a cloud-config already: put both into one, or make userData a script');
  return cloudConfig.startsWith(header) ? cloudConfig : `${header}\n${cloudConfig}`;
}

/** cloud-init reads YAML 1.1. A document of comments alone has no effect, which is allowed. */
function checkDocument(text: string, path: InputPath, issues: InputIssues): void {
  const lines = new LineCounter();
  try {
    const { contents, errors } = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, version: '1.1' });
    for (const { message, pos } of errors) issues.add(path, `${placeOf(pos[0], lines)}: ${firstLine(message)}`);
    if (errors.length === 0 && contents !== null && !isMap(contents)) issues.add(path, 'a cloud-config is a YAML map of keys and values');
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    issues.add(path, 'it is nested too deeply');
  }
}

function placeOf(at: number, lines: LineCounter): string {
  const { line, col } = lines.linePos(at);
  return `not YAML in its line ${line}, column ${col}`;
}

function firstLine(message: string): string {
  return printable(message.split('\n')[0]?.slice(0, 200) ?? '');
}
