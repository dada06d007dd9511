/** Writes a number with as many digits as tell it from others at a ten-thousandth of a span. */
export function spanText(value: number, span: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (!(span > 0) || value === 0) return String(Number(value.toPrecision(9)));
  const digits = Math.ceil(Math.log10(Math.abs(value) / span)) + 5;
  return String(Number(value.toPrecision(Math.min(17, Math.max(5, digits)))));
}

/** Writes a number in seven digits, which tell most values from their neighbours. */
export function shortText(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(7))) : String(value);
}

/** Writes a number of bytes. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${units[unit]}`;
}
