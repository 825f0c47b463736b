/** What the doctor found, as text. Pure. */
import type { DoctorReport } from '../../model/doctor.ts';
import { renderTable } from '../output/table.ts';
import type { ViewOptions } from './view.ts';
import { stateCell } from './vm.ts';

export function doctorText({ nodes }: DoctorReport, options: ViewOptions): string {
  if (nodes.length === 0) return 'There are no nodes to check. Adopt one with `croft node add`.';
  const checks = nodes.flatMap(({ node, checks }) => checks.map((check) => ({ node, ...check })));
  const table = renderTable(
    [{ title: 'NODE', least: 8 }, { title: 'CHECK', least: 12 }, { title: 'IS' }, { title: 'DETAIL', least: 20 }],
    checks.map(({ node, name, ok, detail }) => [node, name, stateCell(ok ? 'ok' : 'missing'), detail]),
    options,
  );
  const fixes = checks.flatMap(({ node, name, ok, fix }) => (ok || fix === null ? [] : [`  ${node}: ${name}: ${fix}`]));
  if (fixes.length === 0) return table;
  return [table, '', 'To put right what is missing:', ...fixes, 'or let `croft node doctor NODE --fix` do it.'].join('\n');
}

export function isHealthy({ nodes }: DoctorReport): boolean {
  return nodes.every(({ checks }) => checks.every(({ ok }) => ok));
}
