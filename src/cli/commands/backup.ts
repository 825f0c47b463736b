/** `croft backup` and `croft restore`. */
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { CroftError } from '../../model/error.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { unreadable } from '../input.ts';
import { writeWhole } from '../output/write-whole.ts';

export function registerBackup(backup: Command, context: CliContext): void {
  backup.option('-o, --output <file>', 'the file to write, - for standard output', '-');
  withExamples(backup, 'croft backup -o croft.backup', 'croft backup | ssh elsewhere "cat > croft.backup"');
  backup.action(async ({ output }: { output: string }) => {
    if (output === '-' && context.environment.isTerminal) {
      throw new CroftError('input.invalid', 'a backup is not for reading on a terminal', { hint: 'name a file with -o FILE' });
    }
    const client = await context.client();
    const content = Readable.from(await client.backup());
    if (output === '-') return await pipeline(content, context.environment.stdout, { end: false });
    // Readable for its owner only, since user data may hold secrets.
    await writeWhole(content, output, 0o600);
    context.print(`wrote ${output}; \`croft restore ${output}\` brings it back`);
  });
}

export function registerRestore(restore: Command, context: CliContext): void {
  restore.argument('<file>', 'a backup, - for standard input').option('--replace', 'replace what the controller knows now');
  withExamples(restore, 'croft restore croft.backup', 'croft restore croft.backup --replace');
  restore.action(async (file: string, { replace }: { replace?: true }) => {
    if (file !== '-') {
      await access(file).catch((cause: unknown) => {
        throw unreadable(file, cause);
      });
    }
    const client = await context.client();
    await client.restore(file === '-' ? context.environment.stdin : createReadStream(file), { replace: replace ?? false });
    context.print('restored; the controller now deploys what the backup says');
  });
}
