/**
 * Writes JSON that `parseJson` reads back as it was: like `JSON.stringify`, and beyond it `NaN`, `Infinity`,
 * `-Infinity` and -0 as Python's `json` writes and reads them. What JSON has no form for is left out, or `null` in an
 * array, as `JSON.stringify` does.
 *
 * @throws TypeError for a bigint or an object inside itself
 */
export function writeJson(value: unknown): string {
  const plain = JSON.stringify(value);
  return plain === undefined ? 'null' : hasSpecial(value) ? write(value) : plain;
}

function hasSpecial(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value) || Object.is(value, -0);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasSpecial);
}

function write(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value !== 'object' || value === null || 'toJSON' in value)
    return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => !['undefined', 'function', 'symbol'].includes(typeof member))
    .map(([name, member]) => `${JSON.stringify(name)}:${write(member)}`);
  return `{${members.join(',')}}`;
}
