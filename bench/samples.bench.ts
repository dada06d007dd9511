import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fork } from './fork.ts';

/*
 * Opening of a list of files of a web server whose samples have four parts, with and without a table of a row a sample, beside
 * the same list without templates:
 *
 *   npm run bench:samples [-- FILES [TURNS]]
 *
 * Each opening has a process of its own; they come in turns. Ratios are those of the medians of CPU seconds, and of seconds.
 */
interface Opening {
  readonly length: number;
  readonly ms: number;
  readonly cpuMs: number;
  /** Longest piece of work in which no event could run, processor time of the thread, milliseconds. */
  readonly blockMs: number;
  readonly peakMb: number;
}

const [files = 1_000_000, turns = 3] = process.argv.slice(2).map(Number);
const RATES = ['0.001', '0.0015', '0.002', '0.0025', '0.003', '0.0035', '0.00375', '0.004'];
const NAMES = ['inlet.vtp', 'internal.vtu', 'outlet.vtp', 'wall.vtp'];
const TEMPLATES = {
  volume: '{case}/m={flow:number}/internal.vtu',
  wall: '{case}/m={flow:number}/wall.vtp',
  inlet: '{case}/m={flow:number}/inlet.vtp',
  outlet: '{case}/m={flow:number}/outlet.vtp',
};

const METADATA = { file: 'cases.csv', key: ['case', 'flow'], column: ['case_id', 'rate'] };

/** List of so many files: four parts a sample, eight samples a case. */
function makeList(count: number): Buffer {
  const chunks: Buffer[] = [];
  for (let from = 0; from < count; from += 4000) {
    const lines = Array.from({ length: Math.min(4000, count - from) }, (_, step) => {
      const sample = Math.floor((from + step) / NAMES.length);
      const rate = RATES[sample % RATES.length];
      const path = `${Math.floor(sample / RATES.length)}/m=${rate}/${NAMES[(from + step) % NAMES.length]}`;
      const sha256 = createHash('sha256').update(path).digest('hex');
      return `${JSON.stringify({ path, size: 100_000 + (sample % 1000), sha256 })}\n`;
    });
    chunks.push(Buffer.from(lines.join('')));
  }
  return Buffer.concat(chunks);
}

/** Table of a row a sample of so many files, with its case, its rate and 14 numbers. */
function makeTable(count: number): Buffer {
  const names = Array.from({ length: 14 }, (_, at) => `parameter_${at}`);
  const rows = [['case_id', 'rate', ...names].join(',')];
  for (let sample = 0; sample < count / NAMES.length; sample++) {
    const numbers = names.map((_, at) => ((sample * (at + 1)) / 7).toPrecision(7));
    rows.push([Math.floor(sample / RATES.length), RATES[sample % RATES.length], ...numbers].join(','));
  }
  return Buffer.from(`${rows.join('\n')}\n`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

const table = makeTable(files);
const listed = {
  path: 'cases.csv',
  size: table.byteLength,
  sha256: createHash('sha256').update(table).digest('hex'),
};
const list = Buffer.concat([makeList(files), Buffer.from(`${JSON.stringify(listed)}\n`)]);
const server = createServer(({ url, method }, response) => {
  const body = url === '/files.jsonl' ? list : url === '/cases.csv' ? table : undefined;
  if (body === undefined) return void response.writeHead(404).end();
  response.writeHead(200, { etag: `"${body.byteLength}"`, 'content-length': body.byteLength });
  response.end(method === 'HEAD' ? undefined : body);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
const ways = [
  ['each file', [url]],
  ['four parts', [url, JSON.stringify({ samples: TEMPLATES })]],
  ['four parts and a row', [url, JSON.stringify({ samples: TEMPLATES, metadata: METADATA })]],
] as const;
const openings = new Map<string, Opening[]>(ways.map(([name]) => [name, []]));
for (let turn = 0; turn < turns; turn++) {
  for (const [name, args] of ways) {
    const opening = (await fork(new URL('samples-open.ts', import.meta.url), args)) as Opening;
    openings.get(name)?.push(opening);
  }
}
server.closeAllConnections();
server.close();

process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}\n\n`,
);
process.stdout.write(
  '| samples | of | open s | CPU s | block ms | peak RSS MB |\n| --- | --- | --- | --- | --- | --- |\n',
);
const medians = ways.map(([name]) => {
  const all = openings.get(name) as Opening[];
  const [ms, cpuMs] = [median(all.map((each) => each.ms)), median(all.map((each) => each.cpuMs))];
  const peak = Math.max(...all.map(({ peakMb }) => peakMb));
  const block = Math.max(...all.map(({ blockMs }) => blockMs));
  const seconds = [ms, cpuMs].map((each) => (each / 1000).toFixed(2));
  const cells = [all[0]?.length, name, ...seconds, block.toFixed(0), peak.toFixed(0)];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
  return { ms, cpuMs };
});
const [plain, ...others] = medians as [(typeof medians)[0], ...typeof medians];
for (const [at, other] of others.entries()) {
  process.stdout.write(
    `\n${ways[at + 1]?.[0]} : each file = ${(other.cpuMs / plain.cpuMs).toFixed(2)} of CPU time, ${(other.ms / plain.ms).toFixed(2)} of time\n`,
  );
}
