import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { PartMode } from '../src/core/held-file.ts';
import type { Mesh } from '../src/core/mesh.ts';
import { StreamingVascuDataset } from '../src/dataset/streaming-vascu-dataset.ts';
import { openFileAccess } from '../src/files/file-access.ts';
import { writeVtkXml } from '../src/formats/vtk-xml/writer.ts';
import { planMesh } from '../src/mesh/plan-mesh.ts';
import { makeResult, type ResultKind } from './result-mesh.ts';

/*
 * One array of results of twelve, by parts and by whole files, over a server of some latency and bandwidth:
 *
 *   npm run bench:partial                 latency {0, 20, 100 ms} × bandwidth {5, 25, 100 MB/s}, a few samples each
 *   npm run bench:partial -- --long       100 samples at 25 MB/s and 20 ms
 *   npm run bench:partial -- --series     the same with sharedMesh: its samples are steps of one simulation
 *   npm run bench:partial -- --large      bytes of one sample of a million nodes
 *
 * Samples are smaller than a million nodes but for the last; the ratio of bytes is that of large ones, but for the head.
 * Each has fields of its own, so that compressed ones have different sizes.
 */
const PATTERN = ['Pressure'];
const MODES = ['whole', 'partial', 'auto'] as const satisfies readonly PartMode[];

/** A server of its own process, and its files. */
class Server implements Disposable {
  readonly #child: ReturnType<typeof spawn>;
  readonly #lines: AsyncIterator<string>;

  constructor(latencyMs: number, megabytes: number) {
    const script = fileURLToPath(new URL('./throttled-server.ts', import.meta.url));
    this.#child = spawn(process.execPath, [script, String(latencyMs), String(megabytes), '0'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[
      Symbol.asyncIterator
    ]();
  }

  async serve(files: readonly string[]): Promise<string> {
    for (const [index, file] of files.entries()) {
      const path = `sample_${String(index).padStart(3, '0')}.vtu`;
      this.#child.stdin?.write(`${JSON.stringify({ path, file })}\n`);
    }
    this.#child.stdin?.write('start\n');
    return String((await this.#lines.next()).value);
  }

  async count(): Promise<{ readonly requests: number; readonly bytes: number }> {
    this.#child.stdin?.write('count\n');
    return JSON.parse(String((await this.#lines.next()).value)) as { requests: number; bytes: number };
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

async function write(mesh: Mesh, file: string, compressor: 'none' | 'zlib'): Promise<number> {
  const parts: Uint8Array[] = [];
  for await (const part of writeVtkXml(mesh, { compressor })) parts.push(Uint8Array.from(part));
  const content = Buffer.concat(parts);
  writeFileSync(file, content);
  return content.byteLength;
}

/** Reads all samples once, from a cold cache. */
async function run(
  sourceUrl: string,
  mode: PartMode,
  sharedMesh = false,
): Promise<{ readonly seconds: number; readonly cpu: number; readonly partial: number }> {
  const cacheDir = mkdtempSync(join(tmpdir(), 'vascusim-bench-'));
  try {
    const start = performance.now();
    const before = process.cpuUsage();
    const options = { sourceUrl, cacheDir, includeAttributes: PATTERN, mode, sharedMesh, prefetchSize: 8 };
    await using dataset = await StreamingVascuDataset.open(options);
    let nodes = 0;
    for await (const { numNodes } of dataset) nodes += numNodes;
    if (nodes === 0) throw new Error('nothing was read');
    const { user, system } = process.cpuUsage(before);
    return {
      seconds: (performance.now() - start) / 1000,
      cpu: (user + system) / 1e6,
      partial: dataset.stats().partial.files,
    };
  } finally {
    rmSync(cacheDir, { recursive: true, force: true });
  }
}

async function compare(
  files: readonly string[],
  latencyMs: number,
  megabytes: number,
  modes: readonly (PartMode | 'shared')[] = MODES,
): Promise<void> {
  using server = new Server(latencyMs, megabytes);
  const url = await server.serve(files);
  let whole = 0;
  for (const mode of modes) {
    await server.count();
    const shared = mode === 'shared';
    const { seconds, cpu, partial } = await run(url, shared ? 'auto' : mode, shared);
    const { requests, bytes } = await server.count();
    if (mode === 'whole') whole = seconds;
    const cells = [
      `${latencyMs} ms`.padStart(6),
      `${megabytes} MB/s`.padStart(8),
      mode.padEnd(7),
      `${(bytes / 1e6).toFixed(1)} MB`.padStart(9),
      `${requests} requests`.padStart(13),
      `${seconds.toFixed(2)} s`.padStart(8),
      `${(whole / seconds).toFixed(2)}×`.padStart(7),
      `${cpu.toFixed(2)} s CPU`,
      `${partial} of ${files.length} by parts`,
    ];
    console.log(cells.join('  '));
  }
}

/** Bytes of one sample beside what its plan needs. */
async function large(folder: string, kind: ResultKind): Promise<void> {
  const mesh = makeResult(1_000_000, kind);
  for (const compressor of ['none', 'zlib'] as const) {
    const file = join(folder, 'large.vtu');
    const size = await write(mesh, file, compressor);
    await using access = await openFileAccess(file);
    const plan = await planMesh(access, { attributes: PATTERN });
    if (typeof plan === 'string') throw new Error(plan);
    const wanted = plan.stretches
      .filter(({ wanted: is }) => is)
      .reduce((sum, { start, end }) => sum + end - start, 0);
    const bound = 1.02 * (wanted + 64 * 1024);
    for (const mode of ['partial', 'auto'] as const) {
      using server = new Server(1, 1000);
      const url = await server.serve([file]);
      await server.count();
      const { seconds } = await run(url, mode);
      const { requests, bytes } = await server.count();
      console.log(
        `${kind} ${compressor} ${mode}: ${size} bytes in all, ${wanted} wanted, ${bytes} fetched in ${requests} requests (bound ${Math.floor(bound)}: ${bytes <= bound ? 'kept' : 'NOT KEPT'}), ${((100 * bytes) / size).toFixed(1)} % of the file, ${seconds.toFixed(1)} s`,
      );
    }
  }
}

const flags = new Set(process.argv.slice(2));
console.log(
  `node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, ${new Date().toISOString().slice(0, 10)}`,
);
const folder = mkdtempSync(join(tmpdir(), 'vascusim-bench-'));
try {
  if (flags.has('--large')) {
    for (const kind of ['doubles', 'floats'] as const) await large(folder, kind);
  } else {
    const nodes = 10_000;
    const isLong = flags.has('--long') || flags.has('--series');
    const kinds = isLong ? (['doubles', 'floats'] as const) : (['doubles'] as const);
    for (const kind of kinds) {
      for (const compressor of ['none', 'zlib'] as const) {
        const files = Array.from({ length: isLong ? 100 : 8 }, (_, step) => join(folder, `${step}.vtu`));
        let size = 0;
        for (const [step, file] of files.entries()) {
          size = await write(makeResult(nodes, kind, step), file, compressor);
        }
        console.log(
          `\n${kind}, ${compressor === 'none' ? 'raw' : 'zlib'}: ${nodes} nodes, ${(size / 1e6).toFixed(2)} MB a sample`,
        );
        if (flags.has('--series')) await compare(files, 20, 25, ['whole', 'auto', 'shared']);
        else if (isLong) await compare(files, 20, 25);
        else {
          for (const latency of [0, 20, 100]) {
            for (const megabytes of [5, 25, 100]) await compare(files, latency, megabytes);
          }
        }
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
