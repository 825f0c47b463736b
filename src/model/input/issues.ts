/** Collects all errors of an input, so that a user sees them all at once. */
import { CroftError, type InputIssue } from '../error.ts';
import { nearNames } from './near-names.ts';
import { printable, quoted } from './quote.ts';

export type InputPath = readonly (string | number)[];

/** Line and column start at 1; `file` is given where it differs from the present document, see InputIssue. */
export interface Place {
  file?: string;
  line: number;
  column: number;
}

/** The position of a path in the source text; for a missing path, that of its nearest ancestor. */
export type Locate = (path: InputPath) => Place | undefined;

/** More issues would help no user, and a hostile document could produce millions. */
const mostReported = 100;

export class InputIssues {
  readonly #locate: Locate;
  readonly #issues = new Map<string, InputIssue>();
  #count = 0;

  constructor(locate: Locate = () => undefined) {
    this.#locate = locate;
  }

  get empty(): boolean {
    return this.#count === 0;
  }

  /** Reports an error at `path` once, however often it is found. */
  add(path: InputPath, message: string, place = this.#locate(path)): void {
    const shown = pathInWords(path);
    const key = `${shown}\n${message}`;
    if (this.#issues.has(key)) return;
    this.#count += 1;
    if (this.#count <= mostReported) this.#issues.set(key, { path: shown, message, ...place });
  }

  /** Takes over the issues of another collection. */
  addAll(other: InputIssues): void {
    for (const [key, issue] of other.#issues) if (!this.#issues.has(key)) this.#issues.set(key, issue);
    this.#count += other.#count;
  }

  /** The files that its issues name. */
  get files(): string[] {
    return [...new Set([...this.#issues.values()].flatMap(({ file }) => file ?? []))];
  }

  /** Throws `input.invalid` with all issues where there are any. `subject` begins the message: "The slice file". */
  throwIfAny(subject: string): void {
    if (this.empty) return;
    const issues = [...this.#issues.values()].sort(
      (a, b) => (a.file ?? '').localeCompare(b.file ?? '') || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
    );
    throw inputError('input.invalid', subject, issues, this.#count);
  }
}

/** The error that carries issues, with the first of them in its message. */
export function inputError(
  code: 'input.invalid' | 'input.syntax',
  subject: string,
  issues: readonly InputIssue[],
  count: number,
  cause?: unknown,
): CroftError {
  const first = issues[0];
  const isAlone = new Set(issues.map(({ file }) => file)).size <= 1;
  const rest = count > 1 ? ` (and ${count - 1} more)` : '';
  return new CroftError(code, `${subject} is not valid: ${first === undefined ? '' : issueInWords(first, isAlone)}${rest}`, {
    hint: count > 1 ? 'Correct the places listed and try again.' : 'Correct this place and try again.',
    issues,
    cause,
  });
}

/** `line 3, column 5: vms.web.image: …`; with the file before that where several files have errors. */
function issueInWords(issue: InputIssue, isAlone: boolean): string {
  const file = isAlone || issue.file === undefined ? '' : `${printable(issue.file)}, `;
  const place = issue.line === undefined ? '' : `${file}line ${issue.line}, column ${issue.column}: `;
  return `${place}${issue.path === '' ? '' : `${issue.path}: `}${issue.message}`;
}

function pathInWords(path: InputPath): string {
  return path.map((part) => (/^[\w$-]{1,64}$/.test(String(part)) ? String(part) : quoted(String(part)))).join('.');
}

/** `unknown image "micr": did you mean micro?`, or the known names where none is near. */
export function unknownName(kind: string, wrong: string, known: readonly string[]): string {
  const near = nearNames(wrong, known);
  if (near.length > 0) return `unknown ${kind} ${quoted(wrong)}: did you mean ${near.join(' or ')}?`;
  if (known.length === 0) return `unknown ${kind} ${quoted(wrong)}: there is none ${kind === 'key' ? 'here' : 'yet'}`;
  // A form has few keys, and the key that the invalid one belongs to cannot be guessed; names of objects may be thousands.
  const most = kind === 'key' ? known.length : 10;
  const more = known.length > most ? ', …' : '';
  return `unknown ${kind} ${quoted(wrong)}: there are ${known.slice(0, most).join(', ')}${more}`;
}
