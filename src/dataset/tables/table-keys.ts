import { ConfigError } from '../../core/errors.ts';
import { resolveSibling } from '../../core/safe-path.ts';
import { showNames, showValue } from '../../core/show-value.ts';
import { FILE_NAME, ID, type TableKey, type TableRequest } from './table-options.ts';

/** Table of metadata that is read. */
export interface TableToRead extends Pick<TableRequest, 'keys' | 'form'> {
  /** Path as messages name it. */
  readonly path: string;
  /** Path in the source from which its paths of samples count. */
  readonly base: string;
}

/** Makes of a value in a column what it is compared as: paths count from the table on. */
export function keyValueOf({ name }: TableKey, value: unknown, { base }: TableToRead): unknown {
  return name === FILE_NAME && typeof value === 'string' ? (resolveSibling(base, value) ?? value) : value;
}

/** Names of columns by which a table may be joined. */
export function wantedColumns({ keys }: TableToRead): readonly string[] {
  return keys?.map(({ column }) => column) ?? [FILE_NAME, ID];
}

/**
 * Chooses by which columns a table is joined.
 *
 * @param columns - those that it has
 * @throws ConfigError where it lacks one
 */
export function chooseKeys({ keys, path }: TableToRead, columns: readonly string[]): readonly TableKey[] {
  if (keys === undefined) {
    const name = [FILE_NAME, ID].find((each) => columns.includes(each));
    if (name !== undefined) return [{ name, column: name, hasColumn: false }];
    throw new ConfigError(
      'metadata',
      `${path} has neither a column "${FILE_NAME}" nor "${ID}" by which its rows are joined with samples; its columns are ${showNames(columns)}. Give its key, such as { file, key: 'case', column: ${showValue(columns[0] ?? 'case')} }.`,
    );
  }
  const lacking = keys.find(({ column }) => !columns.includes(column));
  if (lacking === undefined) return keys;
  const advice = lacking.hasColumn ? '' : ' Say as column what it is called there.';
  throw new ConfigError(
    'metadata',
    `${path} has no column ${showValue(lacking.column)}; its columns are ${showNames(columns)}.${advice}`,
  );
}
