import { type CsvFormat, CsvReader, type Separator } from './csv-reader.ts';

/** One record of a CSV file. */
export interface CsvRecord {
  /** Line on which it begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

const SEPARATORS: readonly Separator[] = [',', ';', '\t'];

/** Form of the line by which Excel is told the separator. */
const STATED = /^sep=([,;\t])(?:\r\n|\n|\r|$)/i;

/** Separator of a table, and the place in its text at which the header begins. */
export interface FoundSeparator {
  readonly separator: Separator;
  readonly start: number;
}

/**
 * Finds the separator of a table, and where its header begins: what the first line states (`sep=;`), else that with
 * which the header has the most of the wanted columns, else that which makes the most columns of it.
 *
 * @param wanted - names of columns that the table should have
 * @param options.trim - as {@link CsvReader} takes it
 */
export function findSeparator(
  text: string,
  wanted: string | readonly string[],
  options: Pick<CsvFormat, 'trim'> = {},
): FoundSeparator {
  const stated = STATED.exec(text);
  if (stated !== null) return { separator: stated[1] as Separator, start: stated[0].length };
  const columns = [wanted].flat();
  let best: { readonly separator: Separator; readonly score: number } = { separator: ',', score: 0 };
  for (const separator of SEPARATORS) {
    const names = headerOf(text, { ...options, separator }).map((name) => name.trim());
    const score = names.length + columns.filter((column) => names.includes(column)).length * 1e9;
    if (score > best.score) best = { separator, score };
  }
  return { separator: best.separator, start: 0 };
}

/** Reads the first record that is not empty; nothing where it cannot be read in this format. */
function headerOf(text: string, format: CsvFormat): readonly string[] {
  const reader = new CsvReader(text, '', format);
  try {
    return reader.next() ? reader.fields() : [];
  } catch {
    return [];
  }
}

/** Reads the records of a table, see {@link CsvReader}. */
export function* parseCsv(
  text: string,
  path: string,
  format: Pick<CsvFormat, 'separator' | 'start'> = {},
): Generator<CsvRecord, void> {
  const reader = new CsvReader(text, path, format);
  while (reader.next()) yield { line: reader.line, fields: reader.fields() };
}
