import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { DataStreamer } from '../../../src/streamers/data-streamer.ts';
import { fc, test as property } from '../../property.ts';
import type { FaultEffect, HubRoute } from '../../servers/hub-faults.ts';
import { failureOf, makeFolder } from '../../temporary-folder.ts';
import { type FaultCase, faultCases, login, unavailable } from './fault-cases.ts';
import { fetchFile } from './fetch-file.ts';
import { type HubFixture, leakedTokens, listAll, makeHub, someBytes, TOKEN } from './hub-fixture.ts';

const BYTES = someBytes(60_004);
/** A gated dataset of one file in LFS and one in git, as someone with a token sees it. */
async function makeGated(): Promise<HubFixture> {
  const fixture = await makeHub({ 'large.vtu': BYTES, 'small.json': BYTES });
  fixture.repository.access = 'gated';
  fixture.repository.readers.add(TOKEN);
  return fixture;
}

/** Where the bytes of each file come from. */
const FILES: readonly (readonly [path: string, route: HubRoute])[] = [
  ['large.vtu', 'cdn'],
  ['small.json', 'resolve-cache'],
];

describe.each(FILES)('%s, whose bytes come from %s', (path, route) => {
  test.each(faultCases(route))('%s: the right bytes, no token elsewhere', async (_name, effects) => {
    const { hub, connect } = await makeGated();
    for (const [at, effect] of effects) hub.faults.add({ at, effect });
    const bytes = await fetchFile(connect({ token: TOKEN, idleTimeoutMs: 300 }), path);
    expect(Buffer.compare(bytes, BYTES)).toBe(0);
    expect(hub.faults.pending).toBe(0);
    expect(leakedTokens(hub)).toBe(0);
  });

  test('a streamer over it gives the right bytes too, whatever goes wrong', async () => {
    const check = async ([, effects]: FaultCase): Promise<void> => {
      const { hub, connect } = await makeGated();
      for (const [at, effect] of effects) hub.faults.add({ at, effect });
      const source = connect({ token: TOKEN, idleTimeoutMs: 300 });
      await using streamer = new DataStreamer(source, { cacheDir: await makeFolder() });
      const bytes = await readFile(await streamer.getFile(path));
      expect(Buffer.compare(bytes, BYTES)).toBe(0);
      expect(hub.faults.pending).toBe(0);
      expect(leakedTokens(hub)).toBe(0);
    };
    await Promise.all(faultCases(route).map(check));
  }, 30_000);

  test('goes on at the byte that was reached', async () => {
    const { hub, connect } = await makeGated();
    hub.faults.add({ at: route, effect: { kind: 'cut', after: 30_000 } });
    await fetchFile(connect({ token: TOKEN }), path);
    const ranges = hub.requests
      .filter((request) => request.route === route)
      .map(({ headers }) => headers.range);
    expect(ranges).toHaveLength(2);
    expect(ranges[0]).toBeUndefined();
    expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-60003$/);
  });

  test.each<[string, FaultEffect]>([
    ['one flipped byte', { kind: 'flip', at: 5 }],
    ['a login page', login],
    ['503', unavailable],
    ['no answer', { kind: 'silence' }],
    ['a reset', { kind: 'reset' }],
    ['cut', { kind: 'cut', after: 0 }],
    ['a proxy that wants a password', { kind: 'status', status: 407 }],
    ['404', { kind: 'status', status: 404 }],
  ])('%s each time: a typed error without the token', async (_name, effect) => {
    const { hub, connect } = await makeGated();
    hub.faults.add({ at: route, effect, times: 100 });
    const error = await failureOf(fetchFile(connect({ token: TOKEN, idleTimeoutMs: 50 }), path));
    expect(isVascuError(error, 'NETWORK', 'INTEGRITY', 'AUTH', 'NOT_FOUND')).toBe(true);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(
      new RegExp(`${TOKEN}|X-Amz-Signature`),
    );
    expect(leakedTokens(hub)).toBe(0);
  });
});

test('an address of the CDN that has expired is replaced by a new one', async () => {
  const { hub, connect } = await makeGated();
  let resolved = 0;
  hub.onRequest = ({ route }) => {
    if (route === 'cdn' && ++resolved === 1) hub.cdn.expireAll();
  };
  expect(Buffer.compare(await fetchFile(connect({ token: TOKEN }), 'large.vtu'), BYTES)).toBe(0);
  expect(hub.count('resolve')).toBe(2);
});

