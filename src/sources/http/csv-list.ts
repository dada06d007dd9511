import { FileColumns } from '../../columns/file-columns.ts';
import { NumberColumn } from '../../columns/number-column.ts';
import { FormatError } from '../../core/errors.ts';
import { isLfsPointer, LFS_POINTER_TEXT } from '../../core/foreign-file.ts';
import { assertInside } from '../../core/safe-path.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { findSeparator, parseCsv } from '../../metadata/csv.ts';
import { FileList } from './file-list.ts';
import { utf16Of } from './list-file.ts';

/** Columns that a list of files may have, in any case. */
const PATH_COLUMNS: readonly string[] = ['path', 'file_name', 'name'];
const SIZE_COLUMN = 'size';

/** Longest table, bytes. */
const MAX_BYTES = 64 * 1024 ** 2;
/** Rows that the warning shows. */
const MAX_SHOWN = 3;

/**
 * Reads a table of files with a column `path`, `file_name` or `Name` and, where it is known, `size` or `Size` in bytes, as
 * repositories have them for people; in UTF-8, or in UTF-16 with a byte order mark. A row whose path is none is passed
 * over, with one warning for all of them; so are names that begin with `.`.
 *
 * @param name - of the table, for messages
 * @returns the files in the order of paths
 * @throws FormatError where there is no column of paths, or a file is named twice with other sizes
 */
export async function readCsvList(
  body: AsyncIterable<Uint8Array<ArrayBuffer>>,
  name: string,
  signal?: AbortSignal,
): Promise<FileList> {
  const text = await readText(body, name);
  const records = parseCsv(text, name, findSeparator(text, 'path'));
  const header = (records.next().value?.fields ?? []).map((field) => field.trim().toLowerCase());
  const pathAt = PATH_COLUMNS.map((column) => header.indexOf(column)).find((at) => at >= 0);
  if (pathAt === undefined) {
    throw new FormatError(
      `has no column of paths: one of path, file_name, Name; it has ${header.join(', ')}`,
      {
        path: name,
      },
    );
  }
  const sizeAt = header.indexOf(SIZE_COLUMN);
  const files = new FileColumns();
  const lines = new NumberColumn(Uint32Array);
  const bad: number[] = [];
  const slice = new TimeSlice(signal);
  for (const { line, fields } of records) {
    const path = (fields[pathAt] ?? '').trim().replace(/^\.\//, '');
    const size = sizeAt < 0 ? undefined : readSize(fields[sizeAt]);
    await slice.pause();
    if (!isFilePath(path)) bad.push(line);
    else if (path !== name && !path.split('/').some((part) => part.startsWith('.'))) {
      files.push({ path, size, version: undefined, modified: undefined, checksum: undefined });
      lines.push(line);
    }
  }
  warnOf(bad, name);
  const differs = (row: number): FormatError =>
    new FormatError(
      `line ${lines.at(row)} names ${JSON.stringify(files.pathAt(row))} again, and differently`,
      { path: name },
    );
  return FileList.of(files, differs, slice);
}

async function readText(body: AsyncIterable<Uint8Array<ArrayBuffer>>, name: string): Promise<string> {
  let decoder: TextDecoder | undefined;
  let begin = Buffer.alloc(0);
  let text = '';
  let bytes = 0;
  for await (const chunk of body) {
    if (bytes === 0 && isLfsPointer(chunk)) throw new FormatError(LFS_POINTER_TEXT, { path: name });
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new FormatError('is longer than 64 MiB', { path: name });
    if (decoder !== undefined) {
      text += decoder.decode(chunk, { stream: true });
      continue;
    }
    begin = Buffer.concat([begin, chunk]);
    if (begin.byteLength < 2) continue;
    decoder = new TextDecoder(utf16Of(begin));
    text = decoder.decode(begin, { stream: true });
  }
  return decoder === undefined ? begin.toString() : text + decoder.decode();
}

/** Reads a size in bytes from a field; undefined where it is written otherwise. */
function readSize(field: string | undefined): number | undefined {
  const text = (field ?? '').trim();
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function isFilePath(path: string): boolean {
  if (path === '' || path.endsWith('/') || path.includes('?')) return false;
  try {
    assertInside(path);
    return true;
  } catch {
    return false;
  }
}

function warnOf(lines: readonly number[], name: string): void {
  if (lines.length === 0) return;
  const shown = lines.slice(0, MAX_SHOWN).join(', ');
  const more = lines.length > MAX_SHOWN ? ', …' : '';
  process.emitWarning(
    `${name}: ${lines.length} ${lines.length === 1 ? 'row gives' : 'rows give'} no path of a file and ${lines.length === 1 ? 'is' : 'are'} passed over (line ${shown}${more}).`,
    { type: 'VascuSimWarning', code: 'VASCUSIM_LIST_ROWS' },
  );
}
