import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/*
 * Loops of Python beside that of Node.js, VTK with numpy, and the original's conversion, epoch by epoch in turns.
 *
 *   npm run bench:python
 *
 * VASCUSIM_PYG: a checkout of PyTorch Geometric, else its stand-in of the tests; VASCUSIM_ORIGINAL: one of the original.
 */
const PYTHON = process.env['VASCUSIM_PYTHON'] ?? '/usr/bin/python3';
const PYG = process.env['VASCUSIM_PYG'] ?? resolve('python/tests/stand_in');
const EPOCHS = Number(process.env['EPOCHS'] ?? 4);
const LOAD = (): string => loadavg()[0]?.toFixed(1) ?? '?';
const CASES = [
  { name: 'A: 21,952 nodes, zlib, batches of 4', count: 40, edge: 28, compressor: 'zlib', batch: 4 },
  { name: 'B: 729 nodes, zlib, batches of 16', count: 300, edge: 9, compressor: 'zlib', batch: 16 },
];

/** Loop in a process of its own that runs an epoch whenever it is told to. */
class Contestant {
  readonly name: string;
  /** Samples a second, and milliseconds of processor time a sample, of each epoch. */
  readonly rates: number[] = [];
  readonly costs: number[] = [];
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    const path = [PYG, resolve('python/src')].join(delimiter);
    this.#child = spawn(command, [...args], {
      env: { ...process.env, PYTHONPATH: path },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[
      Symbol.asyncIterator
    ]();
  }

  /** Runs an epoch; the first one, which loads what runs, does not count. */
  async run(counts: boolean): Promise<void> {
    this.#child.stdin?.write('epoch\n');
    const { value } = (await this.#lines.next()) as { value: string };
    const [seconds = 0, samples = 0, cpu = 0] = value.split(' ').map(Number);
    if (!counts) return;
    this.rates.push(samples / seconds);
    this.costs.push((1000 * cpu) / samples);
  }

  end(): void {
    this.#child.stdin?.end();
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

for (const { name, count, edge, compressor, batch } of CASES) {
  const folder = join(tmpdir(), `vascusim-bench-${count}-${edge}-${compressor}`);
  if (!existsSync(folder))
    execFileSync(PYTHON, ['bench/make_cases.py', folder, String(count), String(edge), compressor]);
  const python = (title: string, how: string, workers: number): Contestant =>
    new Contestant(title, PYTHON, ['bench/python_read.py', how, folder, String(batch), String(workers)]);
  const node = (workers: number): Contestant =>
    new Contestant(`Node.js, ${workers} threads`, process.execPath, [
      'bench/python-node-loop.mjs',
      folder,
      String(batch),
      String(workers),
    ]);
  const contestants = [
    node(1),
    python('Python, 1 thread', 'loader', 1),
    node(2),
    python('Python, 2 threads', 'loader', 2),
    python('VTK and numpy', 'vtk', 0),
    python('dataset[i]', 'get', 0),
    python('PyG, 2 workers, ours', 'pyg', 2),
    python('PyG, 2 workers, VTK', 'vtk-pyg', 2),
    ...(process.env['VASCUSIM_ORIGINAL'] === undefined ? [] : [python('the original', 'original', 0)]),
  ];
  for (let epoch = 0; epoch <= EPOCHS; epoch++) {
    for (const contestant of contestants) await contestant.run(epoch > 0);
  }
  for (const contestant of contestants) contestant.end();
  process.stdout.write(`\n${name} (load ${LOAD()})\n`);
  for (const { name: title, rates, costs } of contestants) {
    const all = rates.map((rate) => rate.toFixed(1)).join(' ');
    const rate = median(rates).toFixed(1).padStart(7);
    const cost = median(costs).toFixed(2).padStart(7);
    process.stdout.write(`  ${title.padEnd(22)} ${rate} samples/s ${cost} ms of CPU a sample   (${all})
`);
  }
  const rateOf = (title: string): number =>
    median(contestants.find((each) => each.name === title)?.rates ?? []);
  const ratios = [
    ['Python ÷ Node.js, 1 thread', 'Python, 1 thread', 'Node.js, 1 threads'],
    ['Python ÷ Node.js, 2 threads', 'Python, 2 threads', 'Node.js, 2 threads'],
    ['Python, 2 threads ÷ VTK', 'Python, 2 threads', 'VTK and numpy'],
    ['PyG, 2 workers: ours ÷ VTK', 'PyG, 2 workers, ours', 'PyG, 2 workers, VTK'],
    ['Python, 2 threads ÷ the original', 'Python, 2 threads', 'the original'],
  ] as const;
  for (const [title, one, other] of ratios)
    process.stdout.write(`  ${title.padEnd(34)} ${(rateOf(one) / rateOf(other)).toFixed(2)}\n`);
}
