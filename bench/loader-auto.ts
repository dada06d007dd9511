import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WriteOptions } from '../src/formats/vtk-xml/writer.ts';
import { makeFiles } from './vessel-files.ts';

/** An epoch over files of one size. */
interface Epoch {
  readonly count: number;
  readonly bytes: number;
  readonly write: WriteOptions;
  /** Time that the loop's body waits with each batch of four, ms. */
  readonly bodyMs: number;
}

/** Measurements of a program that runs an epoch. */
interface Pass {
  readonly ms: number;
  readonly firstMs: number;
  readonly cpuMs: number;
  readonly threads: number;
}

const EPOCHS: readonly Epoch[] = [
  { count: 15, bytes: 1e5, write: {}, bodyMs: 0 },
  { count: 100, bytes: 1e5, write: {}, bodyMs: 0 },
  { count: 1000, bytes: 1e5, write: {}, bodyMs: 0 },
  { count: 100, bytes: 1e6, write: { compressor: 'zlib' }, bodyMs: 0 },
  { count: 500, bytes: 1e6, write: { compressor: 'zlib' }, bodyMs: 0 },
  { count: 500, bytes: 1e6, write: { compressor: 'zlib' }, bodyMs: 20 },
  { count: 60, bytes: 8e6, write: { compressor: 'zlib' }, bodyMs: 0 },
];

const ROUNDS = 5;

/** Compares `numWorkers: 'auto'` with 0 and 2 over files of this machine, each in a program of its own, by turns. */
export async function runAuto(wanted: readonly string[], folder: string): Promise<void> {
  if (wanted.length > 0 && !wanted.includes('auto')) return;
  const head = [
    'files',
    'body, ms',
    '0, s',
    '2, s',
    'auto, s',
    'auto : better',
    'first, auto : 0',
    'CPU, s',
    'threads',
  ];
  process.stdout.write(`| ${head.join(' | ')} |\n${'|---'.repeat(head.length)}|\n`);
  for (const epoch of EPOCHS) await compare(epoch, folder);
  process.stdout.write('\n');
}

async function compare({ count, bytes, write, bodyMs }: Epoch, folder: string): Promise<void> {
  const place = mkdtempSync(join(folder, 'auto-'));
  for (const [name, content] of await makeFiles(count, bytes, write))
    writeFileSync(join(place, name), content);
  const passes: Record<'0' | '2' | 'auto', Pass[]> = { '0': [], '2': [], auto: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [workers, into] of Object.entries(passes)) into.push(run(place, workers, bodyMs));
  }
  rmSync(place, { recursive: true });
  const least = (of: '0' | '2' | 'auto', figure: keyof Pass): number =>
    Math.min(...passes[of].map((pass) => pass[figure]));
  const [none, two, auto] = [least('0', 'ms'), least('2', 'ms'), least('auto', 'ms')];
  const cells = [
    `${count} of ${bytes / 1e6} MB${write.compressor === undefined ? '' : `, ${write.compressor}`}`,
    bodyMs,
    ...[none, two, auto].map((ms) => (ms / 1000).toFixed(2)),
    (auto / Math.min(none, two)).toFixed(2),
    (least('auto', 'firstMs') / least('0', 'firstMs')).toFixed(2),
    (['0', '2', 'auto'] as const).map((of) => (least(of, 'cpuMs') / 1000).toFixed(2)).join(' / '),
    passes.auto.map(({ threads }) => threads).join(' '),
  ];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}

function run(place: string, workers: string, bodyMs: number): Pass {
  const script = new URL('./loader-pass.mjs', import.meta.url).pathname;
  const output = execFileSync(process.execPath, [script, place, workers, String(bodyMs)], {
    encoding: 'utf8',
  });
  return JSON.parse(output) as Pass;
}