describe('faults of the API', () => {
  test.each<[string, FaultEffect]>([
    ['503', unavailable],
    ['a reset', { kind: 'reset' }],
    ['a login page', login],
    ['half an answer', { kind: 'truncate', to: 20 }],
    ['the connection cut', { kind: 'cut', after: 20 }],
    ['silence', { kind: 'silence' }],
    ['429', { kind: 'status', status: 429, headers: { RateLimit: '"api";r=0;t=1' } }],
  ])('%s on any call: the whole listing after all', async (_name, effect) => {
    const check = async (skip: number): Promise<void> => {
      const { hub, connect } = await makeHub({ 'a.vtu': 'a', 'b.vtu': 'b', 'c.vtu': 'c' });
      hub.pageSize = 2;
      hub.faults.add({ at: 'api', skip, effect });
      const entries = await listAll(connect({ idleTimeoutMs: 200, maxWaitMs: 1500 }));
      expect(entries.map(({ path }) => path)).toEqual(['a.vtu', 'b.vtu', 'c.vtu']);
      expect(hub.faults.pending).toBe(0);
    };
    await Promise.all([0, 1, 2].map(check));
  });

  test.each([
    '[]',
    '{}',
    'null',
    '[{"type":"file","path":"../x","size":1,"oid":"0"}]',
    `[{"type":"file","path":"x","size":-1,"oid":"${'0'.repeat(40)}"}]`,
    '[{"type":"file","path":"x","size":1,"oid":"short"}]',
    '[1]',
  ])('an answer that is none of the Hub, %s, is a typed error or an empty listing', async (body) => {
    const { hub, connect } = await makeHub({ 'a.vtu': 'a' });
    hub.faults.add({ at: 'api', skip: 1, times: 9, effect: { kind: 'status', status: 200, body } });
    const outcome = await listAll(connect({ maxWaitMs: 0 })).catch((error: unknown) => error);
    if (body === '[]') expect(outcome).toEqual([]);
    else expect(isVascuError(outcome, 'NETWORK')).toBe(true);
  });

  test('pages that go in circles end', async () => {
    const { hub, connect } = await makeHub({ 'a.vtu': 'a' });
    const Link = `<${hub.url}/api/datasets/user/cases/tree/main?cursor=MA==>; rel="next"`;
    hub.faults.add({
      at: 'api',
      skip: 1,
      times: 99,
      effect: { kind: 'status', status: 200, body: '[]', headers: { Link } },
    });
    expect(String(await failureOf(listAll(connect())))).toContain('circles');
  });
});

const effects = fc.oneof<fc.Arbitrary<FaultEffect>[]>(
  fc.record({ kind: fc.constant('cut'), after: fc.nat(60_003) }),
  fc.record({ kind: fc.constant('truncate'), to: fc.nat(60_003) }),
  fc.record({ kind: fc.constant('extra'), bytes: fc.integer({ min: 1, max: 1000 }) }),
  fc.record({ kind: fc.constant('wrong-range'), shift: fc.constantFrom(-7, -1) }),
  fc.constant({ kind: 'ignore-range' }),
  fc.constant({ kind: 'reset' }),
  fc.constant(login),
  fc.constant(unavailable),
);

property(
  'whatever goes wrong in a row, the bytes are right or the error is typed',
  [
    fc.array(fc.tuple(fc.constantFrom<HubRoute>('cdn', 'resolve', 'resolve-cache'), effects), {
      maxLength: 8,
    }),
    fc.constantFrom('large.vtu', 'small.json'),
  ],
  async (script, path) => {
    const { hub, connect } = await makeGated();
    for (const [at, effect] of script) hub.faults.add({ at, effect });
    const source = connect({ token: TOKEN });
    const outcome = await fetchFile(source, path).catch((error: unknown) => error);
    if (outcome instanceof Uint8Array) expect(Buffer.compare(outcome, BYTES)).toBe(0);
    else expect(isVascuError(outcome, 'NETWORK', 'INTEGRITY')).toBe(true);
    expect(leakedTokens(hub)).toBe(0);
    await source.close();
    await hub.close();
  },
  { numRuns: 40 },
);
