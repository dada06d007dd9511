import { Command, Option } from 'commander';
import { compileFilter, VascuDataset } from '../../data.ts';
import type { ConvertReport, ResultKind } from '../../io.ts';
import type { Dashboard } from '../../queue/dashboard.ts';
import type { FleetQueue } from '../../queue/fleet-queue.ts';
import type { PlannedResults } from '../../queue/job-data.ts';
import { countingKeys, openVisibly } from '../dataset-listing.ts';
import { ExitCode } from '../exit-code.ts';
import { planSource } from '../fleet/planned-source.ts';
import { addRedisOptions, openRedis, type RedisFlags } from '../fleet/redis-option.ts';
import { inFlags } from '../options/advice.ts';
import { expandHome } from '../options/own-path.ts';
import { byteCount, nameList, portNumber, wholeNumber } from '../options/parse-option.ts';
import { addSampleOptions } from '../options/sample-options.ts';
import { addSourceOptions, type ResolvedSource, resolveSource } from '../options/source-options.ts';
import { formatPlural } from '../terminal/format-number.ts';
import { Activity, detail, note, printJson, printText, remark } from '../terminal/output.ts';
import { UsageError } from '../usage-error.ts';
import { tellConversion } from './convert-all.ts';
import { warnOfNames } from './list.ts';

interface FleetFlags extends RedisFlags {
  readonly to?: ResultKind;
  readonly encoding?: NonNullable<PlannedResults['encoding']>;
  readonly compressor?: 'zlib' | 'none';
  readonly attributes?: readonly string[];
  readonly graphOf?: 'points' | 'cells';
  readonly shardSize?: number;
  readonly shuffle?: boolean;
  readonly seed?: number;
  readonly where?: string;
  readonly limit?: number;
  readonly ahead: number;
  readonly attempts: number;
  readonly verify?: boolean;
  readonly prune?: boolean;
  readonly force?: boolean;
  readonly status?: boolean;
  readonly dashboard?: number | boolean;
  readonly json?: boolean;
}

/** Makes `vascusim fleet`: all of a data set converted by workers. */
export function fleetCommand(signal: AbortSignal): Command {
  const command = new Command('fleet')
    .description('have workers, on any machines, convert all samples of a source into a directory')
    .usage('[options] --to <form> <source> <directory>\n       vascusim fleet --status [--json]')
    .argument('[source]', 'as convert --to takes it')
    .argument('[directory]', 'of the results, which all workers see')
    .addOption(
      new Option('--to <form>', 'files of this form, or tars of many').choices([
        'vtu',
        'vtp',
        'safetensors',
        'webdataset',
      ]),
    )
    .addOption(
      new Option('--encoding <name>', 'of .vtu and .vtp').choices(['raw', 'base64', 'inline', 'ascii']),
    )
    .addOption(new Option('--compressor <name>', 'of .vtu and .vtp').choices(['zlib', 'none']))
    .option('-a, --attributes <names>', 'keep only these point and cell arrays', nameList)
    .option('--where <expression>', "only samples whose metadata fits, such as 'age > 50 && is_healthy'")
    .option('-n, --limit <n>', 'at most this many samples', wholeNumber(0))
    .option('--shard-size <size>', 'size of a tar (256MiB)', byteCount)
    .option('--shuffle', 'tars of samples in an order that follows from the seed')
    .option('--seed <n>', 'seed of that order', wholeNumber(0))
    .option('--ahead <n>', 'most jobs that are in Redis', wholeNumber(1), 2000)
    .option('--attempts <n>', 'tries of a sample where the network fails', wholeNumber(1), 3)
    .option('--verify', 'compare what is there by its digest, not by its size alone')
    .option('--prune', 'remove the results of samples that are not there any more')
    .option('-f, --force', 'convert again what is done')
    .option('--status', 'say what the queue holds, and who works')
    .addOption(
      new Option('--dashboard [port]', 'serve a page that shows the queue, on this machine alone').argParser(
        portNumber,
      ),
    )
    .option('--json', 'one JSON document');
  return addSourceOptions(addSampleOptions(addRedisOptions(command)))
    .addHelpText(
      'after',
      `
Workers are started with "vascusim worker", on as many machines as see the directory. What is done is done once, whoever
is killed; the same command goes on where it was, also after Ctrl-C. A sample that cannot be read does not stop the
others: it is named at the end. Redis needs no persistence: what it loses is put in again.

Examples:
  vascusim fleet nas://192.168.1.100/sim/aorta /mnt/graphs --to safetensors --redis redis://10.0.0.5
  vascusim worker --redis redis://10.0.0.5 -j 4
  vascusim fleet --status --redis redis://10.0.0.5`,
    )
    .action(async (source: string | undefined, directory: string | undefined, flags: FleetFlags) => {
      process.exitCode = await runFleetCommand(command, source, directory, flags, signal);
    });
}

