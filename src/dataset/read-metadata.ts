import { FormatError, isVascuError } from '../core/errors.ts';
import type { Metadata } from '../core/graph.ts';
import { mapLimited } from '../core/limit.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { shorten, showNames } from '../core/show-value.ts';
import type { FileEntry } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { findSeparator, parseCsv, parseField } from '../metadata/csv.ts';
import { decodeText, parseMetadata, sidecarOf } from '../metadata/sidecar.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';

/** Number of sidecars that are read at a time. */
const SIDECAR_CONCURRENCY = 32;

/** The column and key that names the sample, as on the Hugging Face Hub. */
const FILE_NAME = 'file_name';

/** One line of a root metadata file. */
interface Row {
  readonly fileName: unknown;
  readonly line: number;
  readonly metadata: Metadata;
}

/**
 * Reads the metadata of each of `paths`: what its sidecar says, and over it, key by key, its row in `metadata.jsonl`, else
 * `metadata.csv`, in `folder`; `{}` where there is neither. `file_name` is the path from the metadata file to the
 * sample; it is not part of the metadata. Only sidecars that were listed are asked for.
 *
 * @param folder - of the dataset, empty or with `/` at its end
 * @param entries - what lies in it
 * @throws FormatError naming the file, and the line, that is not as it should be
 */
export async function readMetadata(
  streamer: DataStreamer,
  folder: string,
  entries: readonly FileEntry[],
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Metadata[]> {
  const present = new Map(entries.map((entry) => [entry.path, entry]));
  const root = rootFiles(folder)
    .map((path) => present.get(path))
    .find((entry) => entry !== undefined);
  const named =
    root === undefined ? new Map<string, Metadata>() : await readRoot(streamer, root, paths, signal);
  const unreadable: FormatError[] = [];
  const metadata = await mapLimited(paths, SIDECAR_CONCURRENCY, async (path) => {
    const sidecar = sidecarOf(path);
    const entry = present.get(sidecar);
    const row = named.get(path);
    if (entry === undefined) return row ?? {};
    const bytes = await streamer.readWhole(sidecar, { entry, signal });
    try {
      return { ...parseMetadata(decodeText(bytes, sidecar), sidecar), ...row };
    } catch (error) {
      // Beside a row it need not be meant as metadata.
      if (row === undefined || !isVascuError(error, 'FORMAT')) throw error;
      unreadable.push(error);
      return row;
    }
  });
  if (root !== undefined) warnOfSidecars(root.path, unreadable);
  return metadata;
}

/** Says once which sidecars were left out, since their samples have a row. */
function warnOfSidecars(root: string, [first, ...others]: readonly FormatError[]): void {
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  process.emitWarning(
    `Not read: ${shorten(first.message, 300)}${more}. Of ${others.length === 0 ? 'its sample' : 'their samples'} only what ${root} says is known.`,
    { type: 'VascuSimWarning', code: 'VASCUSIM_SIDECAR' },
  );
}

/** Lists the files in which the metadata of a whole dataset may lie; the first that is there counts. */
export function rootFiles(folder: string): readonly string[] {
  return [`${folder}metadata.jsonl`, `${folder}metadata.csv`];
}

async function readRoot(
  streamer: DataStreamer,
  entry: FileEntry,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Metadata>> {
  const root = entry.path;
  const text = decodeText(await streamer.readWhole(root, { entry, signal }), root);
  const wanted = new Set(paths);
  const found = new Map<string, Metadata>();
  const slice = new TimeSlice(signal);
  let example: string | undefined;
  for (const { fileName, line, metadata } of root.endsWith('.csv')
    ? csvRows(text, root)
    : jsonRows(text, root)) {
    if (typeof fileName !== 'string') {
      throw new FormatError(`line ${line}: has no "${FILE_NAME}" that names a sample`, { path: root });
    }
    const path = resolveSibling(root, fileName);
    if (path !== undefined && found.has(path)) {
      throw new FormatError(`line ${line}: "${fileName}" is there a second time`, { path: root });
    }
    example ??= fileName;
    if (path !== undefined && wanted.has(path)) found.set(path, metadata);
    await slice.pause();
  }
  if (found.size > 0 || example === undefined) return found;
  throw new FormatError(
    `none of its lines names a sample: a "${FILE_NAME}" in it is "${example}", a sample is "${paths[0]}". Give the paths from the folder of ${root} on`,
    { path: root },
  );
}

function* jsonRows(text: string, path: string): Generator<Row> {
  let line = 1;
  for (let start = 0; start < text.length; line++) {
    const end = text.indexOf('\n', start);
    const next = end < 0 ? text.length : end + 1;
    const content = text.slice(start, next);
    if (content.trim() !== '') {
      const { [FILE_NAME]: fileName, ...metadata } = parseMetadata(content, path, text.slice(0, start));
      yield { fileName, line, metadata };
    }
    start = next;
  }
}

function* csvRows(text: string, path: string): Generator<Row> {
  const records = parseCsv(text, path, findSeparator(text, FILE_NAME));
  const { value: header } = records.next();
  if (header === undefined) return;
  const names = header.fields.map((name) => name.trim());
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new FormatError(`line ${header.line}: the column "${repeated}" is there twice`, { path });
  }
  if (!names.includes(FILE_NAME)) {
    throw new FormatError(
      `line ${header.line}: has no column "${FILE_NAME}", its columns are ${showNames(names)}`,
      { path },
    );
  }
  for (const { line, fields } of records) {
    if (fields.length !== names.length) {
      throw new FormatError(`line ${line}: has ${fields.length} fields, the header has ${names.length}`, {
        path,
      });
    }
    const cells = names.map((name, index) => [name, fields[index] ?? ''] as const);
    const fileName = cells.find(([name]) => name === FILE_NAME)?.[1];
    const metadata: Metadata = Object.fromEntries(
      cells
        .filter(([name]) => name !== FILE_NAME)
        .map(([name, field]) => [name, parseField(field)] as const)
        .filter(([, value]) => value !== undefined),
    );
    yield { fileName, line, metadata };
  }
}
