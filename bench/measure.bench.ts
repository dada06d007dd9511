import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Statistics } from '../src/core/statistics.ts';
import { VascuDataset } from '../src/dataset/vascu-dataset.ts';
import { writeVtkXml } from '../src/formats/vtk-xml/writer.ts';
import { DataLoader } from '../src/loader/data-loader.ts';
import { makeResult } from './result-mesh.ts';

/*
 * Statistics of the stored arrays of 40 files of some 100,000 nodes, beside VTK's reader with NumPy and beside a pass of
 * the loader, in one run:
 *
 *   node bench/measure.bench.ts [files] [rounds]
 *
 * VTK and NumPy: Debian's python3-vtk9, or VASCUSIM_PYTHON.
 */
const [files = 40, rounds = 3] = process.argv.slice(2).map(Number);
const NODES = 100_000;
const PEER = fileURLToPath(new URL('./vtk_statistics.py', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'vascusim-measure-'));
try {
  const paths: string[] = [];
  for (let at = 0; at < files; at++) {
    const path = join(folder, `case_${String(at).padStart(3, '0')}.vtu`);
    await writeFile(path, writeVtkXml(makeResult(NODES, 'floats', at)));
    paths.push(path);
  }
  await using dataset = await VascuDataset.open({ sourceUrl: folder });
  const times: Record<string, number[]> = { measure: [], workers: [], loader: [], peer: [] };
  for (let round = 0; round < rounds; round++) {
    const peer = spawnSync(process.env['VASCUSIM_PYTHON'] ?? '/usr/bin/python3', [PEER, ...paths], {
      encoding: 'utf8',
    });
    if (peer.status !== 0) throw new Error(peer.stderr);
    const { ms, fields } = JSON.parse(peer.stdout) as {
      ms: number;
      fields: Record<string, { mean: number[]; std: number[] }>;
    };
    times['peer']?.push(ms);
    const start = performance.now();
    const statistics = await dataset.measure();
    times['measure']?.push(performance.now() - start);
    compare(statistics, fields);
    const startWorkers = performance.now();
    await dataset.measure({ numWorkers: 2 });
    times['workers']?.push(performance.now() - startWorkers);
    const startLoader = performance.now();
    await using loader = new DataLoader(dataset, { batchSize: 1 });
    for await (using _ of loader);
    times['loader']?.push(performance.now() - startLoader);
  }
  const median = (name: string): number =>
    (times[name] as number[]).toSorted((a, b) => a - b)[Math.floor(rounds / 2)] as number;
  for (const name of ['peer', 'measure', 'workers', 'loader']) {
    const ms = median(name);
    console.log(
      `${name.padEnd(10)}${ms.toFixed(0).padStart(8)} ms  ${(ms / median('peer')).toFixed(3)} of VTK and NumPy`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Compares with what NumPy found, which sums in pairs without compensation. */
function compare(
  { fields }: Statistics,
  peer: Readonly<Record<string, { readonly mean: readonly number[]; readonly std: readonly number[] }>>,
): void {
  for (const [name, { mean, std }] of Object.entries(peer)) {
    const own = fields[name];
    for (const at of mean.keys()) {
      const far =
        Math.abs((own?.mean[at] ?? Number.NaN) - (mean[at] as number)) +
        Math.abs((own?.std[at] ?? Number.NaN) - (std[at] as number));
      if (!(far < 1e-9 * (1 + Math.abs(mean[at] as number)))) throw new Error(`${name} differs by ${far}`);
    }
  }
}
