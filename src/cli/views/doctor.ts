/** The doctor's findings, as text. Pure. */
import type { DoctorReport } from '../../model/node/doctor.ts';
import type { UnreadableRow } from '../../model/unreadable-row.ts';
import { wrapText } from '../output/fields.ts';
import { columnGap, oneLine, renderTable } from '../output/table.ts';
import { textWidth } from '../output/text-width.ts';
import type { ViewOptions } from './view.ts';
import { stateCell } from './vm.ts';

const leastDetail = 20;

export function doctorText({ nodes }: DoctorReport, options: ViewOptions): string {
  if (nodes.length === 0) return 'There are no nodes to check. Adopt one with `croft node add`.';
  const checks = nodes.flatMap(({ node, checks }) => checks.map((check) => ({ node, ...check })));
  const room = roomForDetails(checks, options);
  const table = renderTable(
    [{ title: 'NODE', least: 8 }, { title: 'CHECK', least: 12 }, { title: 'IS' }, { title: 'DETAIL', least: leastDetail }],
    checks.flatMap(({ node, name, ok, detail }) =>
      wrapText(oneLine(detail), room).map((line, index) =>
        index === 0 ? [node, name, stateCell(ok ? 'ok' : 'missing'), line] : ['', '', '', line],
      ),
    ),
    options,
  );
  const fixes = checks.flatMap(({ node, name, ok, fix }) => (ok || fix === null ? [] : [`  ${node}: ${name}: ${fix}`]));
  if (fixes.length === 0) return table;
  return [table, '', 'To install or repair what is missing:', ...fixes, 'or let `croft node doctor NODE --fix` do it.'].join('\n');
}

export function unreadableText(rows: readonly UnreadableRow[]): string {
  const entries = rows.flatMap(({ subject, message, place, hint }) => [
    `  ${subject}: ${message}`,
    ...(hint.includes(place) ? [] : [`    where: ${place}`]),
    `    ${hint}`,
  ]);
  return [
    'The database holds values that this controller cannot read. It leaves alone what they belong to, and lists lack it:',
    ...entries,
    '',
  ].join('\n');
}

export function isHealthy({ nodes }: DoctorReport): boolean {
  return nodes.every(({ checks }) => checks.every(({ ok }) => ok));
}

/** Problems must be readable in full, so the text continues in the next line where the other columns leave too little room. */
function roomForDetails(checks: readonly { node: string; name: string }[], { width }: ViewOptions): number {
  const widest = (texts: readonly string[]) => Math.max(...texts.map(textWidth));
  const others = widest(['NODE', ...checks.map(({ node }) => node)]) + widest(['CHECK', ...checks.map(({ name }) => name)]);
  return Math.max(leastDetail, width - others - 'missing'.length - 3 * columnGap);
}
