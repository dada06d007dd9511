import { createHash, randomBytes } from 'node:crypto';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { crc32 } from 'node:zlib';
import { readAhead } from '../src/core/read-ahead.ts';
import { Crc32c } from '../src/sources/s3/crc32c.ts';
import { Crc64Nvme } from '../src/sources/s3/crc64nvme.ts';
import { S3Source } from '../src/sources/s3/s3-source.ts';
import { S3Server } from '../test/servers/s3-server.ts';

/*
 * Objects of a loopback S3 that answers after 5 ms, 8 at a time beside one after the other, and the digests that whole
 * objects are checked by beside those of Node.js:
 *
 *   npm run bench:s3 -- [--rounds 3] [--files 200] [--bytes 20000] [--latency 5]
 */
const rounds = option('rounds', 3);
const files = option('files', 200);
const bytes = option('bytes', 20_000);
const latency = option('latency', 5);

function option(name: string, fallback: number): number {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? fallback : Number(process.argv[index + 1]);
}

/** Milliseconds that it takes to read all objects, so many at a time. */
async function timeToRead(server: S3Server, concurrency: number): Promise<number> {
  await using source = new S3Source({
    bucket: 'sims',
    endpoint: server.url,
    credentials: server.credentials,
    environment: {},
  });
  const keys = [...server.objects.keys()];
  const read = async (key: string): Promise<number> =>
    (await new Response((await source.open(key)).body).bytes()).length;
  const begin = performance.now();
  let total = 0;
  for await (const length of readAhead(keys, read, { ahead: concurrency, concurrency })) total += length;
  if (total !== files * bytes) throw new Error(`${total} bytes came`);
  return performance.now() - begin;
}

/** GB a second of a digest, the best of several runs. */
function speedOf(start: () => (chunk: Uint8Array) => void): number {
  const chunk = randomBytes(64 * 1024);
  const count = 2_000;
  let best = 0;
  for (let round = 0; round < 5; round++) {
    const update = start();
    const begin = performance.now();
    for (let index = 0; index < count; index++) update(chunk);
    best = Math.max(best, (count * chunk.byteLength) / 1e6 / (performance.now() - begin));
  }
  return best;
}

await using server = await S3Server.start({ delayMs: latency });
for (let index = 0; index < files; index++) server.put(`case ${index}.vtu`, randomBytes(bytes));
console.log(
  `${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}\n`,
);
console.log(
  `| ${files} × ${bytes} bytes, ${latency} ms | serial ms | 8 at a time ms | ratio |\n|---|---|---|---|`,
);
for (let round = 1; round <= rounds; round++) {
  const serial = await timeToRead(server, 1);
  const parallel = await timeToRead(server, 8);
  console.log(
    `| round ${round} | ${serial.toFixed(0)} | ${parallel.toFixed(0)} | ${(serial / parallel).toFixed(1)} |`,
  );
}
const hash = (name: string) => () => {
  const digest = createHash(name);
  return (chunk: Uint8Array): void => void digest.update(chunk);
};
const digests: readonly (readonly [string, () => (chunk: Uint8Array) => void])[] = [
  [
    'crc64nvme (ours)',
    () =>
      (
        (digest) => (chunk: Uint8Array) =>
          digest.update(chunk)
      )(new Crc64Nvme()),
  ],
  [
    'crc32c (ours)',
    () =>
      (
        (digest) => (chunk: Uint8Array) =>
          digest.update(chunk)
      )(new Crc32c()),
  ],
  ['crc32 (zlib)', () => (chunk) => void crc32(chunk)],
  ['md5', hash('md5')],
  ['sha1', hash('sha1')],
  ['sha256', hash('sha256')],
];
console.log('\n| digest | GB/s |\n|---|---|');
for (const [name, start] of digests) console.log(`| ${name} | ${speedOf(start).toFixed(2)} |`);
