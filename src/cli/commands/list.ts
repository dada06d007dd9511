import { Command } from 'commander';
import { compileFilter, type Metadata } from '../../data.ts';
import { suggest } from '../../io.ts';
import { type DatasetListing, listDataset, pathsBelow } from '../dataset-listing.ts';
import { describeFiles, describeUnused } from '../file-lists.ts';
import { nestedNames, valueAt } from '../metadata-path.ts';
import { nameList, wholeNumber } from '../options/parse-option.ts';
import { addSampleOptions, hasSamplesOption } from '../options/sample-options.ts';
import { readShard, shardOption } from '../options/shard-option.ts';
import { addSourceOptions, resolveSource, SOURCE_ARGUMENT } from '../options/source-options.ts';
import { describeNumbers, describeTimes } from '../series-listing.ts';
import { suggestSamples } from '../suggest-samples.ts';
import { formatBytes, formatPlural } from '../terminal/format-number.ts';
import { isQuiet, print, printJson, remark, warn, widthOf } from '../terminal/output.ts';
import { type Column, formatTable } from '../terminal/table.ts';

/** Titles of the columns that are no metadata. */
const [SAMPLE, SIZE, CACHED] = ['SAMPLE', 'SIZE', 'CACHED'] as const;

interface ListFlags {
  readonly where?: string;
  readonly limit: number;
  readonly columns?: readonly string[];
  readonly files?: boolean;
  readonly shard?: string;
  readonly json?: boolean;
}

/** Makes `vascusim ls`: the samples of a source. */
export function listCommand(signal: AbortSignal): Command {
  const command = new Command('ls')
    .description('list the samples of a source with their metadata')
    .argument('[source]', SOURCE_ARGUMENT)
    .option('--where <expression>', "only samples whose metadata fits, such as 'age > 50 && is_healthy'")
    .option('-n, --limit <n>', 'show at most this many', wholeNumber(0), Number.POSITIVE_INFINITY)
    .option(
      '-c, --columns <names>',
      'show these keys of the metadata, a.b for what lies in a, separated by commas',
      nameList,
    )
    .option(
      '--files',
      'show the files of each sample, and which files are in none and why; also where --samples is given',
    )
    .addOption(shardOption())
    .option('--json', 'one JSON document');
  return addSourceOptions(addSampleOptions(command, true))
    .addHelpText(
      'after',
      `
CACHED says what of a sample is on this machine already: all of it, a part, or nothing. On a terminal columns that do
not fit are left out; with --quiet only the ids are printed. With --time each line is a series: its steps, their times,
steps that are not there, and how many samples it makes.

Examples:
  vascusim ls /data/aorta
  vascusim ls hf://datasets/user/name --where 'anatomy == "Aorta" && age > 10' -n 3
  vascusim ls /data/vmr --time --window 2 --dt 0.001
  vascusim ls nas://192.168.1.100/sim/aorta --user biosim --json | jq '.samples[].id'`,
    )
    .action(async (given: string | undefined, flags: ListFlags) => {
      const source = resolveSource(command, given, signal);
      const filter = flags.where === undefined ? undefined : compileFilter(flags.where);
      const showsFiles = flags.files === true || hasSamplesOption(command);
      const isChosen = source.options.samples !== undefined;
      let paths: readonly string[] = [];
      const shard = flags.shard === undefined ? undefined : await readShard(flags.shard);
      const listing = await listDataset(source, {
        filter,
        shard,
        limit: flags.limit,
        countsUnused: showsFiles,
        onOpened: (dataset) => void (paths = isChosen ? [] : pathsBelow(dataset)),
      });
      if (flags.json === true) printJson(listing);
      else if (isQuiet()) for (const { id } of listing.samples) print(id);
      else {
        if (listing.time === undefined || flags.files === true)
          printListing(listing, flags.columns, showsFiles);
        else printSeries(listing, listing.time, flags.columns);
        remarkOnParts(paths);
      }
      warnOfNames(listing, filter?.names ?? []);
      warnOfNames(listing, flags.columns ?? [], listing.samples);
    });
}

/**
 * Tells of names that no sample has: most likely they are misspelt.
 *
 * @param samples - in which `a.b` is what lies in `a`; others are not looked into
 */
export function warnOfNames(
  { keys }: { readonly keys: ReadonlyMap<string, number> | Readonly<Record<string, number>> },
  names: readonly string[],
  samples: readonly { readonly metadata: Metadata }[] = [],
): void {
  const own = keys instanceof Map ? [...keys.keys()] : Object.keys(keys);
  const isNested = names.some((name) => name.includes('.'));
  const nested = isNested ? samples.flatMap(({ metadata }) => nestedNames(metadata)) : [];
  const known = [...own, ...new Set(nested)];
  for (const name of new Set(names)) {
    if (known.includes(name)) continue;
    if (samples.some(({ metadata }) => valueAt(metadata, name) !== undefined)) continue;
    const near = suggest(name, known);
    const advice =
      near === undefined
        ? known.length === 0
          ? 'no sample has any metadata'
          : `there are ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', …' : ''}`
        : `did you mean "${near}"?`;
    warn(`no sample has the metadata "${name}": ${advice}`);
  }
}

