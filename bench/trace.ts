import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { writeVtkXml } from '../src/formats/vtk-xml/writer.ts';
import { resultMesh, TWELVE_FIELDS } from '../test/streamers/result-file.ts';
import { readTrip } from './sample-trip.ts';
import { instrument } from './trace-instrument.ts';

/*
 * The way of one sample through the rooms: a cold `VascuDataset.get` of one array of twelve over HTTP, as it runs in the
 * built package.
 *
 *   npm run trace
 *
 * First the steps of the trip that architecture.md tells, with their places in the order of what ran.
 * The chain is what waits for `Source.open`, from the outermost call inwards. A room that comes twice in it was left and
 * entered again: something is called back. `files` and `functions` are those that ran; `areaChanges` counts how often the
 * area changes from one first visit to the next.
 * The exit code is 1 where a step did not run or ran out of order, and where a figure is above its `LIMITS`.
 */

/** Areas that rooms belong to. */
const AREAS: readonly (readonly [area: string, rooms: RegExp])[] = [
  ['sources', /^(?:sources|protocols|archives)$/],
  ['streaming', /^(?:streamers|download|partial|files)$/],
  ['dataset', /^(?:dataset|mesh|decode|metadata|columns)$/],
];
/** Largest figures of a trip in which no room calls back into the one that called it. */
const LIMITS = { frames: 22, roomsAgain: 0, filesAgain: 1, headerScans: 1 } as const;
const POINTS = 40_000;
const SAMPLES = 3;
const WISHED = 'pressure';

/** What ran between the beginning of a recording and its end. */
interface Recording {
  /** Files and functions, a tab between them, as they were entered. */
  readonly calls: readonly string[];
  /** Files on the stack when a source was asked to open a file, the outermost first. */
  readonly chains: readonly (readonly string[])[];
}

declare global {
  var vascusimTrace: ((call: string) => void) | undefined;
}

async function record(action: () => Promise<unknown>): Promise<Recording> {
  const calls: string[] = [];
  const chains: string[][] = [];
  Error.stackTraceLimit = Number.POSITIVE_INFINITY;
  globalThis.vascusimTrace = (call) => {
    calls.push(call);
    if (!/^sources\/.*\t\w*Source\.open$/.test(call)) return;
    const frames = (new Error('trace').stack ?? '').split('\n').slice(2);
    const files = frames.flatMap((frame) => /\/traced\/([^:]*\/[^:]*)\.js/.exec(frame)?.[1] ?? []);
    chains.push(files.toReversed());
  };
  try {
    await action();
  } finally {
    globalThis.vascusimTrace = undefined;
  }
  return { calls, chains };
}

/** Serves samples by their paths, in full or in ranges. */
async function serve(files: ReadonlyMap<string, Uint8Array>): Promise<Server> {
  const server = createServer((request, response) => {
    const content = files.get(decodeURIComponent(request.url ?? ''));
    if (content === undefined) {
      response.writeHead(404).end();
      return;
    }
    const headers = { etag: '"1"', 'accept-ranges': 'bytes' };
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
    if (first === undefined || last === undefined) {
      response.writeHead(200, { ...headers, 'content-length': content.byteLength });
      response.end(request.method === 'HEAD' ? undefined : content);
      return;
    }
    const part = content.subarray(Number(first), Number(last) + 1);
    response.writeHead(206, {
      ...headers,
      'content-length': part.byteLength,
      'content-range': `bytes ${first}-${last}/${content.byteLength}`,
    });
    response.end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function samples(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const lines: string[] = [];
  for (let index = 0; index < SAMPLES; index++) {
    const parts: Uint8Array[] = [];
    for await (const part of writeVtkXml(resultMesh(POINTS, TWELVE_FIELDS, index + 1))) parts.push(part);
    files.set(`/case_${index}.vtu`, Buffer.concat(parts));
    files.set(`/case_${index}.json`, Buffer.from(JSON.stringify({ index })));
  }
  for (const [path, { byteLength }] of files) {
    lines.push(JSON.stringify({ path: path.slice(1), size: byteLength, modified: '2026-01-01T00:00:00Z' }));
  }
  return files.set('/files.jsonl', Buffer.from(lines.join('\n')));
}

function roomOf(file: string): string {
  const [first = '', second = ''] = file.split('/');
  return first === 'protocols' ? `${first}/${second}` : first;
}

function areaOf(file: string): string {
  const [first = ''] = file.split('/');
  return AREAS.find(([, rooms]) => rooms.test(first))?.[0] ?? first;
}

/** Neighbours that are alike as one; what is in `core` counts for nobody. */
function runsOf(chain: readonly string[], of: (file: string) => string): string[] {
  const all = chain.filter((file) => !file.startsWith('core/')).map(of);
  return all.filter((each, index) => each !== all[index - 1]);
}

function again(runs: readonly string[]): number {
  return runs.length - new Set(runs).size;
}

const built = fileURLToPath(new URL('../dist', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'vascusim-trace-'));
const traced = join(work, 'traced');
mkdirSync(traced);
statSync(built); // Without a built package there is nothing to trace.
cpSync(built, traced, { recursive: true });
writeFileSync(join(work, 'package.json'), '{ "type": "module" }');
instrument(traced);
const server = await serve(await samples());
try {
  const { VascuDataset } = (await import(
    pathToFileURL(join(traced, 'data.js')).href
  )) as typeof import('../src/data.ts');
  const options = {
    sourceUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    cacheDir: join(work, 'cache'),
    includeAttributes: [WISHED],
    mode: 'partial',
  } as const;
  await using dataset = await VascuDataset.open(options);
  const { calls, chains } = await record(() => dataset.get(0));
  const own = calls.filter((call) => !call.startsWith('core/') && call.includes('/'));
  const firsts = [...new Set(own)].map((call) => call.slice(0, call.indexOf('\t')));
  const order = [...new Set(own)];
  const faults: string[] = [];
  let before = -1;
  for (const [at, { file, name }] of readTrip().entries()) {
    const call = order.indexOf(`${file.replace(/\.ts$/, '')}\t${name}`);
    console.log(`${at + 1}. ${file} ${name}: ${call < 0 ? 'did not run' : `function ${call + 1} that ran`}`);
    if (call < before || call < 0)
      faults.push(`step ${at + 1} ${call < 0 ? 'did not run' : 'ran before the one above it'}`);
    before = Math.max(before, call);
  }
  const worst = (of: (chain: readonly string[]) => number): number => Math.max(0, ...chains.map(of));
  const figures = {
    opens: chains.length,
    chain: runsOf(chains[0] ?? [], (file) => file),
    rooms: runsOf(chains[0] ?? [], roomOf),
    frames: worst(({ length }) => length),
    roomsAgain: worst((chain) => again(runsOf(chain, roomOf))),
    filesAgain: worst((chain) => again(runsOf(chain, (file) => file))),
    files: new Set(firsts).size,
    functions: new Set(own).size,
    areaChanges: firsts.filter((file, at) => at > 0 && areaOf(file) !== areaOf(firsts[at - 1] ?? '')).length,
    headerScans: calls.filter((call) => call.startsWith('formats/') && call.endsWith('\treadHeader')).length,
  };
  console.log(figures);
  for (const [name, most] of Object.entries(LIMITS)) {
    const found = figures[name as keyof typeof LIMITS];
    if (found > most) faults.push(`${name} is ${found}; ${most} is the most`);
  }
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
} finally {
  server.closeAllConnections();
  server.close();
  rmSync(work, { recursive: true, force: true });
}
