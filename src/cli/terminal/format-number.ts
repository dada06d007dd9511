/** Writes an integer with thin groups of three digits: `1 190 332`. */
export function formatCount(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ' ');
}

/** Writes bytes in the largest decimal unit that leaves at least 1: `51.0 MB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '–';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  // Bytes are whole, a rate of them need not be.
  const text = unit === 0 ? String(Number(value.toFixed(1))) : value.toFixed(value < 99.95 ? 1 : 0);
  return `${text} ${units[unit]}`;
}

/** Writes how many there are in a second, with one decimal, or one digit where that leaves none. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '–';
  return perSecond !== 0 && perSecond < 0.05
    ? String(Number(perSecond.toPrecision(1)))
    : perSecond.toFixed(1);
}

/** Writes a duration in ms or s: `8.4 ms`, `1.32 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${milliseconds.toFixed(milliseconds < 9.95 ? 1 : 0)} ms`;
  return `${(milliseconds / 1000).toFixed(milliseconds < 9995 ? 2 : 1)} s`;
}

/** Writes a number in five significant digits, or `digits`, or exactly where that is shorter. */
export function formatValue(value: number, digits = 5): string {
  if (!Number.isFinite(value)) return String(value);
  const short = Number(value.toPrecision(digits));
  const size = Math.abs(short);
  if (size === 0 || (size >= 1e-4 && size < 1e7)) return String(short);
  return short.toExponential().replace('e+', 'e');
}

/** Counts the significant digits, five at least, in which values between `low` and `high` are told from each other. */
export function digitsFor(low: number, high: number): number {
  const size = Math.max(Math.abs(low), Math.abs(high));
  const digits = Math.ceil(Math.log10(size / Math.abs(high - low))) + 3;
  return Number.isFinite(digits) ? Math.min(17, Math.max(5, digits)) : 5;
}

/**
 * Writes both ends of a range, in digits that tell them apart; one value where they are the same: `98.4 … 100`, `5`.
 */
export function formatRange(low: number, high: number): string {
  const digits = digitsFor(low, high);
  return low === high ? formatValue(low) : `${formatValue(low, digits)} … ${formatValue(high, digits)}`;
}

/** Writes a count with its noun: `1 file`, `3 files`. */
export function formatPlural(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

/** Writes the time that is left, in at most two units: `45 s`, `5 min 50 s`, `3 h 10 min`. */
export function formatEta(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.round(hours / 24)} days`;
}

/** Writes how long ago something was: `just now`, `5 minutes ago`, `3 days ago`. */
export function formatAge(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${formatPlural(minutes, 'minute')} ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${formatPlural(hours, 'hour')} ago`
    : `${formatPlural(Math.floor(hours / 24), 'day')} ago`;
}
