import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fork } from './fork.ts';

/*
 * Opening of a list of files of a web server whose samples have four parts, beside the same list without templates:
 *
 *   npm run bench:samples [-- FILES [TURNS]]
 *
 * Each opening has a process of its own; they come in turns. The ratio is that of the medians of CPU seconds, and of seconds.
 */
interface Opening {
  readonly length: number;
  readonly ms: number;
  readonly cpuMs: number;
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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

const list = makeList(files);
const server = createServer(({ url, method }, response) => {
  if (url !== '/files.jsonl') return void response.writeHead(404).end();
  response.writeHead(200, { etag: '"list"', 'content-length': list.byteLength });
  response.end(method === 'HEAD' ? undefined : list);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
const ways = [
  ['each file', [url]],
  ['four parts', [url, JSON.stringify(TEMPLATES)]],
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
process.stdout.write('| samples | of | open s | CPU s | peak RSS MB |\n| --- | --- | --- | --- | --- |\n');
const medians = ways.map(([name]) => {
  const all = openings.get(name) as Opening[];
  const [ms, cpuMs] = [median(all.map((each) => each.ms)), median(all.map((each) => each.cpuMs))];
  const peak = Math.max(...all.map(({ peakMb }) => peakMb));
  const cells = [all[0]?.length, name, (ms / 1000).toFixed(2), (cpuMs / 1000).toFixed(2), peak.toFixed(0)];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
  return { ms, cpuMs };
});
const [plain, parts] = medians as [(typeof medians)[0], (typeof medians)[0]];
process.stdout.write(
  `\nfour parts : each file = ${(parts.cpuMs / plain.cpuMs).toFixed(2)} of CPU time, ${(parts.ms / plain.ms).toFixed(2)} of time\n`,
);