async function runFleetCommand(
  command: Command,
  given: string | undefined,
  target: string | undefined,
  flags: FleetFlags,
  signal: AbortSignal,
): Promise<number> {
  const isLooking = flags.status === true || (flags.dashboard !== undefined && target === undefined);
  if (!isLooking && flags.to === undefined)
    throw new UsageError('--to is missing: vtu, vtp, safetensors or webdataset.');
  if (!isLooking && target === undefined)
    throw new UsageError(`missing required argument '${given === undefined ? 'source' : 'directory'}'`);
  await using redis = await openRedis(command, signal);
  const { FleetQueue: Queue } = await import('../../queue/fleet-queue.ts');
  await using queue = await Queue.open(redis, flags.name);
  if (flags.status === true) {
    const { readStatus } = await import('../../queue/fleet-status.ts');
    const status = await readStatus(queue);
    if (flags.json === true) printJson(status);
    else {
      const { describeStatus } = await import('../fleet/describe-status.ts');
      for (const line of describeStatus(status)) printText(line);
    }
    return ExitCode.Ok;
  }
  await using dashboard = await serveDashboard(queue, flags);
  if (target === undefined) {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    return ExitCode.Ok;
  }
  detail(dashboard === undefined ? '' : dashboard.url);
  const directory = expandHome(target, 'The directory');
  const source = resolveSource(command, given, signal);
  const filter = flags.where === undefined ? undefined : compileFilter(flags.where);
  const keys = new Map<string, number>();
  detail(source.why);
  await using opened = await openVisibly(source, VascuDataset.open, {
    ...source.options,
    filterFn: filter === undefined ? undefined : countingKeys(keys, filter),
    signal,
  });
  warnOfNames({ keys }, filter?.names ?? []);
  const { limit = opened.length } = flags;
  const dataset = limit < opened.length ? opened.subset(Array(limit).keys()) : opened;
  const report = await runVisibly(command, dataset, { directory, source, queue, flags }, signal);
  if (flags.json === true)
    printJson({
      ...report,
      failed: report.failed.map((each) => ({ ...each, message: inFlags(each.message) })),
    });
  tellConversion(report, { directory, flags });
  return report.failed.length > 0 ? ExitCode.Failed : ExitCode.Ok;
}

async function runVisibly(
  command: Command,
  dataset: VascuDataset,
  {
    directory,
    source,
    queue,
    flags,
  }: {
    readonly directory: string;
    readonly source: ResolvedSource;
    readonly queue: FleetQueue;
    readonly flags: FleetFlags;
  },
  signal: AbortSignal,
): Promise<ConvertReport> {
  const { runFleet } = await import('../../queue/fleet-run.ts');
  const { to, encoding, compressor, shardSize, shuffle, seed, attributes, graphOf } = flags;
  const results: PlannedResults = {
    to: to as ResultKind,
    ...(encoding && { encoding }),
    ...(compressor && { compressor }),
    ...(shardSize && { shardSize }),
    ...(shuffle && { shuffle }),
    ...(seed !== undefined && { seed }),
    ...(attributes && { attributes }),
    ...(graphOf && { graphOf }),
  };
  let line = '';
  using _activity = new Activity((seconds) =>
    line === '' ? '' : `${line}: ${formatPlural(seconds, 'second')}`,
  );
  try {
    return await runFleet(dataset, directory, queue, {
      source: planSource(command, source),
      results,
      ahead: flags.ahead,
      attempts: flags.attempts,
      verify: flags.verify,
      prune: flags.prune,
      force: flags.force,
      onProgress: ({ done, samples, failed, waiting, active, delayed }) => {
        const lost = failed === 0 ? '' : `, ${failed} failed`;
        line = `done ${done} of ${formatPlural(samples, 'sample')}${lost}; ${active} under way, ${waiting + delayed} in the queue`;
      },
      onRemark: note,
      signal,
    });
  } catch (error) {
    if (signal.aborted)
      remark('The workers go on with what is in the queue; the same command watches again.');
    throw error;
  }
}

async function serveDashboard(queue: FleetQueue, { dashboard }: FleetFlags): Promise<Dashboard | undefined> {
  if (dashboard === undefined) return undefined;
  const { Dashboard: Page } = await import('../../queue/dashboard.ts');
  const served = await Page.serve(queue, typeof dashboard === 'number' ? dashboard : 0);
  note(`The queue is shown at ${served.url}`);
  return served;
}
