import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import manifest from '../../../package.json' with { type: 'json' };
import { compileFilter, type FilterFn, type VascuDataset } from '../../data.ts';
import { startView } from '../../view/start-view.ts';
import { countingKeys } from '../dataset-listing.ts';
import { chooseField } from '../default-array.ts';
import { describeUnused } from '../file-lists.ts';
import { nameList, wholeNumber } from '../options/parse-option.ts';
import { addSampleOptions } from '../options/sample-options.ts';
import { callOption } from '../options/source-flags.ts';
import { addSourceOptions, SOURCE_ARGUMENT } from '../options/source-options.ts';
import { note, print, printJson, remark } from '../terminal/output.ts';
import { unitOf } from '../unit-of.ts';
import { UsageError } from '../usage-error.ts';
import { resolveViewed } from '../viewed-place.ts';
import { warnOfNames } from './list.ts';

/** Largest port. */
const MAX_PORT = 65_535;
/** Time for which a listing may fail before the address is printed, milliseconds. */
const PATIENCE_MS = 300;

interface ViewFlags {
  readonly viewPort: number;
  readonly open: boolean;
  readonly attribute?: string;
  readonly where?: string;
  readonly limit: number;
  readonly columns?: readonly string[];
  readonly files?: boolean;
  readonly thumbnails: 'auto' | 'on' | 'off';
  readonly report?: string;
  readonly json?: boolean;
}

/** Makes `vascusim view`: a page to look at samples. */
export function viewCommand(signal: AbortSignal): Command {
  const command = new Command('view')
    .description('look at samples in the browser: surfaces, slices, steps, and the course of a run')
    .argument('[source...]', `${SOURCE_ARGUMENT}; or mesh files`)
    .addOption(portOption())
    .option('--no-open', 'open no browser')
    .option('-a, --attribute <name>', 'array that is shown first')
    .option('--where <expression>', "only samples whose metadata fits, such as 'age > 50 && is_healthy'")
    .option('-n, --limit <n>', 'at most this many samples', wholeNumber(0), Number.POSITIVE_INFINITY)
    .option('-c, --columns <names>', 'keys of the metadata beside each sample, separated by commas', nameList)
    .addOption(
      new Option('--thumbnails <when>', 'small pictures: auto where nothing has to be fetched for them')
        .choices(['auto', 'on', 'off'])
        .default('auto'),
    )
    .option('--report <file>', 'show the run that stream --report, or a DataLoader, writes')
    .option('--files', 'say which files are in no sample, and why')
    .option('--json', 'print the address as JSON');
  return addSourceOptions(addSampleOptions(command))
    .addHelpText(
      'after',
      `
The page is served on this machine alone, at an address with a token that nobody else knows. Of a sample only what is
shown is fetched: its points, its cells and one array. Ctrl-C ends it. Of a page on another machine, such as a cluster:
ssh -L 9000:127.0.0.1:PORT host, and its address with port 9000 in the browser here.

Examples:
  vascusim view /data/aorta
  vascusim view hf://datasets/user/name --where 'age > 50' -a pressure
  vascusim view case_1.vtu case_2.vtu
  vascusim view --report run.jsonl`,
    )
    .action((given: readonly string[], flags: ViewFlags) => runView(command, given, flags, signal));
}

async function runView(
  command: Command,
  given: readonly string[],
  flags: ViewFlags,
  signal: AbortSignal,
): Promise<void> {
  const filter = flags.where === undefined ? undefined : compileFilter(flags.where);
  const isRunAlone = given.length === 0 && flags.report !== undefined;
  const place = isRunAlone ? undefined : resolveViewed(command, given, signal);
  const keys = new Map<string, number>();
  const counting = filter === undefined ? undefined : countingKeys(keys, filter);
  const filterFn = flags.limit < Number.POSITIVE_INFINITY ? limitTo(flags.limit, counting) : counting;
  let opened: VascuDataset | undefined;
  await using view = await startView({
    port: flags.viewPort,
    version: manifest.version,
    title: place?.title ?? flags.report ?? '',
    where: flags.where,
    columns: flags.columns,
    array: flags.attribute,
    thumbnails: flags.thumbnails,
    report: flags.report === undefined ? undefined : resolve(flags.report),
    open: place === undefined ? undefined : async () => (opened = await place.open(filterFn)),
    chooseArray: chooseField,
    unitOf,
  });
  const { url, port, listed } = view;
  // A source that cannot be listed at once is told of in the place of an address.
  await Promise.race([listed, pause(PATIENCE_MS)]);
  signal.throwIfAborted();
  if (flags.json === true) printJson({ url, port });
  else print(url);
  if (flags.open) openBrowser(url, port);
  await listed;
  if (filter !== undefined) warnOfNames({ keys }, filter.names);
  if (flags.files === true) {
    const unused = describeUnused((await opened?.unusedFiles()) ?? [], opened?.time !== undefined);
    if (unused !== undefined) remark(unused);
  }
  await new Promise<void>((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
  signal.throwIfAborted();
}

/** Makes a filter that keeps the first samples that fit. */
function limitTo(limit: number, fits: FilterFn = () => true): FilterFn {
  let kept = 0;
  return (metadata, sample) => fits(metadata, sample) && kept++ < limit;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, milliseconds).unref();
  });
}

/** Makes the option of the page's port. That of a NAS has this name as a setting and variable, and is `--source-port` here. */
function portOption(): Option {
  const option = new Option('--port <n>', 'port on this machine; 0 for one that is free');
  return callOption(option.argParser(readPort).default(0), 'viewPort');
}

function readPort(value: string): number {
  const port = wholeNumber(0)(value);
  if (port <= MAX_PORT) return port;
  throw new UsageError(`--port is ${port}; the largest is ${MAX_PORT}.`);
}

/** Opens the browser, or says how to reach the page from where there is one. */
function openBrowser(url: string, port: number): void {
  const isAfar = process.env['SSH_CONNECTION'] !== undefined;
  const hasScreen =
    process.platform !== 'linux' ||
    process.env['DISPLAY'] !== undefined ||
    process.env['WAYLAND_DISPLAY'] !== undefined;
  if (isAfar || !hasScreen) {
    remark(`From your own machine: ssh -L ${port}:127.0.0.1:${port} THIS-HOST, then open the address there.`);
    return;
  }
  const [program, args] = openerOf(url);
  const child = spawn(program, args, { detached: true, stdio: 'ignore' });
  child.once('error', () => note(`No browser could be opened (${program}): open the address yourself.`));
  child.unref();
}

function openerOf(url: string): readonly [program: string, args: readonly string[]] {
  if (process.platform === 'darwin') return ['open', [url]];
  if (process.platform === 'win32') return ['cmd', ['/c', 'start', '""', url]];
  return ['xdg-open', [url]];
}
