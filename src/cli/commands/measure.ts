import { extname } from 'node:path';
import { Command } from 'commander';
import {
  compileFilter,
  type FieldStatistics,
  mergeStatistics,
  type Statistics,
  VascuDataset,
} from '../../data.ts';
import { ConfigError } from '../../index.ts';
import { countingKeys, openVisibly } from '../dataset-listing.ts';
import { ExitCode } from '../exit-code.ts';
import { nameList, workersOption } from '../options/parse-option.ts';
import { addSampleOptions } from '../options/sample-options.ts';
import { readShard, shardOption } from '../options/shard-option.ts';
import {
  addSourceOptions,
  type ResolvedSource,
  resolveSource,
  SOURCE_ARGUMENT,
} from '../options/source-options.ts';
import { readStatistics } from '../read-statistics.ts';
import { digitsFor, formatCount, formatPlural, formatValue } from '../terminal/format-number.ts';
import { Activity, detail, print, printJson, printText, remark } from '../terminal/output.ts';
import { type Column, formatTable } from '../terminal/table.ts';
import { UsageError } from '../usage-error.ts';
import { checkOutput, writeWhole } from '../write-file.ts';
import { warnOfNames } from './list.ts';

interface MeasureFlags {
  readonly output?: string;
  readonly attributes?: readonly string[];
  readonly workers: number | 'auto';
  readonly where?: string;
  readonly shard?: string;
  readonly merge?: readonly string[];
  readonly json?: boolean;
}

/** Makes `vascusim measure`: statistics of the arrays of a source. */
export function measureCommand(signal: AbortSignal): Command {
  const command = new Command('measure')
    .description('measure the arrays of all samples: means, deviations, ranges')
    .argument('[source]', SOURCE_ARGUMENT)
    .option('-o, --output <file>', 'write the statistics into this .json file, for stream --standardize')
    .option('--where <expression>', "only samples whose metadata fits, such as 'age > 50 && is_healthy'")
    .option('-a, --attributes <names>', 'measure only these arrays, separated by commas', nameList)
    .addOption(workersOption('threads that measure'))
    .addOption(shardOption())
    .option('--merge <files...>', 'merge what measure --shard … -o wrote, in the place of a source')
    .option('--json', 'one JSON document: the statistics');
  return addSourceOptions(addSampleOptions(command))
    .addHelpText(
      'after',
      `
Each component has a line: least and largest value, mean and standard deviation of all values that are finite. What is
measured is what the files hold; only the bytes of these arrays are fetched. MISSING counts samples that lack the array.

Examples:
  vascusim measure /data/aorta -o stats.json
  vascusim measure /data/aorta --shard 0/4 -o part-0.json
  vascusim measure --merge part-*.json -o stats.json
  vascusim measure hf://datasets/user/name --where 'split == "train"' -a pressure,velocity -o stats.json
  vascusim stream hf://datasets/user/name -a pressure,velocity --standardize stats.json`,
    )
    .action(async (given: string | undefined, flags: MeasureFlags) => {
      if (flags.output !== undefined) await checkStatisticsFile(flags.output);
      if (flags.merge !== undefined) {
        if (given !== undefined || flags.shard !== undefined)
          throw new UsageError('--merge takes files of statistics alone, no source and no --shard.');
        await runMerge(flags.merge, flags, signal);
        return;
      }
      process.exitCode = await runMeasure(resolveSource(command, given, signal), flags, signal);
    });
}

/** @throws ConfigError before anything is measured */
async function checkStatisticsFile(output: string): Promise<void> {
  if (extname(output).toLowerCase() !== '.json')
    throw new ConfigError('output', `Statistics are JSON; "${output}" does not end in .json.`);
  await checkOutput(output, true);
}

