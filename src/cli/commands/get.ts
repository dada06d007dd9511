import { Command } from 'commander';
import { compileFilter, type VascuDataset } from '../../data.ts';
import { isVascuError } from '../../index.ts';
import { type DownloadReport, downloadFiles, type FileEntry } from '../../io.ts';
import { isArchiveAddress } from '../archive-address.ts';
import { openCounted } from '../dataset-listing.ts';
import { ExitCode } from '../exit-code.ts';
import { inFlags } from '../options/advice.ts';
import { wholeNumber } from '../options/parse-option.ts';
import { addSampleOptions } from '../options/sample-options.ts';
import { readShard, shardOption } from '../options/shard-option.ts';
import {
  addSourceOptions,
  type ResolvedSource,
  resolveSource,
  SOURCE_ARGUMENT,
} from '../options/source-options.ts';
import { formatBytes, formatEta, formatPlural } from '../terminal/format-number.ts';
import { detail, note, print, printJson, remark } from '../terminal/output.ts';
import { DownloadDisplay } from '../terminal/progress.ts';
import { checkFolder } from '../write-file.ts';
import { warnOfNames } from './list.ts';

interface GetFlags {
  readonly where?: string;
  readonly limit: number;
  readonly to?: string;
  readonly jobs: number;
  readonly keepCached?: boolean;
  readonly dryRun?: boolean;
  readonly shard?: string;
  readonly json?: boolean;
}

/** Makes `vascusim get`: samples of a source, brought to this machine. */
export function getCommand(signal: AbortSignal): Command {
  const command = new Command('get')
    .description('download samples of a source, into a folder or the cache')
    .argument('[source]', SOURCE_ARGUMENT)
    .option('-t, --to <folder>', 'folder to write into; without it the samples come into the cache')
    .option('--where <expression>', "only samples whose metadata fits, such as 'age > 50 && is_healthy'")
    .option('-n, --limit <n>', 'at most this many samples', wholeNumber(0), Number.POSITIVE_INFINITY)
    .option('-j, --jobs <n>', 'files that are fetched at a time', wholeNumber(1), 4)
    .addOption(shardOption())
    .option('--keep-cached', 'with --to: keep what was fetched in the cache as well')
    .option('--dry-run', 'only say what would be fetched')
    .option('--json', 'one JSON document; with --dry-run one object a line');
  return addSourceOptions(addSampleOptions(command))
    .addHelpText(
      'after',
      `
A sample comes with its metadata and, if it has any, its pieces; of an archive that is named itself all files
come. What is there already is not fetched again. When it ends early, as by Ctrl-C or a network that fails, the same
command goes on where it was. A file appears in the folder only when it is complete; one of its name with other
content is replaced, and counted.

Examples:
  vascusim get user/name --where 'age > 50' --to ./data
  vascusim get nas://192.168.1.100/sim/aorta --user biosim --to ./data -j 8`,
    )
    .action(async (given: string | undefined, flags: GetFlags) => {
      process.exitCode = await runGet(resolveSource(command, given, signal), flags, signal);
    });
}

async function runGet(source: ResolvedSource, flags: GetFlags, signal: AbortSignal): Promise<number> {
  const filter = flags.where === undefined ? undefined : compileFilter(flags.where);
  detail(source.why);
  if (flags.to !== undefined) await checkFolder(flags.to);
  const shard = await readShard(flags.shard);
  await using opened = await openCounted(source, filter);
  const { dataset, keys } = opened;
  warnOfNames({ keys }, filter?.names ?? []);
  const limited = Math.min(dataset.length, flags.limit);
  const wanted = shard === undefined ? dataset : firstOf(dataset, limited).shard(shard);
  const count = Math.min(wanted.length, limited);
  // All of an archive that is named itself is wanted, not its samples alone.
  const isUnpacking =
    isArchiveAddress(source.given) &&
    filter === undefined &&
    shard === undefined &&
    flags.limit === Number.POSITIVE_INFINITY &&
    !choosesSamples(source);
  const entries = isUnpacking
    ? await dataset.streamer.listFiles({ prefix: dataset.folder, signal })
    : filesOf(wanted, count);
  if (flags.dryRun === true) {
    for (const { path, size } of entries) print(flags.json === true ? JSON.stringify({ path, size }) : path);
    const { leftOut } = dataset;
    if (flags.json === true && leftOut.length > 0) print(JSON.stringify({ leftOut }));
    remark(
      `${formatPlural(count, 'sample')}, ${formatPlural(entries.length, 'file')}, ${formatBytes(sum(entries))}`,
    );
    return ExitCode.Ok;
  }
  let report: DownloadReport;
  try {
    using display = new DownloadDisplay();
    report = await downloadFiles(dataset.streamer, entries, {
      to: flags.to,
      base: dataset.folder,
      keepCached: flags.keepCached,
      concurrency: flags.jobs,
      onProgress: display.update,
      signal,
    });
  } catch (error) {
    const isOver = isVascuError(error, 'CONFIG');
    if (!isOver) remark('Not finished: the same command goes on where this one ended.');
    throw error;
  }
  const { leftOut } = dataset;
  if (flags.json === true) printJson({ samples: count, to: flags.to, ...toPlain(report), leftOut });
  summarize(count, report);
  return report.failed.length > 0 ? ExitCode.Failed : ExitCode.Ok;
}

/** Says whether options choose among the files of a source. */
function choosesSamples({ options: { include, exclude, samples } }: ResolvedSource): boolean {
  return include !== undefined || exclude !== undefined || samples !== undefined;
}

/** Makes a dataset of the first samples. */
function firstOf(dataset: VascuDataset, count: number): VascuDataset {
  return count === dataset.length ? dataset : dataset.subset(Array(count).keys());
}

/** Lists the files of the first samples, each once, with their metadata. */
function filesOf(dataset: VascuDataset, count: number): FileEntry[] {
  if (count === 0) return [];
  const wanted = new Map(dataset.commonFiles.map((entry) => [entry.path, entry]));
  for (let index = 0; index < count; index++) {
    for (const entry of dataset.filesOf(index)) wanted.set(entry.path, entry);
    for (const entry of dataset.metadataFilesOf(index)) wanted.set(entry.path, entry);
  }
  return [...wanted.values()];
}

function summarize(
  samples: number,
  { got, replaced, had, failed, bytesFetched, milliseconds }: DownloadReport,
): void {
  const rate = milliseconds > 0 ? (1000 * bytesFetched) / milliseconds : 0;
  const what =
    bytesFetched === 0
      ? ''
      : `; ${formatBytes(bytesFetched)} in ${formatEta(milliseconds)}, ${formatBytes(rate)}/s`;
  const others = replaced > 0 ? `, replaced ${replaced} that had other content` : '';
  const lost = failed.length > 0 ? `, failed ${failed.length}` : '';
  remark(
    `${formatPlural(samples, 'sample')}: got ${formatPlural(got, 'file')}, had ${had}${others}${lost}${what}`,
  );
  for (const { path, error } of failed.slice(0, 50)) note(`  failed ${path}: ${messageOf(error)}`);
  if (failed.length > 50) note(`  … and ${failed.length - 50} more`);
  if (failed.length > 0) remark('The same command tries these again.');
}

function toPlain({ failed, ...report }: DownloadReport): object {
  return { ...report, failed: failed.map(({ path, error }) => ({ path, message: messageOf(error) })) };
}

function messageOf(error: unknown): string {
  return inFlags(error instanceof Error ? error.message : String(error));
}

function sum(entries: readonly FileEntry[]): number {
  return entries.reduce((total, { size }) => total + size, 0);
}
