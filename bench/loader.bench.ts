import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAuto } from './loader-auto.ts';
import { runLimits } from './loader-limits.ts';
import { runScenarios } from './loader-scenarios.ts';
import { LATENCY_MS, MBPS } from './throttled-client.ts';

/*
 * The loader over a server 20 ms away that sends 25 MB/s, beside the original package's prefetch:
 *
 *   npm run bench:loader [-- SCENARIO… | tail | tailWorkers | tailSmall | tailSmallWorkers | tailLarge | half | second | memory | decoded | main | auto | collate | abort]
 *
 * `auto` compares `numWorkers: 'auto'` with 0 and 2 over files of this machine; the best of five rounds counts.
 *
 * `ideal` is what the longest stage takes alone: all bytes at full speed (16 requests at a time, into nothing), all
 * decoding on the threads there are, or all of the loop's body; decoding is measured in the same run with the files at
 * hand. `efficiency` is ideal : measured. Ours and the original take turns, twice; the better time of each counts.
 */
const wanted = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'vascusim-bench-loader-'));
process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}; ${LATENCY_MS} ms, ${MBPS} MB/s\n\n`,
);
try {
  await runScenarios(wanted, folder);
  await runLimits(wanted, folder);
  await runAuto(wanted, folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
