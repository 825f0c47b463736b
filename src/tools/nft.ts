/** `nft`: packet filter and address translation. */
import type { Call, Command } from '../host/host.ts';
import { CroftError, type ErrorCode } from '../model/error.ts';

/** Applies a ruleset as one transaction. */
export function applyRuleset(
  code: ErrorCode,
  what: string,
  ruleset: string,
  inside: (command: Command) => Command = (command) => command,
): Call<void> {
  return {
    command: inside({ argv: ['nft', '-f', '-'], stdin: ruleset }),
    parse(result) {
      if (result.code !== 0) throw new CroftError(code, `${what}: nft said: ${result.stderr.trim()}`);
    },
  };
}

/** Lines that replace a table, whether it is there or not: nft has no "delete if it exists" before 1.0.7. */
export function replaceTable(family: string, name: string, chains: string): string {
  return `${removeTable(family, name)}table ${family} ${name} {\n${chains}}\n`;
}

/** Lines that remove a table, whether it is there or not. */
export function removeTable(family: string, name: string): string {
  return `table ${family} ${name} {}\ndelete table ${family} ${name}\n`;
}

/** Reads `nft list tables` as `family name`. */
export function parseTables(output: string): string[] {
  return output.split('\n').flatMap((line) => /^table (\S+ \S+)/.exec(line)?.[1] ?? []);
}
