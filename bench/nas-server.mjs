// A loopback DSM for bench/nas.bench.ts in a process of its own: prints its port, and its connections at the end.
import { LoopbackDsm } from '../test/servers/dsm.ts';

const [latencyMs, count, size, largeSize] = process.argv.slice(2).map(Number);
const block = Buffer.alloc(1 << 20, 'vascusim');
const content = (length) => ({
  size: length,
  read: (offset, wanted) => block.subarray(0, Math.min(wanted, length - offset, block.length)),
});
const dsm = await LoopbackDsm.start({ latencyMs, sidPrefix: 'S' });
for (let index = 0; index < count; index++) dsm.files.write(`/small/case_${index}.vtu`, content(size));
dsm.files.write('/large/case.vtu', content(largeSize));
process.stdout.write(`${dsm.port}\n`);
process.stdin.resume().on('end', () => process.exit());
