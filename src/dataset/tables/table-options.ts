import { ConfigError } from '../../core/errors.ts';
import { rejectUnknownOptions } from '../../core/known-options.ts';
import { showValue } from '../../core/show-value.ts';
import { ownPathOf, sourcePathsOf } from '../given-file.ts';
import { FileTemplate } from './file-template.ts';

/** Names by which a table is joined that does not say by what. */
export const FILE_NAME = 'file_name';
export const ID = 'id';

/** Table of metadata that is joined with samples; see `VascuDatasetOptions.metadata`. */
export interface MetadataTableOptions {
  /**
   * Path of the file: looked for in the source, from `sourceDir` on, then on this machine. Absolute paths and `file:` URLs
   * are of this machine. With captures of the template of `samples`, such as `'{case}/params_{case}.csv'`, it is one file
   * a sample.
   */
  readonly file: string | URL;
  /**
   * Name of what rows are found by, or several names that do so together: looked for in the captures of a sample, then in
   * its metadata as far as they are merged. @defaultValue `'file_name'`, the path of the sample from the table on, where
   * the table has such a column, else `'id'`, the sample's id
   */
  readonly key?: string | readonly string[] | undefined;
  /** Name of its column, or several in the order of `key`, where it is called otherwise in the table. @defaultValue `key` */
  readonly column?: string | readonly string[] | undefined;
}

/** Tables of metadata: their files, or more than these. */
export type MetadataOption =
  | string
  | URL
  | MetadataTableOptions
  | readonly (string | URL | MetadataTableOptions)[];

/** Key by which a table is joined. */
export interface TableKey {
  /** Name in captures and metadata. */
  readonly name: string;
  /** Name in the table. */
  readonly column: string;
  /** True when it was said in which column it is. */
  readonly hasColumn: boolean;
}

/** Forms in which a table is written. */
export type TableForm = 'csv' | 'jsonl' | 'json';

/** Table of metadata as the option says it. */
export interface TableRequest {
  /** File as it was given. */
  readonly file: string;
  readonly form: TableForm;
  /** Keys; undefined where the table says by what it is joined. */
  readonly keys: readonly TableKey[] | undefined;
  /** Template of the files, where it is one a sample. */
  readonly template: FileTemplate | undefined;
  /** Lists the paths in the source at which a table of many samples may lie. */
  sourcePaths(folder: string): readonly string[];
}

const FORMS: ReadonlyMap<string, TableForm> = new Map([
  ['.csv', 'csv'],
  ['.tsv', 'csv'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.json', 'json'],
]);

/** Most names that are one key together. */
const MAX_KEY_NAMES = 16;

const EXAMPLE = "'cases.csv' or { file: 'cases.csv', key: 'case' }";

/**
 * Reads the option `metadata`.
 *
 * @throws ConfigError for anything that is no table
 */
export function parseTables(metadata: MetadataOption | undefined): readonly TableRequest[] {
  if (metadata === undefined) return [];
  return [metadata].flat().map(parseTable);
}

function parseTable(given: unknown): TableRequest {
  const options = typeof given === 'string' || given instanceof URL ? { file: given } : given;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw fault(`metadata takes tables such as ${EXAMPLE}, not ${showValue(given)}.`);
  }
  rejectUnknownOptions('A table of metadata', options, ['file', 'key', 'column']);
  const { file: place, key, column } = options as Partial<MetadataTableOptions>;
  const file = place instanceof URL ? place.href : place;
  if (typeof file !== 'string' || file === '') {
    throw fault(`A table of metadata needs its file, such as ${EXAMPLE}, not ${showValue(place)}.`);
  }
  if (/^(?!file:)[a-z][a-z\d+.-]+:\/\//i.test(file)) {
    throw fault(
      `The table ${showValue(file)} is an address: tables lie in the source, or on this machine. Fetch it first, and give its path.`,
    );
  }
  const [extension = ''] = /\.[^./\\]*$/.exec(file) ?? [];
  const form = FORMS.get(extension.toLowerCase());
  if (form === undefined) {
    throw fault(
      `${showValue(file)} is no table of metadata by its name: it must end in .csv, .jsonl or .json.`,
    );
  }
  const [names, columns] = [toNames('key', key), toNames('column', column)];
  const braced = file.includes('{') ? new FileTemplate(file) : undefined;
  const template = braced === undefined || braced.names.length === 0 ? undefined : braced;
  // Braces that are meant themselves are written with a sign before them.
  const path = braced === undefined || template !== undefined ? file : braced.fileOf({});
  const isOwn = ownPathOf(path, 'metadata') !== undefined;
  const sourcePaths = (folder: string): readonly string[] =>
    template === undefined && !isOwn ? sourcePathsOf(path, folder) : [];
  const own = { file: path, form, template, sourcePaths };
  if (template !== undefined && (names ?? columns) !== undefined) {
    throw fault(
      `The table ${showValue(file)} is one file a sample by its captures: leave key and column out.`,
    );
  }
  if (names === undefined) {
    if (columns === undefined) return { ...own, keys: undefined };
    if (columns.length > 1) throw fault(`The table ${showValue(file)} has several columns without a key.`);
    // The column of what the table is joined by anyhow.
    return { ...own, keys: columns.map((name) => ({ name: ID, column: name, hasColumn: true })) };
  }
  if (columns !== undefined && columns.length !== names.length) {
    throw fault(
      `The table ${showValue(file)} has ${names.length} names as key and ${columns.length} as column: give one column for each.`,
    );
  }
  if (names.length > MAX_KEY_NAMES) {
    throw fault(
      `The table ${showValue(file)} has ${names.length} names as key: the most are ${MAX_KEY_NAMES}.`,
    );
  }
  const hasColumn = columns !== undefined;
  return {
    ...own,
    keys: names.map((name, at) => ({ name, column: columns?.[at] ?? name, hasColumn })),
  };
}

function toNames(option: 'key' | 'column', given: unknown): readonly string[] | undefined {
  if (given === undefined) return undefined;
  const names: unknown = typeof given === 'string' ? [given] : given;
  const isList = Array.isArray(names) && names.length > 0;
  if (isList && names.every((name) => typeof name === 'string' && name !== '')) return names as string[];
  throw fault(
    `${option} of a table of metadata must be a name, or a list of names, not ${showValue(given)}.`,
  );
}

function fault(message: string): ConfigError {
  return new ConfigError('metadata', message);
}
