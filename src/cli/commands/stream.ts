import { Command } from 'commander';
import { compileFilter, StreamingVascuDataset } from '../../data.ts';
import { DataLoader } from '../../loader.ts';
import { describeSummary, streamBatches } from '../batch-table.ts';
import { countingKeys, openVisibly } from '../dataset-listing.ts';
import { ExitCode } from '../exit-code.ts';
import { inFlags } from '../options/advice.ts';
import { nameList, wholeNumber, workersOption } from '../options/parse-option.ts';
import { addSampleOptions } from '../options/sample-options.ts';
import { readShard, shardOption } from '../options/shard-option.ts';
import {
  addSourceOptions,
  type ResolvedSource,
  resolveSource,
  SOURCE_ARGUMENT,
} from '../options/source-options.ts';
import { readStatistics } from '../read-statistics.ts';
import { formatPlural } from '../terminal/format-number.ts';
import { detail, note, print, printText } from '../terminal/output.ts';
import { warnOfNames } from './list.ts';

interface StreamFlags {
  readonly batchSize: number;
  readonly shuffle?: boolean;
  readonly seed: number;
  readonly workers: number | 'auto';
  readonly attributes?: readonly string[];
  readonly normalize?: boolean;
  readonly standardize?: string;
  readonly dropLast?: boolean;
  readonly limit: number;
  readonly skipBad?: boolean;
  readonly where?: string;
  readonly deleteAfterUse?: boolean;
  readonly shard?: string;
  readonly json?: boolean;
}

/** Makes `vascusim stream`: batches of the meshes of a source. */
export function streamCommand(signal: AbortSignal): Command {
  const command = new Command('stream')
    .description('stream the meshes of a source in batches')
    .argument('[source]', SOURCE_ARGUMENT)
    .option('--where <expression>', "only samples whose metadata fits, such as 'age > 50 && is_healthy'")
    .option('-b, --batch-size <n>', 'samples in a batch', wholeNumber(1), 4)
    .option('-s, --shuffle', 'in an order that follows from the seed')
    .option('--seed <n>', 'seed of the order', wholeNumber(0), 0)
    .addOption(workersOption('threads that decode'))
    .option('-a, --attributes <names>', 'read only these arrays, separated by commas', nameList)
    .option('--normalize', 'map positions to the unit box')
    .option('--standardize <file>', 'standardize arrays by the statistics that measure -o wrote')
    .option('--drop-last', 'leave out a last batch that is not full')
    .option('-n, --limit <n>', 'end after this many batches', wholeNumber(0), Number.POSITIVE_INFINITY)
    .addOption(shardOption())
    .option('--skip-bad', 'go on after a file that cannot be read, and list these at the end')
    .option('--delete-after-use', 'remove the cached copy of a mesh when it has been read')
    .option('--json', 'one JSON object a line');
  return addSourceOptions(addSampleOptions(command))
    .addHelpText(
      'after',
      `
Arrays that not all samples of a batch have are left out of that batch, and named at the end.

Examples:
  vascusim stream /data/aorta --batch-size 8 --shuffle --seed 42
  vascusim stream hf://datasets/user/name --where 'age > 50' -a pressure,velocity --json | head -3`,
    )
    .action(async (given: string | undefined, flags: StreamFlags) => {
      process.exitCode = await runStream(resolveSource(command, given, signal), flags, signal);
    });
}

async function runStream(source: ResolvedSource, flags: StreamFlags, signal: AbortSignal): Promise<number> {
  const json = flags.json === true;
  const filter = flags.where === undefined ? undefined : compileFilter(flags.where);
  const keys = new Map<string, number>();
  detail(source.why);
  const standardize =
    flags.standardize === undefined ? undefined : await readStatistics(flags.standardize, signal);
  const failures: { readonly path: string; readonly error: unknown }[] = [];
  const shard = await readShard(flags.shard);
  await using opened = await openVisibly(source, StreamingVascuDataset.open, {
    ...source.options,
    filterFn: filter === undefined ? undefined : countingKeys(keys, filter),
    deleteAfterUse: flags.deleteAfterUse,
    includeAttributes: flags.attributes,
    normalize: flags.normalize,
    standardize,
    signal,
  });
  const dataset = shard === undefined ? opened : opened.shard(shard);
  warnOfNames({ keys }, filter?.names ?? []);
  if (!json) printText(`${formatPlural(dataset.length, 'sample')} in ${source.given}\n`);
  const skip = (error: unknown, index: number): void => {
    failures.push({ path: dataset.samples[index]?.path ?? '', error });
  };
  await using loader = new DataLoader(dataset, {
    batchSize: flags.batchSize,
    shuffle: flags.shuffle,
    seed: flags.seed,
    dropLast: flags.dropLast,
    numWorkers: flags.workers,
    arrays: 'common',
    onError: flags.skipBad === true ? skip : undefined,
    signal,
  });
  let summary: Awaited<ReturnType<typeof streamBatches>>;
  try {
    summary = await streamBatches(loader, {
      limit: flags.limit,
      json,
      bytes: () => {
        const { bytesDownloaded, bytesRead } = dataset.stats();
        return Math.max(bytesDownloaded, bytesRead);
      },
    });
  } catch (error) {
    if (!signal.aborted && flags.skipBad !== true)
      note('A file cannot be used; --skip-bad goes on without such files.');
    throw error;
  }
  if (json) {
    const { leftOut, parts: _, ...rest } = summary;
    const failed = failures.map(({ path: file, error }) => ({ path: file, message: messageOf(error) }));
    const { leftOutArrays, leftOut: notListed } = dataset;
    const arrays = { leftOut: [...leftOut], leftOutArrays };
    print(JSON.stringify({ event: 'end', ...rest, ...arrays, notListed, failed }));
  } else {
    print();
    for (const line of describeSummary(summary, dataset.stats().bytesRead, loader)) printText(line);
    if (failures.length > 0) note(`\n${formatPlural(failures.length, 'file')} could not be used:`);
    for (const { error } of failures) note(`  ${messageOf(error)}`);
  }
  return failures.length > 0 ? ExitCode.Failed : ExitCode.Ok;
}

function messageOf(error: unknown): string {
  return inFlags(error instanceof Error ? error.message : String(error));
}