async function runMeasure(source: ResolvedSource, flags: MeasureFlags, signal: AbortSignal): Promise<number> {
  const filter = flags.where === undefined ? undefined : compileFilter(flags.where);
  const keys = new Map<string, number>();
  const shard = await readShard(flags.shard);
  detail(source.why);
  await using dataset = await openVisibly(source, VascuDataset.open, {
    ...source.options,
    filterFn: filter === undefined ? undefined : countingKeys(keys, filter),
    signal,
  });
  warnOfNames({ keys }, filter?.names ?? []);
  const statistics = await measureVisibly(
    shard === undefined ? dataset : dataset.shard(shard),
    flags,
    signal,
  );
  await tell(statistics, flags, signal);
  return ExitCode.Ok;
}

/** Merges the statistics of shares. */
async function runMerge(files: readonly string[], flags: MeasureFlags, signal: AbortSignal): Promise<void> {
  const parts: Statistics[] = [];
  for (const file of files) parts.push(await readStatistics(file, signal));
  await tell(mergeStatistics(parts), flags, signal);
}

/** Prints statistics, and writes them where that is asked for. */
async function tell(statistics: Statistics, flags: MeasureFlags, signal: AbortSignal): Promise<void> {
  if (flags.json === true) printJson(statistics);
  else printStatistics(statistics);
  if (flags.output !== undefined) {
    const text = `${JSON.stringify(statistics, undefined, 2)}\n`;
    await writeWhole(flags.output, new TextEncoder().encode(text), signal);
    remark(`statistics: ${flags.output}`);
  }
}

async function measureVisibly(
  dataset: VascuDataset,
  { attributes, workers }: MeasureFlags,
  signal: AbortSignal,
): Promise<Statistics> {
  let measured = 0;
  using _activity = new Activity(
    (seconds) =>
      `measured ${formatCount(measured)} of ${formatPlural(dataset.length, 'sample')}: ${formatPlural(seconds, 'second')}`,
  );
  return await dataset.measure({
    attributes,
    numWorkers: workers,
    signal,
    onProgress: ({ done }) => {
      measured = done;
    },
  });
}

function printStatistics({ samples, nodes, cells, fields }: Statistics): void {
  printText(
    `${formatPlural(samples, 'sample')}, ${formatPlural(nodes, 'node')}, ${formatPlural(cells, 'cell')}`,
  );
  const rows = Object.entries(fields).flatMap(([name, field]) => rowsOf(name, field));
  if (rows.length === 0) return;
  const columns: Column[] = [
    { title: 'ARRAY', least: 12 },
    { title: 'MIN', align: 'right', drop: 1 },
    { title: 'MAX', align: 'right', drop: 2 },
    { title: 'MEAN', align: 'right' },
    { title: 'STD', align: 'right' },
    { title: 'NOT FINITE', align: 'right', drop: 4 },
    { title: 'MISSING', align: 'right', drop: 3 },
  ];
  // What no array has is not worth a column.
  const told = [...columns.keys()].filter((at) => at < 5 || rows.some((row) => row[at] !== ''));
  print();
  for (const line of formatTable(
    told.map((at) => columns[at] as Column),
    rows.map((row) => told.map((at) => row[at] as string)),
  ))
    print(line);
}

/** Writes a line for each component of an array. */
function rowsOf(name: string, { min, max, mean, std, nonFinite, missing }: FieldStatistics): string[][] {
  const count = (number: number): string => (number === 0 ? '' : formatCount(number));
  return mean.map((_, at) => {
    const digits = digitsFor(min[at] ?? 0, max[at] ?? 0);
    const value = (number: number | null | undefined): string =>
      typeof number === 'number' ? formatValue(number, digits) : '–';
    return [
      mean.length === 1 ? name : `${name}[${at}]`,
      value(min[at]),
      value(max[at]),
      value(mean[at]),
      typeof std[at] === 'number' ? formatValue(std[at]) : '–',
      count(nonFinite[at] ?? 0),
      at === 0 ? count(missing) : '',
    ];
  });
}
