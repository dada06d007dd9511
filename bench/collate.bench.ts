import { availableParallelism, cpus } from 'node:os';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { BufferPool } from '../src/core/buffer-pool.ts';
import { Batch, DataLoader, type Dataset, type GraphData, type Tensor } from '../src/index.ts';

/*
 * Joining graphs beside copying as many bytes into memory that is used again, and what the calling thread does for
 * each graph that a worker sends:
 *
 *   node bench/collate.bench.ts
 *
 * GB/s count the bytes of a batch once. "Released" gives each batch back before the next one is made. Ratios are
 * of one run; each figure is the median of its rounds.
 */
const ROUNDS = 15;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function fill(length: number, of: (at: number) => number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, at) => of(at));
}

/** A graph of N nodes with 6 N directed edges and 4 arrays over nodes. */
function makeGraph(numNodes: number): GraphData {
  const numEdges = 6 * numNodes;
  const scalar = (): Tensor => ({ data: fill(numNodes, (at) => at), shape: [numNodes] });
  return {
    id: 'graph',
    pos: { data: fill(3 * numNodes, (at) => at), shape: [numNodes, 3] },
    edgeIndex: {
      data: Int32Array.from({ length: 2 * numEdges }, (_, at) => at % numNodes),
      shape: [2, numEdges],
    },
    node: {
      pressure: scalar(),
      wss: scalar(),
      age: scalar(),
      velocity: { data: fill(3 * numNodes, (at) => at), shape: [numNodes, 3] },
    },
    cell: {},
    metadata: {},
    numNodes,
    numEdges,
    numCells: 0,
  };
}

function arraysOf({ pos, edgeIndex, batch, ptr, cellPtr, node }: Batch): Tensor[] {
  return [pos, edgeIndex, batch, ptr, cellPtr, ...Object.values(node)];
}

/** Milliseconds of one call, over enough calls. */
function time(action: () => unknown): number {
  const start = performance.now();
  let calls = 0;
  do {
    action();
    calls++;
  } while (performance.now() - start < 60);
  return (performance.now() - start) / calls;
}

function collate(): void {
  process.stdout.write(
    '\n| graphs | nodes each | MB | batch/s | GB/s | of memcpy | released: batch/s | GB/s | of memcpy | memcpy GB/s |\n' +
      '|---|---|---|---|---|---|---|---|---|---|\n',
  );
  for (const [count, numNodes] of [
    [8, 2000],
    [16, 2000],
    [4, 20_000],
    [32, 20_000],
  ] as const) {
    const graphs = Array.from({ length: count }, () => makeGraph(numNodes));
    const sources = arraysOf(Batch.fromDataList(graphs)).map(({ data }) => new Uint8Array(data.buffer));
    const targets = sources.map(({ length }) => new Uint8Array(length));
    const bytes = sources.reduce((sum, { length }) => sum + length, 0);
    const buffers = new BufferPool();
    const ours: number[] = [];
    const released: number[] = [];
    const copies: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(time(() => Batch.fromDataList(graphs)));
      released.push(time(() => Batch.fromDataList(graphs, { buffers }).release()));
      copies.push(time(() => sources.forEach((source, at) => targets[at]?.set(source))));
    }
    const report = (times: readonly number[]): string[] => [
      (1000 / median(times)).toFixed(0),
      (bytes / median(times) / 1e6).toFixed(2),
      `${median(times.map((ms, round) => ms / (copies[round] as number))).toFixed(1)} x`,
    ];
    const cells = [
      count,
      numNodes,
      (bytes / 1e6).toFixed(1),
      ...report(ours),
      ...report(released),
      (bytes / median(copies) / 1e6).toFixed(2),
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}

/** Graphs from two workers, made there and handed over; `numNodes` of 120 000 are 10 MB. */
async function transfer(numNodes: number, isReleased: boolean): Promise<void> {
  const samples = 100;
  const dataset: Dataset = {
    length: samples,
    givesSamplesAway: true,
    get: () => Promise.resolve(makeGraph(numNodes)),
    work: (index) =>
      Promise.resolve({
        label: `graph ${index}`,
        module: pathToFileURL('bench/graph-work.mjs').href,
        input: numNodes,
        finish: (value) => value as GraphData,
      }),
  };
  // Batches of one graph, which are its own arrays: what is measured is the hand-over.
  await using loader = new DataLoader(dataset, { batchSize: 1, numWorkers: 2 });
  for await (const batch of loader) if (batch.numNodes !== numNodes) throw new Error('another graph');
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const before = performance.eventLoopUtilization();
  const start = process.threadCpuUsage();
  let bytes = 0;
  for await (const batch of loader) {
    const { pos, edgeIndex, node } = batch;
    for (const { data } of [pos, edgeIndex, ...Object.values(node)]) bytes += data.byteLength;
    if (isReleased) batch.release();
  }
  const used = process.threadCpuUsage(start);
  const { active } = performance.eventLoopUtilization(before);
  delay.disable();
  const cells = [
    isReleased ? 'released' : 'kept',
    (bytes / samples / 1e6).toFixed(3),
    ((used.user + used.system) / 1000 / samples).toFixed(3),
    (active / samples).toFixed(3),
    (delay.percentile(99) / 1e6).toFixed(1),
  ];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}

process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}\n`,
);
collate();
process.stdout.write(
  '\nA graph from one of two workers, on the calling thread:\n\n' +
    '| batches | MB | processor time ms | event loop active ms | its delay p99 ms |\n|---|---|---|---|---|\n',
);
for (const numNodes of [100, 1000, 12_000, 120_000]) {
  await transfer(numNodes, false);
  await transfer(numNodes, true);
}
