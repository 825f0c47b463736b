/**
 * Checks every program in the repository that is no TypeScript: shell scripts by shellcheck, by shfmt and by each shell that may run
 * them, ksh93 being the sh of illumos, and awk and python programs by who runs those. shellcheck reads a script
 * that code sends to nodes with its parts.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ScriptLine, scriptLines } from '../src/host/script.ts';

/** Those that are files on the machine that runs them. */
const whole = [
  ...['croft', 'scripts/*.sh', 'test/lab/*.sh', 'test/stand-ins/**/*.sh'],
  ...['init', 'etc/croft/*', 'etc/acpi/PWRF/*'].map((name) => `src/images/guests/micro/guest/${name}`),
  ...['customize', 'guest/etc/kernel/postinst.d/*', 'guest/etc/initramfs/post-update.d/*'].map(
    (name) => `src/images/guests/debian/${name}`,
  ),
];

/** Two spaces, cases level with their `case`, and nothing that is not POSIX. */
const format = ['-ln', 'posix', '-i', '2'];

/** A list such as `a && b || c` says what it does; a part may have functions that a script with it does not call. */
const meant = 'SC2015,SC2317';

const shells: readonly (readonly [string, ...string[]])[] = [['dash'], ['busybox', 'sh'], ['ksh']];
const awks: readonly (readonly [string, ...string[]])[] = [['mawk'], ['busybox', 'awk']];

/** Debian's package, by program. */
const packages: Record<string, string> = { python3: 'python3' };

const found: string[] = [];

/** What the program printed, and whether it was content; null, with words among what was found, where it is not installed. */
function check(
  [program, ...parameters]: readonly [string, ...string[]],
  input = '',
): { ok: boolean; words: string; output: string } | null {
  const { error, status, stdout, stderr } = spawnSync(program, parameters, { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (error === undefined) return { ok: status === 0, words: `${stderr}${stdout}`.trim(), output: stdout };
  const words = `${program} cannot be run, so nothing is checked by it: apt-get install ${packages[program] ?? program} (${error.message})`;
  if (!found.includes(words)) found.push(words);
  return null;
}

function demand(where: string, argv: readonly [string, ...string[]], input = ''): void {
  const result = check(argv, input);
  // ksh93 warns of what POSIX asks for.
  if (result?.ok === false) found.push(`${where}: ${result.words.replaceAll(/^.*: warning: .*\n?/gm, '')}`);
}

const files = globSync([...whole, 'src/**/*.sh']).sort();
const programs = files.map((file) => ({ file, lines: scriptLines(pathToFileURL(file)) }));
/** Parts are looked at in the scripts that have them, since only those say what the names in them are. */
const parts = new Set(programs.flatMap(({ file, lines }) => lines.map((line) => placeOf(line).file).filter((part) => part !== file)));

checkFormat();
checkSyntax();
checkSense();
for (const file of globSync('src/**/*.awk')) for (const awk of awks) demand(file, [...awk, '-f', file]);
for (const file of globSync('src/**/*.py')) {
  demand(file, ['python3', '-c', 'import ast, sys; ast.parse(sys.stdin.read())'], readFileSync(file, 'utf8'));
}
for (const words of found) console.error(words);
process.exitCode = found.length === 0 ? 0 : 1;

function checkFormat(): void {
  const result = check(['shfmt', ...format, '-d', ...files]);
  if (result?.ok === false) found.push(`${result.words}\nPut it right: shfmt ${format.join(' ')} -w FILE`);
}

function checkSyntax(): void {
  for (const [shell, ...words] of shells) {
    if (check([shell, ...words, '-c', ':']) === null) continue;
    // One program that starts all of them: to start a few hundred from here takes minutes on a busy machine.
    const each = `code=0; for file do ${[shell, ...words].join(' ')} -n "$file" || code=1; done; exit "$code"`;
    demand('syntax', ['sh', '-c', each, 'sh', ...files]);
  }
}

/** shellcheck reads whole scripts; each finding is reported once, at the line's own file and position. */
function checkSense(): void {
  const folder = mkdtempSync(join(tmpdir(), 'croft-scripts-'));
  try {
    const entries = programs.filter(({ file }) => !parts.has(file));
    const names = entries.map(({ lines }, index) => {
      const name = join(folder, `${index}.sh`);
      writeFileSync(name, lines.map(({ text }) => `${text}\n`).join(''));
      return name;
    });
    const result = check(['shellcheck', '--shell=sh', `--exclude=${meant}`, '--format=json1', ...names]);
    if (result === null) return;
    const { comments } = JSON.parse(result.output) as { comments: { file: string; line: number; code: number; message: string }[] };
    const said = comments.map(({ file, line, code, message }) => {
      const place = placeOf(entries[names.indexOf(file)]?.lines[line - 1]);
      return `${place.file}:${place.number}: SC${code} ${message}`;
    });
    found.push(...new Set(said));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function placeOf(line: ScriptLine | undefined): { file: string; number: number } {
  return line === undefined ? { file: 'unknown', number: 0 } : { file: relative('.', fileURLToPath(line.file)), number: line.number };
}
