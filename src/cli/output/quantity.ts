/** Quantities in human-readable form: sizes, durations, ages. */

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Rounded to three digits, such as `1.95 GiB`; `formatSize` of the model is the exact form. */
export function sizeInWords(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toPrecision(value >= 1000 ? 4 : 3))} ${units[unit]}`;
}

/** `0.4 s`, `12.3 s`, `4 m 5 s`, `3 h 12 m`, `9 d`. */
export function durationInWords(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${whole % 60} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
  return `${Math.floor(minutes / (24 * 60))} d`;
}

/** The age in its largest unit: `5s`, `3m`, `7h`, `12d`; `-` for never. */
export function ageInWords(since: number | null, now: number): string {
  if (since === null) return '-';
  const seconds = Math.max(0, Math.floor((now - since) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** Local date and time to the second. */
export function timeInWords(at: number | null): string | null {
  if (at === null) return null;
  const date = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19).replace('T', ' ');
}

/** `1 VM`, `2 VMs`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}
