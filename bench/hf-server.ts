import { randomFillSync } from 'node:crypto';
import { Hub } from '../test/servers/hub.ts';

/*
 * The loopback Hub with `user/many`, FILES files of BYTES bytes each, and `user/large`, one file of LARGE bytes, all in
 * LFS and so at the second origin. Prints its address; ends with its standard input.
 *
 *   node bench/hf-server.ts FILES BYTES LARGE
 */
const [files = 0, bytes = 0, large = 0] = process.argv.slice(2).map(Number);
const unlimited = { requests: Number.MAX_SAFE_INTEGER, windowSeconds: 300 };

const hub = new Hub();
await hub.start();
hub.limits.quotas = { api: unlimited, resolvers: unlimited };
const many: Record<string, Uint8Array> = {};
for (let index = 0; index < files; index++) {
  many[`cases/${String(index).padStart(6, '0')}.vtu`] = randomFillSync(new Uint8Array(bytes));
}
hub.add('user/many', many);
hub.add('user/large', { 'large.vtu': randomFillSync(new Uint8Array(large)) });
process.stdout.write(`${hub.url}\n`);
process.stdin.on('end', () => process.exit()).resume();
