import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { Command } from './host.ts';
import { Overrun, Shell, ShellEnded } from './shell.ts';

/** The shells of this machine: its sh, such as dash, and where they are installed ksh93, which is the sh of illumos, and busybox. */
const shells: [string, string[]][] = [['/bin/sh', []]];
if (existsSync('/usr/bin/ksh93')) shells.push(['/usr/bin/ksh93', []]);
if (existsSync('/usr/bin/busybox')) shells.push(['/usr/bin/busybox', ['ash']]);

async function openShell(
  program: string,
  args: string[],
  outputLimit?: number,
): Promise<{ shell: Shell; pid: number; exited: Promise<unknown> }> {
  const child = spawn(program, args, { env: { PATH: '/usr/bin:/bin' } });
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const destroy = () => {
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  };
  const channel = { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended, destroy };
  const exited = once(child, 'exit');
  return { shell: await Shell.open(channel, outputLimit === undefined ? {} : { outputLimit }), pid: child.pid ?? 0, exited };
}

/** Prints its arguments in hex, one to a line, so that every byte can be compared. */
const showArguments = 'process.stdout.write(process.argv.slice(1).map((word) => Buffer.from(word).toString("hex")).join("\\n"))';

for (const [program, args] of shells) {
  describe(`${program} ${args.join(' ')}`, () => {
    let opened: Awaited<ReturnType<typeof openShell>>;
    const run = async (command: Command) => (await opened.shell.batch([command]))[0];

    before(async () => {
      opened = await openShell(program, args);
    });
    after(async () => {
      opened.shell.close();
      await opened.exited;
    });

    test('CR8 any arguments reach the program byte for byte', async () => {
      const word = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({
          unit: fc.constantFrom("'", '"', '\\', '$(reboot)', '`', '\n', ' ', '*', '!', 'é', '\u0081', '\u0088', '-', '{', '~', '#'),
        }),
      );
      const words = fc.array(
        word.map((text) => text.replaceAll('\0', '')),
        { maxLength: 6 },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(words, { minLength: 1, maxLength: 20 }), async (commands) => {
          const results = await opened.shell.batch(commands.map((list) => ({ argv: ['printf', '%s\\0', ...list] })));
          assert.deepEqual(
            results.map((result) => result.stdout),
            commands.map((list) => (list.length === 0 ? ['', ''] : [...list, '']).map((text) => text.toWellFormed()).join('\0')),
          );
        }),
        { numRuns: 40 },
      );
      const odd = ['', 'ä', '\u{1f600}', "a'b", '$(touch /tmp/x)', 'two\nlines\n'];
      const result = await run({ argv: [process.execPath, '-e', showArguments, '--', ...odd] });
      assert.deepEqual(
        result?.stdout.split('\n'),
        odd.map((text) => Buffer.from(text).toString('hex')),
      );
    });

    test('CR8 any standard input reaches the program byte for byte', async () => {
      const everyByte = Uint8Array.from({ length: 256 }, (_, value) => value);
      for (const stdin of ['', 'no newline', 'a\nb\n\n', everyByte, Buffer.alloc(3_000_000, 'xyz\0')]) {
        const result = await run({ argv: ['od', '-An', '-v', '-tx1'], stdin });
        assert.equal(result?.stdout.replaceAll(/\s/g, ''), Buffer.from(stdin).toString('hex'));
      }
      assert.equal((await run({ argv: ['cat'] }))?.stdout, '');
      assert.equal((await run({ argv: ['true'], stdin: Buffer.alloc(1_000_000) }))?.code, 0);
    });

    test('CR8 both streams are kept apart and exact, with their exit codes', async () => {
      const script = 'printf "%s" "$1"; printf "%s" "$2" >&2; exit "$3"';
      const texts = ['', 'no newline', 'newline\n', '\n\n', 'ünï\n'];
      const commands = texts.map((text, index): Command => ({ argv: ['sh', '-c', script, 'sh', text, `!${text}`, String(index)] }));
      assert.deepEqual(
        await opened.shell.batch(commands),
        texts.map((stdout, code) => ({ code, stdout, stderr: `!${stdout}` })),
      );
      assert.equal((await run({ argv: ['sh', '-c', 'kill -9 $$'] }))?.code, 137);
      const missing = await run({ argv: ['no-such-program-here'] });
      assert.equal(missing?.code, 127);
      assert.match(missing?.stderr ?? '', /no-such-program-here/);
    });

    test("CR8 a program is never one of the shell's own words", async () => {
      for (const name of ['exit', 'cd', 'croft_end', 'export', 'if']) assert.equal((await run({ argv: [name, '/tmp'] }))?.code, 127, name);
      assert.equal((await run({ argv: ['pwd'] }))?.stdout, '/\n');
    });

    test('CR8 output that looks like a marker does not end a command', async () => {
      const lookalike = `\n${'0123456789abcdef'.repeat(2)} 0\n`;
      assert.equal((await run({ argv: ['printf', '%s', lookalike] }))?.stdout, lookalike);
      const environment = await run({ argv: ['env'] });
      assert.match(environment?.stdout ?? '', /^CROFT_COMMAND=[0-9a-f]{32}$/m);
    });

    test('CR8 a large answer arrives whole', async () => {
      const result = await run({ argv: ['head', '-c', '5000000', '/dev/zero'] });
      assert.equal(result?.stdout.length, 5_000_000);
    });
  });
}

test('CR8 a command that prints without end is an overrun', async () => {
  const { shell, pid, exited } = await openShell('/bin/sh', [], 1_000_000);
  try {
    await assert.rejects(shell.batch([{ argv: ['true'] }, { argv: ['cat', '/dev/zero'] }]), (error) => {
      assert.ok(error instanceof Overrun);
      assert.equal(error.reason, 'output');
      assert.equal(error.command.argv[0], 'cat');
      return true;
    });
  } finally {
    shell.close();
    process.kill(pid);
    await exited;
  }
});

test('CR8 a shell that dies rejects its batch and refuses the next', async () => {
  const { shell, pid, exited } = await openShell('/bin/sh', []);
  await assert.rejects(shell.batch([{ argv: ['sh', '-c', 'kill -9 "$1"', 'sh', String(pid)] }]), ShellEnded);
  await exited;
  await assert.rejects(shell.batch([{ argv: ['true'] }]), ShellEnded);
});
