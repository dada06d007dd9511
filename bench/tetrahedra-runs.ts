import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CellType } from '../src/core/cell-types.ts';
import type { Cells } from '../src/core/mesh.ts';

/** Times of one process, and its memory above what was there before. */
export interface Timing {
  readonly times: readonly number[];
  readonly edges: number;
  readonly extraMiB: number;
}

/** Python that has the peer. */
export const python = process.env['VASCUSIM_PYTHON'] ?? '/usr/bin/python3';

/** Runs a process that prints its result as JSON. */
export function run<Result>(command: string, ...args: readonly string[]): Result {
  return JSON.parse(execFileSync(command, args, { encoding: 'utf8' })) as Result;
}

/** Reads tetrahedra whose connectivity a file holds as raw Int32. */
export function readTetrahedra(path: string): Cells {
  const connectivity = new Int32Array(new Uint8Array(readFileSync(path)).buffer);
  const types = new Uint8Array(connectivity.length / 4).fill(CellType.Tetra);
  const offsets = Int32Array.from({ length: types.length + 1 }, (_, cell) => 4 * cell);
  return { types, offsets, connectivity };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

/** Computes the median over processes of their first run. */
export const first = (timings: readonly Timing[]): number =>
  median(timings.map(({ times }) => times[0] as number));

/** Computes the median of the runs after them. */
export const again = (timings: readonly Timing[]): number =>
  median(timings.flatMap(({ times }) => times.slice(1)));

/** Computes the median of the memory. */
export const extra = (timings: readonly Timing[]): number => median(timings.map(({ extraMiB }) => extraMiB));

/** Compares meshes of the sizes that the command line names, `[SIZE...] [--rounds 3]`, each a row of a table or more. */
export function compareSizes(
  columns: readonly string[],
  sizes: readonly number[],
  compare: (size: number, rounds: number, folder: string) => void,
): void {
  const given = process.argv.slice(2);
  const flag = given.indexOf('--rounds');
  const rounds = flag < 0 ? 3 : Number(given[flag + 1]);
  const named = (flag < 0 ? given : given.toSpliced(flag, 2)).map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'vascusim-bench-tetrahedra-'));
  process.stdout.write(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}; ms\n\n` +
      `| ${columns.join(' | ')} |\n${'|---'.repeat(columns.length)}|\n`,
  );
  try {
    for (const size of named.length > 0 ? named : sizes) compare(size, rounds, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
