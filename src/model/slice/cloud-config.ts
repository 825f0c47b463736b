/** Checks the user-data of a VM of a slice file: a script, a `#cloud-config` document, or one of each. */
import { isMap, LineCounter, parseDocument } from 'yaml';
import type { InputIssues, InputPath } from '../input/issues.ts';
import { printable } from '../input/quote.ts';
import type { VmDraft } from './draft.ts';
import type { VmSpec } from './slice.ts';

const header = '#cloud-config';

/** The document gets the line that cloud-init knows it by where it has none. */
export function userDataOf(vm: VmDraft, issues: InputIssues): Pick<VmSpec, 'userData' | 'cloudConfig'> {
  const { userData = null, cloudConfig = null } = vm.fields;
  const isDocument = userData?.startsWith(header) === true;
  if (isDocument) checkDocument(userData, vm.pathOf('userData'), issues);
  if (cloudConfig === null) return { userData, cloudConfig };
  if (cloudConfig.startsWith('#!')) issues.add(vm.pathOf('cloudConfig'), 'it is a script: give it as userData');
  checkDocument(cloudConfig, vm.pathOf('cloudConfig'), issues);
  if (isDocument) issues.add(vm.pathOf('cloudConfig'), 'userData is a cloud-config already: put both into one, or make userData a script');
  return { userData, cloudConfig: cloudConfig.startsWith(header) ? cloudConfig : `${header}\n${cloudConfig}` };
}

/** YAML 1.1 is what cloud-init reads. A document of comments alone says nothing, which is allowed. */
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
