import { execFile } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CatalogueServer } from './catalogue-server.ts';

/*
 * Opening of a dataset of a web server, with one list, one metadata.jsonl and a filter, of 1,000 … 1,000,000 samples:
 *
 *   npm run bench:catalogue [-- COUNT…] [--peer FOLDER]
 *
 * Columns: seconds until it is open, CPU seconds of the process, the longest piece of work in which no event could run
 * (processor time of the thread, so that what others take of a loaded machine does not count), most resident memory while
 * opening and what stays, both beyond that of a dataset of one sample; then the same of a second opening. --peer names a folder with another
 * version of this package, which is measured in turns: its catalogue has to be the same.
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
}

const COUNTS = [1_000, 10_000, 100_000, 1_000_000];

const args = process.argv.slice(2);
const at = args.indexOf('--peer');
const peer = at < 0 ? undefined : args.splice(at, 2)[1];
const counts = args.length === 0 ? COUNTS : args.map(Number);
const own = fileURLToPath(new URL('.', import.meta.url));
const versions = [['ours', own], ...(peer === undefined ? [] : [['peer', `${peer}/bench/`]])] as const;

async function measure(folder: string, urls: readonly string[]): Promise<Figures> {
  const script = `${folder}catalogue-open.ts`;
  const options = ['--expose-gc', '--no-warnings', script, ...urls];
  const { stdout } = await promisify(execFile)(process.execPath, options);
  return JSON.parse(stdout) as Figures;
}

function row(cells: readonly (string | number)[]): void {
  process.stdout.write(`| ${cells.map((cell) => String(cell).padStart(9)).join(' | ')} |\n`);
}

process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}\n\n`,
);
row(['samples', 'version', 'open s', 'CPU s', 'block ms', 'peak MB', 'held MB', 'again s', 'block ms']);
row(Array.from({ length: 9 }, () => '---'));
await using server = await CatalogueServer.start();
for (const count of counts) {
  const urls = [server.url(count), server.emptyUrl];
  const prints = new Set<string>();
  for (const [name, folder] of versions) {
    const { cold, again, held, length, print } = await measure(folder ?? own, urls);
    prints.add(`${length} ${print}`);
    const seconds = (ms: number): string => (ms / 1000).toFixed(2);
    row([
      count,
      name,
      seconds(cold.ms),
      seconds(cold.cpuMs),
      cold.blockMs.toFixed(0),
      cold.peak.toFixed(0),
      held.toFixed(0),
      seconds(again.ms),
      again.blockMs.toFixed(0),
    ]);
  }
  if (prints.size > 1) throw new Error(`The catalogues differ: ${[...prints].join(', ')}`);
}
