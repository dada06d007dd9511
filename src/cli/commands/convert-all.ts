import { type Command, Option } from 'commander';
import { compileFilter, VascuDataset } from '../../data.ts';
import {
  type ConvertDatasetOptions,
  type ConvertProgress,
  type ConvertReport,
  convertDataset,
  type ResultKind,
} from '../../io.ts';
import { countingKeys, openVisibly } from '../dataset-listing.ts';
import { ExitCode } from '../exit-code.ts';
import { inFlags } from '../options/advice.ts';
import { expandHome } from '../options/own-path.ts';
import { byteCount, wholeNumber } from '../options/parse-option.ts';
import { addSampleOptions } from '../options/sample-options.ts';
import { readShard, shardOption } from '../options/shard-option.ts';
import { resolveSource } from '../options/source-options.ts';
import { formatBytes, formatPlural } from '../terminal/format-number.ts';
import { Activity, detail, note, print, printJson, printText, remark } from '../terminal/output.ts';
import { UsageError } from '../usage-error.ts';
import { warnOfNames } from './list.ts';

/** Options of `vascusim convert` that are for whole data sets. */
export interface ConvertAllFlags
  extends Pick<
    ConvertDatasetOptions,
    'compressor' | 'dryRun' | 'verify' | 'prune' | 'force' | 'shardSize' | 'shuffle' | 'seed'
  > {
  readonly to?: ResultKind;
  readonly attributes?: readonly string[];
  readonly jobs?: number;
  readonly shard?: string;
  readonly where?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

/** Names of them that mean nothing for one file, as the command has them. */
const OF_DATA_SETS = [
  'jobs',
  'shard',
  'where',
  'limit',
  'dryRun',
  'verify',
  'prune',
  'shardSize',
  'shuffle',
  'seed',
] as const;

/** Samples that are named at most. */
const MAX_NAMED = 20;

/** Adds the options of whole data sets. */
export function addDataSetOptions(command: Command): Command {
  const options = [
    new Option(
      '--to <form>',
      'convert all samples of a source into a directory: files of this form, or tars of many (webdataset)',
    ).choices(['vtu', 'vtp', 'safetensors', 'webdataset']),
    new Option('--where <expression>', "only samples whose metadata fits, such as 'age > 50 && is_healthy'"),
    new Option('-n, --limit <n>', 'at most this many samples').argParser(wholeNumber(0)),
    shardOption(),
    new Option('-j, --jobs <n>', 'samples that are converted at a time (4)').argParser(wholeNumber(1)),
    new Option('--dry-run', 'only say what would be converted'),
    new Option('--verify', 'compare what is there by its digest, not by its size alone'),
    new Option('--prune', 'remove the results of samples that are not there any more'),
    new Option('--shard-size <size>', 'size of a tar (256MiB)').argParser(byteCount),
    new Option('--shuffle', 'tars of samples in an order that follows from the seed'),
    new Option('--seed <n>', 'seed of that order').argParser(wholeNumber(0)),
  ];
  for (const option of options) command.addOption(option.helpGroup('Options of whole data sets (--to):'));
  return addSampleOptions(command);
}

/** @throws UsageError for an option of whole data sets without `--to` */
export function refuseDataSetOptions(command: Command): void {
  const name = OF_DATA_SETS.find((each) => command.getOptionValueSource(each) === 'cli');
  if (name === undefined) return;
  const flag = command.options.find((option) => option.attributeName() === name)?.long;
  throw new UsageError(
    `${flag} is for whole data sets: give --to vtu, vtp, safetensors or webdataset, with a source and a directory.`,
  );
}

/** Converts all samples of a source into a directory. @returns the exit code */
export async function runConvertAll(
  command: Command,
  [given = '', target, more]: readonly (string | undefined)[],
  flags: ConvertAllFlags & { readonly to: ResultKind },
  signal: AbortSignal,
): Promise<number> {
  if (target === undefined) throw new UsageError("missing required argument 'directory'");
  if (more !== undefined)
    throw new UsageError('With --to all samples are converted: give a source and a directory alone.');
  const directory = expandHome(target, 'The directory');
  const source = resolveSource(command, given, signal);
  const filter = flags.where === undefined ? undefined : compileFilter(flags.where);
  const keys = new Map<string, number>();
  detail(source.why);
  const shard = await readShard(flags.shard);
  await using opened = await openVisibly(source, VascuDataset.open, {
    ...source.options,
    filterFn: filter === undefined ? undefined : countingKeys(keys, filter),
    includeAttributes: flags.attributes,
    signal,
  });
  warnOfNames({ keys }, filter?.names ?? []);
  const { limit = opened.length } = flags;
  const dataset = limit < opened.length ? opened.subset(Array(limit).keys()) : opened;
  const typed = command.getOptionValueSource('encoding') === 'cli';
  const { to, compressor, dryRun, verify, prune, force, shardSize, shuffle, seed, jobs = 4 } = flags;
  const encoding = typed
    ? (command.getOptionValue('encoding') as ConvertDatasetOptions['encoding'])
    : undefined;
  const results = { to, encoding, compressor, shardSize, shuffle, seed };
  const options = { ...results, shard, jobs, dryRun, verify, prune, force, signal };
  const report = await convertVisibly(dataset, directory, options);
  if (flags.json === true) {
    const failed = report.failed.map((each) => ({ ...each, message: inFlags(each.message) }));
    printJson({ ...report, failed });
  } else if (dryRun === true) for (const id of report.left ?? []) print(id);
  tellConversion(report, { directory, flags });
  return report.failed.length > 0 || report.missing !== undefined ? ExitCode.Failed : ExitCode.Ok;
}

async function convertVisibly(
  dataset: VascuDataset,
  directory: string,
  options: ConvertDatasetOptions,
): Promise<ConvertReport> {
  let progress: ConvertProgress | undefined;
  using _activity = new Activity((seconds) => {
    if (progress === undefined) return `looking at what is done: ${formatPlural(seconds, 'second')}`;
    const { done, samples, failed, bytesFetched } = progress;
    const fetched = bytesFetched === 0 ? '' : `, ${formatBytes(bytesFetched)} fetched`;
    const lost = failed === 0 ? '' : `, ${failed} failed`;
    return `converted ${done} of ${formatPlural(samples, 'sample')}${lost}${fetched}: ${formatPlural(seconds, 'second')}`;
  });
  const onProgress = (now: ConvertProgress): void => void (progress = now);
  try {
    return await convertDataset(dataset, directory, { ...options, onProgress });
  } catch (error) {
    if (progress !== undefined) remark('Not finished: the same command goes on where this one ended.');
    throw error;
  }
}

/** Tells people what came of a conversion. */
export function tellConversion(
  { samples, converted, skipped, failed, bytesFetched, vanished = [], missing = [] }: ConvertReport,
  {
    directory,
    flags,
  }: {
    readonly directory: string;
    readonly flags: Pick<ConvertAllFlags, 'dryRun' | 'json' | 'prune'>;
  },
): void {
  const fetched = bytesFetched === 0 ? '' : `; ${formatBytes(bytesFetched)} fetched`;
  const lost = failed.length === 0 ? '' : `, failed ${failed.length}`;
  const verb = flags.dryRun === true ? 'to convert' : 'converted';
  const line = `${directory}: ${formatPlural(samples, 'sample')}, ${verb} ${converted}, done before ${skipped}${lost}${fetched}`;
  if (flags.json === true || flags.dryRun === true) remark(line);
  else printText(line);
  list(
    'failed',
    failed.map(({ id, message }) => `${id}: ${inFlags(message)}`),
  );
  if (failed.length > 0) remark('The same command tries these again.');
  if (vanished.length > 0) {
    const done = flags.prune === true && flags.dryRun !== true ? 'removed' : '--prune removes them';
    note(
      `${formatPlural(vanished.length, 'result')} of samples that are not among these any more (${done}):`,
    );
    list('gone', vanished);
  }
  if (missing.length > 0) {
    note(
      `The source changed between shares: ${formatPlural(missing.length, 'sample')} in none of them. The same command without --shard converts them:`,
    );
    list('missing', missing);
  }
}

function list(word: string, lines: readonly string[]): void {
  for (const line of lines.slice(0, MAX_NAMED)) note(`  ${word} ${line}`);
  if (lines.length > MAX_NAMED) note(`  … and ${lines.length - MAX_NAMED} more`);
}
