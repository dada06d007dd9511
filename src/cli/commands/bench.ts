import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { type CompiledFilter, compileFilter } from '../../data.ts';
import { ConfigError } from '../../index.ts';
import { conclude } from '../bench-conclusion.ts';
import { type BenchPass, runPass } from '../bench-pass.ts';
import { describeBench } from '../bench-report.ts';
import { nameList, wholeNumber, workersOption } from '../options/parse-option.ts';
import { addSampleOptions } from '../options/sample-options.ts';
import {
  addSourceOptions,
  type ResolvedSource,
  resolveSource,
  SOURCE_ARGUMENT,
} from '../options/source-options.ts';
import { makeTemporaryFolder } from '../options/temporary-folder.ts';
import { formatBytes, formatDuration, formatPlural, formatRate } from '../terminal/format-number.ts';
import { detail, print, printJson, printText, remark } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import { checkOutput, writeWhole } from '../write-file.ts';
import { warnOfNames } from './list.ts';

interface BenchFlags {
  readonly limit: number;
  readonly where?: string;
  readonly batchSize: number;
  readonly workers: number | 'auto';
  readonly prefetch: number;
  readonly attributes?: readonly string[];
  readonly stepMs: number;
  readonly report?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Makes `vascusim bench`: how fast samples come, cold and warm. */
export function benchCommand(signal: AbortSignal): Command {
  const command = new Command('bench')
    .description('measure how fast a source comes in batches, and what holds it up')
    .argument('[source]', SOURCE_ARGUMENT)
    .option('-n, --limit <n>', 'samples', wholeNumber(1), 64)
    .option('--where <expression>', "only samples whose metadata fits, such as 'age > 50 && is_healthy'")
    .option('-b, --batch-size <n>', 'samples in a batch', wholeNumber(1), 4)
    .addOption(workersOption('threads that decode'))
    .option('--prefetch <n>', 'batches that are loaded ahead', wholeNumber(0), 1)
    .option('-a, --attributes <names>', 'read only these arrays, separated by commas', nameList)
    .option('--step-ms <n>', 'milliseconds that a training step takes', wholeNumber(0), 0)
    .option('--report <file>', 'a page with what was measured and its course, .html')
    .option('-f, --force', 'write over a report that is there')
    .option('--json', 'one JSON document');
  return addSourceOptions(addSampleOptions(command))
    .addHelpText(
      'after',
      `
Samples are loaded twice: cold into an empty cache, which is removed afterwards, and warm from it. A folder's own files
are read in place; its first pass is only as cold as the system's memory of them.

WAIT is how long the loop waited for a batch, the median and the 95th percentile.

Examples:
  vascusim bench user/name -n 64 --batch-size 4
  vascusim bench nas://192.168.1.100/sim --user biosim --step-ms 200 --report bench.html`,
    )
    .action(async (given: string | undefined, flags: BenchFlags) => {
      const { report } = flags;
      if (report !== undefined) await checkReport(report, flags.force);
      const source = resolveSource(command, given, signal);
      detail(source.why);
      const filter = flags.where === undefined ? undefined : compileFilter(flags.where);
      const measured = await measure(source, flags, filter, signal);
      const passes = measured.map(({ pass }) => pass);
      const [{ leftOut, keys }] = measured;
      warnOfNames({ keys }, filter?.names ?? []);
      const cold = passes[0] as BenchPass;
      const conclusion = conclude(cold, flags, source.isLocal);
      const concluded = `bound by: ${conclusion.boundBy ?? 'nothing that shows'}. ${conclusion.suggestion}`;
      if (flags.json === true) printJson({ source: source.given, passes, ...conclusion, leftOut });
      else {
        printPasses(passes, source.isLocal);
        printText(concluded);
      }
      if (report === undefined) return;
      const page = describeBench({
        source: source.given,
        isLocal: source.isLocal,
        passes,
        conclusion: concluded,
        circumstances: describeCircumstances(flags),
      });
      await writeWhole(report, new TextEncoder().encode(page), signal);
      remark(`report: ${report}`);
    });
}

/**
 * Checks that the report can be written there.
 *
 * @throws ConfigError before anything is measured
 */
async function checkReport(report: string, force: boolean | undefined): Promise<void> {
  if (!/\.html?$/i.test(report))
    throw new ConfigError('report', `The report is a page; "${report}" does not end in .html.`);
  await checkOutput(report, force);
}

function describeCircumstances({ batchSize, workers, prefetch, stepMs }: BenchFlags): string {
  const when = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const how = `batches of ${batchSize}, ${describeWorkers(workers)}, ${prefetch} ahead, a step of ${stepMs} ms`;
  return `${when} UTC; ${how}; Node.js ${process.versions.node}, ${formatPlural(availableParallelism(), 'processor')}.`;
}

function describeWorkers(workers: number | 'auto'): string {
  if (workers === 'auto') return 'as many workers as help';
  return workers === 0 ? 'no worker' : formatPlural(workers, 'worker');
}

type Measured = Awaited<ReturnType<typeof runPass>>;

async function measure(
  source: ResolvedSource,
  flags: BenchFlags,
  filter: CompiledFilter | undefined,
  signal: AbortSignal,
): Promise<[Measured, Measured]> {
  const isLocal = source.isLocal;
  const cacheDir = isLocal ? undefined : makeTemporaryFolder('vascusim-bench-');
  const options = {
    samples: flags.limit,
    batchSize: flags.batchSize,
    workers: flags.workers,
    prefetch: flags.prefetch,
    attributes: flags.attributes,
    stepMs: flags.stepMs,
    filter,
    cacheDir,
    signal,
  };
  try {
    const first = await runPass(isLocal ? 'first' : 'cold', source, options);
    return [first, await runPass(isLocal ? 'again' : 'warm', source, options)];
  } finally {
    if (cacheDir !== undefined) await rm(cacheDir, { recursive: true, force: true });
  }
}

function printPasses(passes: readonly BenchPass[], isLocal: boolean): void {
  const columns = [
    { title: '' },
    { title: 'SAMPLES/S', align: 'right' },
    { title: isLocal ? 'READ' : 'FETCHED', align: 'right', drop: 2 },
    { title: 'WAITING', align: 'right', drop: 1 },
    { title: 'FIRST BATCH', align: 'right', drop: 3 },
    { title: 'WAIT P50', align: 'right', drop: 5 },
    { title: 'P95', align: 'right', drop: 6 },
    { title: 'LISTING', align: 'right', drop: 4 },
  ] as const;
  const rows = passes.map((pass) => {
    const bytes = isLocal ? pass.bytesRead : pass.bytesFetched;
    return [
      pass.name,
      formatRate(pass.samplesPerSecond),
      bytes === 0 ? '–' : `${formatBytes((1000 * bytes) / pass.milliseconds)}/s`,
      `${Math.round(pass.waitingPercent)} %`,
      formatDuration(pass.firstBatchMs),
      formatDuration(pass.wait.p50),
      formatDuration(pass.wait.p95),
      formatDuration(pass.listMs),
    ];
  });
  for (const line of formatTable(columns, rows)) print(line);
  const { samples, batches, bytesRead } = passes[0] as BenchPass;
  printText(
    `${formatPlural(samples, 'sample')} in ${formatPlural(batches, 'batch', 'batches')}, ${formatBytes(bytesRead)} of meshes`,
  );
}