function printListing(
  listing: DatasetListing,
  chosen: readonly string[] | undefined,
  showsFiles: boolean,
): void {
  const names = chosen ?? chooseColumns(listing);
  const hasCache = listing.samples.some(({ cached }) => cached !== 'local');
  const columns: Column[] = [
    { title: SAMPLE, least: 12 },
    ...names.map((name, index): Column => {
      const values = listing.samples.map(({ metadata }) => valueAt(metadata, name));
      const isNumeric = values.every((value) => value === undefined || typeof value === 'number');
      const align = isNumeric ? 'right' : 'left';
      return { title: titleOf(name, names), align, drop: index + 2, least: isNumeric ? undefined : 8 };
    }),
    { title: SIZE, align: 'right' },
    ...(hasCache ? [{ title: CACHED, drop: 1 }] : []),
  ];
  const rows = listing.samples.map(({ id, metadata, size, cached }) => [
    id,
    ...names.map((name) => describeValue(valueAt(metadata, name))),
    formatBytes(size),
    ...(hasCache ? [cached] : []),
  ]);
  if (rows.length > 0) {
    const [title = '', ...lines] = formatTable(columns, rows);
    print(title);
    for (const [at, sample] of listing.samples.entries()) {
      print(lines[at]);
      if (showsFiles) for (const line of describeFiles(sample)) print(line);
    }
  }
  const { total, matching, totalBytes } = listing;
  const some = listing.samples.length < matching ? `${listing.samples.length} shown, ` : '';
  const counts = listing.filtered
    ? `${some}${matching} matching, ${formatPlural(total, 'sample')} in all`
    : `${some}${formatPlural(total, 'sample')}`;
  const revision = listing.revision === undefined ? '' : `, commit ${listing.revision.slice(0, 7)}`;
  remark(`${counts} (${formatBytes(totalBytes)})${revision}`);
  const unused = describeUnused(listing.unused, listing.time !== undefined);
  if (unused !== undefined) remark(unused);
}

/** Lists the series that samples are steps of, or windows of these. */
function printSeries(
  listing: DatasetListing,
  time: NonNullable<DatasetListing['time']>,
  chosen: readonly string[] | undefined,
): void {
  const { series, tooShort, why } = time;
  const names = chosen ?? chooseColumns(listing);
  const columns: Column[] = [
    { title: 'SERIES', least: 12 },
    { title: 'STEPS' },
    { title: 'TIMES', drop: 1 },
    ...(series.some(({ holes }) => holes.length > 0) ? [{ title: 'HOLES' }] : []),
    { title: 'SAMPLES', align: 'right' },
    ...names.map((name, index): Column => ({ title: titleOf(name, names), drop: index + 3, least: 8 })),
    { title: SIZE, align: 'right', drop: 2 },
  ];
  const hasHoles = columns.some(({ title }) => title === 'HOLES');
  const rows = series.map(({ id, steps, times, holes, samples, size, metadata }) => [
    id,
    describeNumbers(steps),
    describeTimes(times),
    ...(hasHoles ? [holes.length === 0 ? '' : describeNumbers(holes)] : []),
    String(samples),
    ...names.map((name) => describeValue(valueAt(metadata, name))),
    formatBytes(size),
  ]);
  if (rows.length > 0) for (const line of formatTable(columns, rows)) print(line);
  const of = listing.filtered ? `${listing.matching} matching of ` : '';
  remark(`${of}${formatPlural(listing.total, 'sample')} (${formatBytes(listing.totalBytes)}). ${why}`);
  if (tooShort.length > 0)
    remark(
      `without a sample, since they are too short: ${tooShort.slice(0, 4).join(', ')}${tooShort.length > 4 ? `, … (${tooShort.length} series)` : ''}`,
    );
  const unused = describeUnused(listing.unused, true);
  if (unused !== undefined) remark(unused);
}

/** Writes the title of a column of metadata: in quotes as it is called, where another column has the title. */
function titleOf(name: string, names: readonly string[]): string {
  const title = name.toUpperCase();
  const others = names.filter((other) => other !== name).map((other) => other.toUpperCase());
  return [SAMPLE, SIZE, CACHED, ...others].includes(title) ? `"${name}"` : title;
}

/** Says which options would make one sample of the meshes of a folder, where the same names recur in many. */
function remarkOnParts(paths: readonly string[]): void {
  const parts = suggestSamples(paths);
  if (parts === undefined) return;
  const options = parts.map((part) => `--samples '${part.replaceAll("'", String.raw`'\''`)}'`);
  remark(`The same meshes recur in these folders; to make one sample of each: ${options.join(' ')}`);
}

/** Chooses the keys that are most telling: in the most samples, with short single values that are not all the same. */
function chooseColumns({ samples, keys }: DatasetListing): string[] {
  const longest = samples.reduce((most, { id }) => Math.max(most, id.length), 6);
  const cached = samples.some((sample) => sample.cached !== 'local') ? 8 : 0;
  // Beside the sample, its size and whether it is cached.
  const room = (widthOf(process.stdout) ?? 100) - Math.min(longest, 30) - 10 - cached;
  const candidates = Object.entries(keys)
    .filter(([name]) => samples.some(({ metadata }) => metadata[name] !== undefined))
    .filter(([name]) => samples.every(({ metadata }) => typeof metadata[name] !== 'object'))
    .map(([name, count]) => {
      const values = samples.map(({ metadata }) => describeValue(metadata[name]));
      const width = values.reduce((most, { length }) => Math.max(most, length), name.length);
      const rank = (new Set(values).size > 1 || samples.length < 2 ? 1 : 0) * 1e9 + count;
      return { name, width, rank };
    })
    .filter(({ width }) => width <= 24)
    .toSorted((a, b) => b.rank - a.rank);
  let used = 0;
  return candidates.filter(({ width }) => (used += width + 2) <= room).map(({ name }) => name);
}

function describeValue(value: unknown): string {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number')
    return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
  return typeof value === 'string' ? value.replaceAll(/\s+/g, ' ') : JSON.stringify(value);
}
