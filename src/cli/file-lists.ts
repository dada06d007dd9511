import type { DatasetListing, ListedSample } from './dataset-listing.ts';
import { formatBytes } from './terminal/format-number.ts';
import { formatTable } from './terminal/table.ts';

/** Files of one part that are listed; the pieces of a large mesh are many. */
const MAX_SHOWN_FILES = 4;

/** Words for why files are in no sample. */
const REASONS: Readonly<Record<DatasetListing['unused'][number]['reason'], string>> = {
  archive: '(open them with --archives)',
  'not-included': 'not matched by --include',
  excluded: 'left out by --exclude',
  unmatched: 'not matched by --samples',
};

/** Lists the files that make a sample, as lines under its own. */
export function describeFiles({ files, parts }: ListedSample): string[] {
  const names = new Map(Object.entries(parts ?? {}).map(([name, path]) => [path, name]));
  const groups: { readonly name: string; readonly files: (typeof files)[number][] }[] = [];
  for (const file of files) {
    const name = names.get(file.path);
    if (name !== undefined || groups.length === 0) groups.push({ name: name ?? '', files: [file] });
    else groups.at(-1)?.files.push(file);
  }
  const rows = groups.flatMap(({ name, files: own }) => {
    const shown = own
      .slice(0, MAX_SHOWN_FILES)
      .map(({ path, size }, at) => [at === 0 ? name : '', path, formatBytes(size)]);
    const more = own.length - MAX_SHOWN_FILES;
    return more > 0 ? [...shown, ['', `… ${more} more`, '']] : shown;
  });
  const columns = [
    ...(parts === undefined ? [] : [{ title: '' }]),
    { title: '', least: 16 },
    { title: '', align: 'right' as const },
  ];
  const cells = parts === undefined ? rows.map((row) => row.slice(1)) : rows;
  return formatTable(columns, cells)
    .slice(1)
    .map((line) => `  ${line}`);
}

/**
 * Says in one line which files are in no sample, and why; undefined where all are.
 *
 * @param areSteps - whether samples are steps, of which files may be left out for another reason
 */
export function describeUnused(unused: DatasetListing['unused'], areSteps: boolean): string | undefined {
  if (unused.length === 0) return undefined;
  const all = unused.map(({ count, extension, reason }) => {
    const why = areSteps && reason === 'unmatched' ? 'of no step that is wanted' : REASONS[reason];
    return `${count} ${extension} ${why}`;
  });
  return `in no sample: ${all.join(', ')}`;
}
