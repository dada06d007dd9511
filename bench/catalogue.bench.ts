import { execFile } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CATALOGUE_PLACES, type CataloguePlace } from './catalogue-places.ts';

/*
 * Opening of a dataset with one metadata.jsonl and a filter, of 1,000 … 1,000,000 samples on a web server (with one
 * list), and of 100,000 in a folder, an SMB share (Samba) and a repository of a Hub (that of the tests):
 *
 *   npm run bench:catalogue [-- COUNT…] [--only http,folder,smb,hub] [--peer FOLDER]
 *
 * Columns: seconds until it is open, CPU seconds of the process, the longest piece of work in which no event could run
 * (processor time of the thread, so that what others take of a loaded machine does not count), most resident memory while
 * opening and what stays, both beyond that of a dataset of one sample; the same of a second opening with what the cache
 * has, by a function and by the filter language; then of a loader, in milliseconds: the shuffle of an epoch (processor),
 * its first batch (wall, processor), the longest piece over 21 batches, and its state (processor). --peer names a folder
 * with another version of this package, which is measured in turns: its catalogue has to be the same.
 */
interface Opening {
  readonly ms: number;
  readonly cpuMs: number;
  readonly blockMs: number;
  readonly peak: number;
}

interface Figures {
  readonly length: number;
  readonly print: string;
  readonly held: number;
  readonly cold: Opening;
  readonly again: Opening;
  readonly byText: Opening;
  readonly loading: {
    readonly shuffleMs: number;
    readonly shuffleMb: number;
    readonly firstMs: number;
    readonly firstCpuMs: number;
    readonly blockMs: number;
    readonly stateMs: number;
  };
}

const COUNTS = [1_000, 10_000, 100_000, 1_000_000];
/** Samples of places that list file by file. */
const COUNTS_ELSEWHERE = [10_000, 100_000];

const args = process.argv.slice(2);
const peer = take('--peer');
const only = take('--only')?.split(',') ?? [...CATALOGUE_PLACES.keys()];
const own = fileURLToPath(new URL('.', import.meta.url));
const versions = [['ours', own], ...(peer === undefined ? [] : [['peer', `${peer}/bench/`]])] as const;

/** Takes an argument with its value out of these. */
function take(name: string): string | undefined {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args.splice(at, 2)[1];
}

async function measure(folder: string, given: readonly string[]): Promise<Figures> {
  const script = `${folder}catalogue-open.ts`;
  const options = ['--expose-gc', '--no-warnings', script, ...given];
  const { stdout } = await promisify(execFile)(process.execPath, options);
  return JSON.parse(stdout) as Figures;
}

function row(cells: readonly (string | number)[]): void {
  process.stdout.write(`| ${cells.map((cell) => String(cell).padStart(6)).join(' | ')} |\n`);
}

process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}\n\n`,
);
const COLUMNS = 'place samples version|open s|CPU s|block|peak MB|held MB|again s|CPU s|block|text s|block';
const LOADING = 'shuffle|MB|first|CPU|block|state ms';
row([...COLUMNS.split('|'), ...LOADING.split('|')]);
row(Array.from({ length: 17 }, () => '---'));
for (const name of only) {
  const open = CATALOGUE_PLACES.get(name);
  if (open === undefined)
    throw new Error(`There is no place ${name}: ${[...CATALOGUE_PLACES.keys()].join()}`);
  await using place = await open();
  const counts = args.length > 0 ? args.map(Number) : name === 'http' ? COUNTS : COUNTS_ELSEWHERE;
  for (const count of counts) await compare(name, place, count);
}

async function compare(name: string, place: CataloguePlace, count: number): Promise<void> {
  const given = [place.make(count), place.emptyUrl, JSON.stringify(place.options ?? {})];
  const prints = new Set<string>();
  for (const [version, folder] of versions) {
    const { cold, again, byText, loading, held, length, print } = await measure(folder ?? own, given);
    prints.add(`${length} ${print}`);
    const seconds = (ms: number): string => (ms / 1000).toFixed(2);
    row([
      `${name} ${count} ${version}`,
      seconds(cold.ms),
      seconds(cold.cpuMs),
      cold.blockMs.toFixed(0),
      cold.peak.toFixed(0),
      held.toFixed(0),
      seconds(again.ms),
      seconds(again.cpuMs),
      again.blockMs.toFixed(0),
      seconds(byText.ms),
      byText.blockMs.toFixed(0),
      loading.shuffleMs.toFixed(0),
      loading.shuffleMb.toFixed(1),
      loading.firstMs.toFixed(0),
      loading.firstCpuMs.toFixed(0),
      loading.blockMs.toFixed(0),
      loading.stateMs.toFixed(1),
    ]);
  }
  if (prints.size > 1) throw new Error(`The catalogues differ: ${[...prints].join(', ')}`);
}
