import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Random } from '../src/core/random.ts';
import { convertDataset, Shard, VascuDataset } from '../src/index.ts';
import { smallVtu } from '../test/dataset/small-mesh.ts';

/*
 * Whole data sets, converted by shares: how equal these are, what a sample costs among few and among many, and what a run
 * costs that finds all done.
 *
 *   node bench/fleet.bench.ts [samples]
 */
const [most = 10_000] = process.argv.slice(2).map(Number);
const FEW = 300;
const MANY = 3_000;
const ROUNDS = 3;

const base = mkdtempSync(join(tmpdir(), 'vascusim-fleet-'));
try {
  measureShares();
  await measureGrowth();
  await measureDone();
} finally {
  rmSync(base, { recursive: true });
}

function makeSet(name: string, count: number): string {
  const folder = join(base, name);
  for (let index = 0; index < count; index++) {
    const path = join(folder, `group_${index % 50}`, `case_${index}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.vtu`, smallVtu({ points: 20 + (index % 30) }));
  }
  writeFileSync(
    join(folder, 'metadata.jsonl'),
    Array.from({ length: count }, (_, index) =>
      JSON.stringify({ file_name: `group_${index % 50}/case_${index}.vtu`, flow: index }),
    ).join('\n'),
  );
  return folder;
}

/** Sizes as data sets have them: log-normal, with the width of the Vascular Model Repository. */
function measureShares(): void {
  const random = new Random(1);
  const uniform = (): number => (random.next() + 1) / 2 ** 32;
  for (const [count, shares] of [
    [167, 8],
    [1_000, 8],
    [10_000, 100],
  ] as const) {
    const ratios = Array.from({ length: 15 }, () => {
      const bytes = Array.from({ length: count }, () => {
        const normal = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
        return Math.round(5e6 * Math.exp(1.53 * normal));
      });
      const items = { length: count, idAt: String, bytesAt: (index: number) => bytes[index] as number };
      const sum = (indices: Iterable<number>): number =>
        [...indices].reduce((total, index) => total + (bytes[index] as number), 0);
      const loads = Array.from({ length: shares }, (_, index) =>
        sum(new Shard({ index, count: shares }).choose(items)),
      );
      return (Math.max(...loads) * shares) / sum(bytes.keys());
    });
    console.log(`${count} samples, ${shares} shares: largest ${median(ratios).toFixed(3)} × the mean`);
  }
}

/** Time of the processor for a sample among many, beside that among few, in turns. */
async function measureGrowth(): Promise<void> {
  const sets = [makeSet('few', FEW), makeSet('many', MANY)];
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, folder] of sets.entries()) {
      const start = process.cpuUsage();
      await using dataset = await VascuDataset.open({ sourceUrl: folder });
      const target = join(base, `out-${at}-${round}`);
      const { converted } = await convertDataset(dataset, target, { to: 'safetensors', jobs: 1 });
      const { user, system } = process.cpuUsage(start);
      times[at as 0 | 1].push((user + system) / 1000 / converted);
      rmSync(target, { recursive: true });
    }
  }
  const [few, many] = times.map(median) as [number, number];
  console.log(
    `a sample: ${few.toFixed(2)} ms of ${FEW}, ${many.toFixed(2)} ms of ${MANY}: ${(many / few).toFixed(3)}`,
  );
}

/** Time of the command that finds everything done. */
async function measureDone(): Promise<void> {
  const [source, target] = [makeSet('most', most), join(base, 'done')];
  const command = ['convert', source, target, '--to', 'safetensors', '--json'];
  const run = (): { readonly ms: number; readonly said: string } => {
    const start = performance.now();
    const { stdout } = spawnSync(process.execPath, [resolve('bin/vascusim.mjs'), ...command], {
      encoding: 'utf8',
    });
    return { ms: performance.now() - start, said: stdout.trim() };
  };
  console.log(`${most} samples: ${(run().ms / 1000).toFixed(1)} s`);
  const again = Array.from({ length: ROUNDS }, run);
  console.log(`all done: ${(median(again.map(({ ms }) => ms)) / 1000).toFixed(2)} s  ${again[0]?.said}`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
