/** `tc` (iproute2): the queue of an interface, which delays, loses and slows down outgoing frames. */
import { createHash } from 'node:crypto';
import type { Call } from '../host/host.ts';
import { CroftError, type ErrorCode } from '../model/error.ts';
import type { Impairment } from '../model/network/impairment.ts';

/** Any queue except those that `queueOf` names: usually the kernel's default. */
export const noQueue = 'none';

/** First handle of each kind; the 13 bits after it identify the impairment. Handles from 0x8000 on are assigned by the kernel. */
const firstHandle = { netem: 0x2000, tbf: 0x4000 } as const;
type Kind = keyof typeof firstHandle;

/**
 * The queue of the impairment, as `kind handle:`. The handle is derived from the impairment's numbers, so that it identifies the one in
 * force; manual changes of the numbers in the same queue are not detected. This way no parser of each kind's options is needed.
 */
export function queueOf(impairment: Impairment | null): string {
  if (impairment === null) return noQueue;
  const { delay, jitter, loss, rate } = impairment;
  const digest = createHash('sha256').update([delay, jitter, loss, rate].join()).digest().readUInt16BE() & 0x1fff;
  const kind = kindOf(impairment);
  return `${kind} ${(firstHandle[kind] + digest).toString(16)}:`;
}

/** A rate alone needs no netem, which not every kernel has. */
function kindOf({ delay, loss }: Impairment): Kind {
  return delay === null && loss === null ? 'tbf' : 'netem';
}

/** Reads the JSON of `tc -json qdisc show`: by interface its root queue as `kind handle:`, where Croft uses that kind. */
export function parseQueues(output: string): Map<string, string> {
  if (output.trim() === '') return new Map();
  const rows = JSON.parse(output) as { kind?: string; handle?: string; dev?: string; root?: boolean }[];
  return new Map(
    rows.flatMap(({ kind, handle, dev, root }): [string, string][] =>
      root === true && dev !== undefined && kind !== undefined && kind in firstHandle ? [[dev, `${kind} ${handle}`]] : [],
    ),
  );
}

/** A line for `changeQueues`: gives the interface the impairment, in place of its present queue. */
export function impairLine(interfaceName: string, impairment: Impairment): string {
  const { delay, jitter, loss, rate } = impairment;
  const [kind, handle] = queueOf(impairment).split(' ');
  const words = [
    ...(delay === null ? [] : [`delay ${delay}us`]),
    ...(jitter === null ? [] : [`${jitter}us`]),
    ...(loss === null ? [] : [`loss ${loss}%`]),
    ...(rate === null ? [] : [`rate ${rate}bit`]),
    kind === 'tbf' ? `burst ${burstAt(rate ?? 0)} latency 100ms` : `limit ${queueLength(impairment)}`,
  ];
  return `qdisc replace dev ${interfaceName} root handle ${handle} ${kind} ${words.join(' ')}`;
}

/** Lines for `changeQueues` that give the interface the kernel's default queue; deleting alone fails where the default is set already. */
export function unimpairLines(interfaceName: string): string[] {
  return [`qdisc replace dev ${interfaceName} root pfifo`, `qdisc delete dev ${interfaceName} root`];
}

/** Bytes: ten milliseconds' worth, and no less than some frames, otherwise the kernel's timer would limit the rate. */
function burstAt(rate: number): number {
  return Math.max(16 * 1024, Math.ceil(rate / 8 / 100));
}

/** The packets that netem may hold: those in transit for the delay and a tenth of a second, within a node's memory. */
function queueLength({ delay, jitter, rate }: Impairment): number {
  const seconds = ((delay ?? 0) + (jitter ?? 0)) / 1e6 + 0.1;
  const packets = Math.ceil((seconds * (rate ?? 1e9)) / 8 / 1500);
  return Math.min(Math.max(packets, 100), 10_000);
}

/** Runs lines in `tc -batch`, up to the first that fails; `node` is the name of the node, for the message. */
export function changeQueues(code: ErrorCode, what: string, node: string, lines: readonly string[]): Call<void> {
  return {
    command: { argv: ['tc', '-batch', '-'], stdin: `${lines.join('\n')}\n` },
    parse(result) {
      if (result.code === 0) return;
      const line = lines[Number(/Command failed -:(\d+)/.exec(result.stderr)?.[1] ?? Number.NaN) - 1];
      const said = result.stderr.replace(/Command failed -:\d+/, '').trim();
      const failed = line === undefined ? '' : ` in "tc ${line}"`;
      throw new CroftError(code, `${what} on node ${node}${failed}: tc said: ${said}`, {
        ...(line?.includes(' netem ') && { hint: netemHint }),
      });
    },
  };
}

const netemHint =
  'Delay, jitter and loss need the kernel module sch_netem on the node ("modprobe sch_netem"); without it a network can be given a rate only.';
