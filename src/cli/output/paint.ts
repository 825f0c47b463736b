/** Colours for a terminal; without colour the text is left as it is. */
import { styleText } from 'node:util';

export type Tone = 'good' | 'bad' | 'busy' | 'quiet' | 'strong';

const formats = { good: 'green', bad: 'red', busy: 'yellow', quiet: 'gray', strong: 'bold' } as const satisfies Record<Tone, string>;

export type Paint = (text: string, tone: Tone | null) => string;

export function createPaint(color: boolean): Paint {
  return (text, tone) => (color && tone !== null && text !== '' ? styleText(formats[tone], text, { validateStream: false }) : text);
}

const tones: Readonly<Record<string, Tone>> = {
  ...{ running: 'good', ready: 'good', done: 'good', ok: 'good' },
  ...{ failed: 'bad', unfit: 'bad', unreachable: 'bad', unknown: 'bad', missing: 'bad' },
  ...{ pending: 'busy', preparing: 'busy', draining: 'busy', new: 'busy', started: 'busy' },
  ...{ stopped: 'quiet', absent: 'quiet' },
};

/** The colour of any object's state. */
export function toneOf(state: string): Tone | null {
  return tones[state] ?? null;
}
