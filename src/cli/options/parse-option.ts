import { InvalidArgumentError, Option } from 'commander';

/** Makes the parser of an option that is a whole number from `least` on. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} on.`);
  };
}

/** Makes the option for a number of threads: `auto`, or a whole number from 0 on. */
export function workersOption(what: string): Option {
  return new Option('-w, --workers <n>', `${what}; 0: this one; auto: as many as help`)
    .argParser(parseWorkers)
    .default('auto');
}

function parseWorkers(text: string): number | 'auto' {
  if (text === 'auto') return text;
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new InvalidArgumentError('It must be auto or a whole number from 0 on.');
}

/** Parses names separated by commas. */
export function nameList(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('It must be names separated by commas.');
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ...['k', 'm', 'g', 't'].flatMap((unit, index): [string, number][] => [
    [`${unit}b`, 1000 ** (index + 1)],
    [`${unit}ib`, 1024 ** (index + 1)],
  ]),
  ['b', 1],
]);

/** Parses bytes: `500MiB` (of 1024), `5GB` (of 1000), `123456`. */
export function byteCount(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = UNITS.get(unit.toLowerCase());
  const bytes = Math.floor(Number(number) * (factor ?? Number.NaN));
  if (number !== '' && Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError('It must be a size such as 5GB, 500MiB or a number of bytes.');
}

/** Parses a time in seconds, above 0. */
export function seconds(text: string): number {
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= 86_400) return value;
  throw new InvalidArgumentError('It must be seconds above 0, at most a day.');
}

/** Parses the number of a port. */
export function portNumber(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= 65_535) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 to 65535.');
}
