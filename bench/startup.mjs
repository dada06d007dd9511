// How long `vascusim --help` takes beside a bare Node.js process: medians of interleaved starts.
// node bench/startup.mjs [path of the command, such as a built one]
import { spawnSync } from 'node:child_process';

const command = process.argv[2] ?? 'bin/vascusim.mjs';
const RUNS = 15;
const cases = { 'node -e 0': ['-e', '0'], 'vascusim --help': [command, '--help'] };
const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
for (let run = 0; run <= RUNS; run++) {
  for (const [name, args] of Object.entries(cases)) {
    const start = process.hrtime.bigint();
    const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
    if (status !== 0) throw new Error(`${name} ended with ${status}`);
    // The first one of each only warms up the system's caches.
    if (run > 0) times[name].push(Number(process.hrtime.bigint() - start) / 1e6);
  }
}
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const [bare, help] = Object.values(times).map(median);
console.log(`node -e 0        ${bare.toFixed(1)} ms`);
console.log(`vascusim --help  ${help.toFixed(1)} ms, ${(help / bare).toFixed(2)} times as long`);
