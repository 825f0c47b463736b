/** The display of a transfer in progress: one line that is redrawn on a terminal, nothing elsewhere. */
import type { CliContext } from '../context.ts';
import { LiveLines } from './live-lines.ts';
import { transferLine } from './transfer-line.ts';

/** ms between drawings. */
const redrawEvery = 100;

/** The function that receives the bytes so far. */
export function transferDisplay(context: CliContext, name: string, total: number): (sent: number) => void {
  const { environment } = context;
  if (!environment.isTerminal) return () => undefined;
  const lines = new LiveLines(environment.stderr);
  const beganAt = Date.now();
  let drawnAt = 0;
  return (sent) => {
    const now = Date.now();
    if (sent < total && now - drawnAt < redrawEvery) return;
    drawnAt = now;
    lines.draw([transferLine({ name, sent, total, elapsed: now - beganAt, width: environment.width - 1 })]);
  };
}
