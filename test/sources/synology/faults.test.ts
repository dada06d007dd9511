import { getEventListeners } from 'node:events';
import { expect, vi, test as vitestTest } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import type { SynologySource } from '../../../src/sources/synology/synology-source.ts';
import { fc, test } from '../../property.ts';
import type { RangeStyle } from '../../servers/dsm/download.ts';
import type { Fault } from '../../servers/dsm/faults.ts';
import { sparse, sparseByte } from '../../servers/dsm/file-tree.ts';
import { collect, startNas } from './loopback.ts';

// Waits between tries, and many runs.
vi.setConfig({ testTimeout: 30_000 });

const SIZES = [0, 1, 1000, 65_536, 200_000, 300_001];

/** Reads a file as the download engine does: after a failure that may pass it goes on at the byte it had. */
async function readOn(
  source: SynologySource,
  path: string,
  version: string,
  size: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let failures = 0; ; ) {
    try {
      const range = { start: length, end: size };
      const { body } = await source.open(path, { range, ifVersion: version });
      for await (const chunk of body) {
        chunks.push(chunk);
        length += chunk.byteLength;
      }
      return Buffer.concat(chunks);
    } catch (error) {
      if (!isVascuError(error, 'NETWORK') || !error.retryable || ++failures > 12) throw error;
    }
  }
}

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constantFrom('cut', 'truncate'), bytes: fc.nat(200_000) }),
  fc.record({ kind: fc.constant('code'), code: fc.constantFrom(402, 421, 100) }),
  fc.record({ kind: fc.constant('reset') }),
  fc.record({
    kind: fc.constant('answer'),
    status: fc.constantFrom(200, 502, 503),
    headers: fc.constant({ 'Content-Type': 'text/html', 'Retry-After': '0' }),
    body: fc.constant('<html>try again</html>'),
  }),
);

test(
  'whatever happens to single downloads, eight readers that go on where they were get the right bytes',
  [
    fc.array(fc.record({ fault, after: fc.nat(20) }), { maxLength: 8 }),
    fc.record({ code: fc.constantFrom(106, 119, 150), after: fc.nat(12) }),
    fc.constantFrom<RangeStyle>('honoured', 'ignored', 'shifted', 'refused'),
    fc.constantFrom('5.2', '6.2', '7.2'),
  ],
  async (faults, { code, after: ended }, ranges, version) => {
    const { dsm, source } = await startNas({ ranges, version });
    for (const [index, size] of SIZES.entries()) dsm.files.write(`/s/${index}.vtu`, sparse(size));
    const entries = [...(await collect(source)), ...(await collect(source))];
    // One end of the session: a second one that meets the same call is an error that says so.
    dsm.faults.add({ api: 'Download', after: ended }, { kind: 'code', code });
    for (const { fault: kind, after } of faults) dsm.faults.add({ api: 'Download', after }, kind);
    await Promise.all(
      entries.map(async ({ path, size, version: known }) => {
        const bytes = await readOn(source, path, known, size);
        const expected = Uint8Array.from({ length: size }, (_, at) => sparseByte(at));
        expect(Buffer.compare(bytes, expected)).toBe(0);
      }),
    );
    await source.close();
    expect(dsm.liveSessions).toBe(0);
    expect(dsm.leaks()).toEqual([]);
    await dsm.close();
  },
  { numRuns: 15 },
);

vitestTest('nothing is left behind on a signal that many calls share', async () => {
  const { signal } = new AbortController();
  const { dsm, source } = await startNas({}, { signal });
  for (const size of SIZES) dsm.files.write(`/s/${size}.vtu`, sparse(size));
  for (const { path, version, size } of await collect(source)) {
    await source.stat(path, { signal });
    await new Response((await source.open(path, { signal, ifVersion: version })).body).bytes();
    await (await source.open(path, { signal })).body.cancel();
    await source.open(path, { signal, range: { start: 0, end: size + 1 } }).catch(() => undefined);
    await source.stat(`${path}.none`, { signal }).catch(() => undefined);
  }
  for await (const _ of source.list({ signal })) break;
  await source.check({ signal });
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});
