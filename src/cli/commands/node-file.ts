/** A file of nodes: a YAML list with the settings of `croft node add`; errors name the line. */
import { isSeq, LineCounter, parseDocument } from 'yaml';
import { CroftError, type InputIssue } from '../../model/error.ts';
import type { NodeConfigInput } from '../../model/node/node.ts';
import type { NodeView } from '../../model/node/view.ts';
import type { CliContext } from '../context.ts';
import { readInput } from '../input.ts';
import { pinHostKeys } from './node-host-key.ts';

/** Adds all nodes in turn and stops at the first refusal; an existing node is left as it is. */
export async function addNodesOfFile(context: CliContext, file: string, accept: boolean): Promise<NodeView[]> {
  const { nodes, locate } = readNodeFile(await readInput(context, file));
  const client = await context.client();
  const known = new Map((await client.nodes.list()).map((node) => [node.name, node]));
  const added: NodeView[] = [];
  for (const [index, config] of nodes.entries()) {
    const existing = known.get(config.name);
    if (existing !== undefined) {
      context.say(`node ${config.name} exists already and was left unchanged`);
      continue;
    }
    try {
      added.push(await client.nodes.add(await pinHostKeys(context, config, accept)));
    } catch (error) {
      throw error instanceof CroftError && error.issues.length > 0 ? located(error, index, locate) : error;
    }
  }
  return added;
}

type Locate = (path: readonly (string | number)[]) => { line: number; column: number } | undefined;

/** Only that it is a list of maps is checked here; the API checks the rest. Throws `input.syntax` or `input.invalid`. */
export function readNodeFile(text: string): { nodes: NodeConfigInput[]; locate: Locate } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (at: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(at);
    return { line, column: col };
  };
  if (document.errors.length > 0) {
    const issues = document.errors.map(({ message, pos }) => ({ path: '', message, ...place(pos[0]) }));
    throw new CroftError('input.syntax', `the file of nodes is not YAML: ${issues[0]?.message}`, { issues });
  }
  const { contents } = document;
  const entries: unknown = isSeq(contents) ? document.toJS() : null;
  if (!Array.isArray(entries) || !entries.every((entry) => typeof entry === 'object' && entry !== null)) {
    throw new CroftError('input.invalid', 'the file of nodes is not a list of nodes', {
      hint: 'begin each with `- name: n1` and, below it, `ssh: { address: 192.0.2.11 }`',
    });
  }
  const locate: Locate = (path) => {
    for (let length = path.length; length > 0; length -= 1) {
      const node: unknown = document.getIn(path.slice(0, length), true);
      const at = rangeStart(node);
      if (at !== null) return place(at);
    }
    return undefined;
  };
  return { nodes: entries as NodeConfigInput[], locate };
}

function rangeStart(node: unknown): number | null {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return null;
  return Number(node.range[0]);
}

function located(error: CroftError, index: number, locate: Locate): CroftError {
  const issues = error.issues.map((issue): InputIssue => ({ ...issue, ...locate([index, ...issue.path.split('.')]) }));
  return new CroftError(error.code, error.message, { ...(error.hint !== undefined && { hint: error.hint }), issues, cause: error });
}
