/** The effect of a drain on a node's VMs, as text. Pure. */
import type { DrainAnswer } from '../../model/operations.ts';
import { counted } from '../output/quantity.ts';

/** During the drain the moves and their targets, after it their results; in both cases the VMs that stay, why, and the remedy. */
export function drainText({ node: { name }, task, vms }: DrainAnswer): string {
  const over = task.state !== 'running';
  const staying = vms.filter(({ stayReason }) => stayReason !== null);
  const moving = vms.filter(({ stayReason }) => stayReason === null);
  const word = over ? 'moved' : 'moves';
  const lines = moving.map(({ vm, movingTo }) => `  ${vm} ${word}${movingTo === null ? '' : ` to ${movingTo}`}`);
  const kept = staying.map(({ vm, stayReason }) => `  ${vm} stays: ${stayReason}`);
  return [
    headline(name, over, moving.length, staying.length),
    ...lines,
    ...kept,
    ...advice({ name, over, task, staying: staying.length }),
  ].join('\n');
}

function headline(name: string, over: boolean, moving: number, staying: number): string {
  if (moving + staying === 0) return `node ${name} gets nothing new, and no VM is on it`;
  const stays = staying === 0 ? 'none stays' : `${counted(staying, 'VM')} ${staying === 1 ? 'stays' : 'stay'}`;
  return `node ${name} gets nothing new; ${counted(moving, 'VM')} ${over ? 'left it' : moving === 1 ? 'leaves it' : 'leave it'}, ${stays}`;
}

function advice({ name, over, task, staying }: { name: string; over: boolean; task: DrainAnswer['task']; staying: number }): string[] {
  if (!over) return [`\`croft task wait ${task.id}\` waits until nothing moves any more; \`croft node resume ${name}\` calls it off`];
  if (staying > 0) {
    return [`What stays leaves by itself once its reason is gone. \`croft node resume ${name}\` puts the node to use again.`];
  }
  return [`\`croft node rm ${name}\` removes the node; \`croft node resume ${name}\` puts it to use again`];
}
