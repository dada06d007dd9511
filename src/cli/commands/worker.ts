import { Command, InvalidArgumentError, Option } from 'commander';
import type { WorkerProgress } from '../../queue/queue-worker.ts';
import { planOpener } from '../fleet/planned-source.ts';
import { addRedisOptions, openRedis, type RedisFlags } from '../fleet/redis-option.ts';
import { expandHome } from '../options/own-path.ts';
import { wholeNumber } from '../options/parse-option.ts';
import { formatPlural } from '../terminal/format-number.ts';
import { Activity, printJson, printText } from '../terminal/output.ts';

interface WorkerFlags extends RedisFlags {
  readonly directory?: string;
  readonly jobs: number;
  readonly untilEmpty?: boolean;
  readonly for?: number;
  readonly json?: boolean;
}

/** Makes `vascusim worker`: jobs of a fleet, done on this machine. */
export function workerCommand(signal: AbortSignal): Command {
  const command = new Command('worker')
    .description('do the jobs that a fleet has put on Redis')
    .option('--directory <folder>', "path of the fleet's directory on this machine (the same as there)")
    .option('-j, --jobs <n>', 'samples that are converted at a time', wholeNumber(1), 1)
    .option('--until-empty', 'end when nothing is left to do')
    .addOption(
      new Option('--for <time>', 'take no more jobs after this time, such as 50m, 2h').argParser(duration),
    )
    .option('--json', 'say what was done as JSON');
  return addRedisOptions(command)
    .addHelpText(
      'after',
      `
A worker reads the source with the settings and logins of its own environment: a login goes only to the source that
VASCUSIM_SOURCE names. It writes into the fleet's directory alone. Ctrl-C and SIGTERM give its jobs back, within two
seconds; a worker that is killed, or stopped, loses its jobs to others within half a minute.

Who can write to the Redis can have workers read any mesh that they can read, and write results into that directory.

Examples:
  vascusim worker --redis redis://10.0.0.5 -j 4
  vascusim worker --redis redis://10.0.0.5 --directory /mnt/results --until-empty --for 50m`,
    )
    .action(async (flags: WorkerFlags) => {
      await runWorkerCommand(command, flags, signal);
    });
}

async function runWorkerCommand(command: Command, flags: WorkerFlags, signal: AbortSignal): Promise<void> {
  const { name, jobs, untilEmpty = false, directory } = flags;
  await using redis = await openRedis(command, signal);
  const { runWorker } = await import('../../queue/queue-worker.ts');
  let progress: WorkerProgress = { converted: 0, failed: 0, active: 0 };
  using _activity = new Activity((seconds) => `${describe(progress)}: ${formatPlural(seconds, 'second')}`);
  const done = await runWorker(redis, {
    name,
    jobs,
    untilEmpty,
    forMs: flags.for,
    directory: directory === undefined ? undefined : expandHome(directory, '--directory'),
    open: planOpener(process.env['VASCUSIM_SOURCE']),
    onProgress: (now) => void (progress = now),
    signal,
  });
  if (flags.json === true) printJson({ converted: done.converted, failed: done.failed });
  else printText(describe(done));
}

function describe({ converted, failed }: WorkerProgress): string {
  return `converted ${formatPlural(converted, 'sample')}${failed === 0 ? '' : `, failed ${failed}`}`;
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Longest time that a timer takes, milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Parses a time: `50m`, `90s`, `2h`. @returns milliseconds */
function duration(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const ms = Number(number) * (UNIT_MS[unit] ?? Number.NaN);
  if (number !== '' && ms > 0 && ms <= MAX_TIMER_MS) return ms;
  throw new InvalidArgumentError('It must be a time such as 90s, 50m or 2h, at most 24 days.');
}
