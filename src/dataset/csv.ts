import { FormatError } from '../core/errors.ts';

/** One record of a CSV file. */
export interface CsvRecord {
  /** Line on which it begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** The fields of a record, one a match: quoted or bare, and what ends it. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;

/**
 * The records of a CSV file by RFC 4180: fields in double quotes may hold commas, line breaks and doubled
 * quotes; lines end in LF, CRLF or CR. Empty lines are passed over.
 *
 * @param path - how error messages name the file
 * @throws FormatError when quotes do not pair
 */
export function* parseCsv(text: string, path: string): Generator<CsvRecord, void> {
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const begin = line;
    const fields: string[] = [];
    for (let end = ','; end === ','; ) {
      FIELD.lastIndex = at;
      const match = FIELD.exec(text);
      if (match === null) {
        throw new FormatError(`line ${line}: a double quote in the wrong place, or without its pair`, {
          path,
        });
      }
      const [all, quoted, bare = '', terminator = ''] = match;
      fields.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
      at += all.length;
      end = terminator;
      line += all.match(/\r\n|\n|\r/g)?.length ?? 0;
    }
    if (fields.length > 1 || fields[0] !== '') yield { line: begin, fields };
  }
}

const NUMBER = /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['', undefined],
  ['true', true],
  ['false', false],
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
]);

/**
 * What a field means: a number, `true` or `false` (in any case), `nan`, `inf` and `-inf` as pandas writes them,
 * undefined for an empty field, else the text. Integers that begin with a zero or leave the safe range stay
 * text, since they are identifiers.
 */
export function parseField(field: string): unknown {
  const word = field.toLowerCase();
  if (WORDS.has(word)) return WORDS.get(word);
  if (!NUMBER.test(field)) return field;
  const value = Number(field);
  return /^-?\d+$/.test(field) && !Number.isSafeInteger(value) ? field : value;
}
