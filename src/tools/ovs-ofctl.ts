/** `ovs-ofctl`: the flows of an Open vSwitch bridge. */
import type { Call } from '../host/host.ts';
import { CroftError, type ErrorCode } from '../model/error.ts';

export interface Flow {
  cookie: bigint;
  /** OpenFlow port number that the flow matches; null where it matches any port or the bridge's own. */
  port: number | null;
}

/** Applies lines `add …` and `delete …` (ovs-ofctl(8), "Flow Syntax") as one bundle: all of them or none. */
export function changeFlows(code: ErrorCode, what: string, bridge: string, lines: readonly string[]): Call<void> {
  return {
    command: { argv: ['ovs-ofctl', '--bundle', 'add-flows', bridge, '-'], stdin: `${lines.join('\n')}\n` },
    parse(result) {
      if (result.code !== 0) throw new CroftError(code, `${what}: ovs-ofctl said: ${result.stderr.trim()}`);
    },
  };
}

/** Reads `ovs-ofctl --no-names --no-stats dump-flows`; lines that are no flows are skipped. */
export function parseFlows(output: string): Flow[] {
  return output.split('\n').flatMap((line) => {
    const cookie = /^\s*cookie=(0x[0-9a-f]+)/.exec(line)?.[1];
    if (cookie === undefined) return [];
    const port = /[ ,]in_port=(\d+)/.exec(line)?.[1];
    return [{ cookie: BigInt(cookie), port: port === undefined ? null : Number(port) }];
  });
}
