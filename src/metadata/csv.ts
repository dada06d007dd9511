import { type CsvFormat, CsvReader, type Separator } from './csv-reader.ts';

/** One record of a CSV file. */
export interface CsvRecord {
  /** Line on which it begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

const SEPARATORS: readonly Separator[] = [',', ';', '\t'];

/** Records in which a separator must make as many fields as in the header, to go before one that does not. */
const MAX_COMPARED_RECORDS = 20;

/** Form of the line by which Excel is told the separator. */
const STATED = /^sep=([,;\t])(?:\r\n|\n|\r|$)/i;

/** Separator of a table, and the place in its text at which the header begins. */
export interface FoundSeparator {
  readonly separator: Separator;
  readonly start: number;
}

/**
 * Finds the separator of a table, and where its header begins: what the first line states (`sep=;`), else that with
 * which the header has the most of the wanted columns, else that with which the records behind it have as many fields (a
 * header may have `Length, mean;Width`, and a table of names and values has none), else that which makes the most columns of it.
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
    const { names, isEven } = readHead(text, { ...options, separator });
    const wantedNames = columns.filter((column) => names.includes(column)).length;
    // Commas stand in fields more often than the other two: in numbers and in texts.
    const isRarer = names.length > 1 && separator !== ',';
    const score = names.length + (isRarer ? 0.5 : 0) + (isEven ? 1e6 : 0) + wantedNames * 1e9;
    if (score > best.score) best = { separator, score };
  }
  return { separator: best.separator, start: 0 };
}

/** Columns that a separator makes of a table, and whether it makes several, as many of the first records as of the header. */
interface Head {
  readonly names: readonly string[];
  readonly isEven: boolean;
}

/** Reads the head of a table; nothing where it cannot be read in this format. */
function readHead(text: string, format: CsvFormat): Head {
  const reader = new CsvReader(text, '', format);
  let names: readonly string[] = [];
  try {
    if (!reader.next()) return { names, isEven: false };
    names = reader.fields().map((name) => name.trim());
    let isEven = names.length > 1;
    for (let record = 0; isEven && record < MAX_COMPARED_RECORDS && reader.next(); record++) {
      isEven = reader.count === names.length;
    }
    return { names, isEven };
  } catch {
    return { names, isEven: false };
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
