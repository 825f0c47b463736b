/** `croft backup` and `croft restore`. */
import { createReadStream, createWriteStream } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { CroftError } from '../../model/error.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { unreadable } from '../input.ts';

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
    await writeWhole(content, output);
    context.print(`wrote ${output}; \`croft restore ${output}\` brings it back`);
  });
}

/** Under its name only once it is complete; readable for its owner only, since user data may hold secrets. */
async function writeWhole(content: Readable, file: string): Promise<void> {
  const partial = `${file}.partial`;
  try {
    await pipeline(content, createWriteStream(partial, { mode: 0o600, flush: true }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
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
    context.print('restored; the controller makes it so from now on');
  });
}
