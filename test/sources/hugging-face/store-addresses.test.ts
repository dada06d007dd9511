import { describe, expect, test } from 'vitest';
import type { FileEntry } from '../../../src/core/source.ts';
import { StoreAddresses, type StoreAnswer } from '../../../src/sources/hugging-face/store-addresses.ts';
import { fetchFile } from './fetch-file.ts';
import { makeHub, someBytes } from './hub-fixture.ts';

const CONTENT = someBytes(50_000);
const LARGE: FileEntry = {
  path: 'a.vtu',
  size: 5,
  version: 'v',
  checksum: { algorithm: 'sha256', value: 'ab' },
};

describe('addresses in the store', () => {
  function stage(answerOf: (asked: number) => StoreAnswer = () => ({ url: new URL('http://store/a') })) {
    const clock = { now: 1_000_000, asked: 0 };
    const addresses = new StoreAddresses(
      () => Promise.resolve(answerOf(++clock.asked)),
      () => clock.now,
    );
    return { clock, addresses };
  }

  test('are asked for once, also by who comes while they are asked for', async () => {
    const { clock, addresses } = stage();
    addresses.anticipate('c', LARGE);
    await addresses.find('c', LARGE);
    expect([clock.asked, await addresses.take('c', 'a.vtu')]).toEqual([
      1,
      { url: new URL('http://store/a') },
    ]);
  });

  test('serve whole files once, since what broke off goes on at another', async () => {
    const { addresses } = stage();
    await addresses.find('c', LARGE);
    await addresses.take('c', 'a.vtu');
    expect(addresses.take('c', 'a.vtu')).toBeUndefined();
  });

  test.each([
    ['X-Amz-Expires=600', 301_000],
    ['Expires=1600', 301_000],
    ['', 300_001],
  ])('signed by %j are asked for anew after half of that time', async (query, ms) => {
    const { clock, addresses } = stage(() => ({ url: new URL(`http://store/a?${query}`) }));
    await addresses.find('c', LARGE);
    clock.now += ms - 2000;
    await addresses.find('c', LARGE);
    expect(clock.asked).toBe(1);
    clock.now += 2000;
    await addresses.find('c', LARGE);
    expect(clock.asked).toBe(2);
  });

  test('are not asked for of files that git has', () => {
    const { clock, addresses } = stage();
    const small = { ...LARGE, checksum: { algorithm: 'git-sha1', value: 'ab' } } as const;
    expect([addresses.find('c', small), clock.asked]).toEqual([undefined, 0]);
  });

  test('are asked for no more where the Hub sends files itself', async () => {
    const { clock, addresses } = stage(() => 'here');
    await addresses.find('c', LARGE);
    expect([addresses.find('c', { ...LARGE, path: 'b.vtu' }), clock.asked]).toEqual([undefined, 1]);
  });

  test('that were not found out are asked for again', async () => {
    const { clock, addresses } = stage((asked) => (asked === 1 ? undefined : { url: new URL('http://s/') }));
    await addresses.find('c', LARGE);
    expect(await addresses.find('c', LARGE)).toEqual({ url: new URL('http://s/') });
    expect(clock.asked).toBe(2);
  });
});

describe('questions that find out nothing', () => {
  const stageWith = (answers: () => StoreAnswer) => {
    const clock = { now: 1_000_000, asked: 0 };
    const addresses = new StoreAddresses(
      () => {
        clock.asked++;
        return Promise.resolve(answers());
      },
      () => clock.now,
    );
    const ask = async (times: number): Promise<number> => {
      clock.asked = 0;
      for (let at = 0; at < times; at++) await addresses.find('c', { ...LARGE, path: `${at}.vtu` });
      return clock.asked;
    };
    return { clock, ask };
  };

  test('are not asked again and again, but some time later', async () => {
    const { clock, ask } = stageWith(() => undefined);
    expect(await ask(20)).toBe(4);
    clock.now += 60_000;
    expect(await ask(20)).toBe(1);
  });

  test('end with an answer', async () => {
    let count = 0;
    const { ask } = stageWith(() => (++count % 4 === 0 ? { url: new URL('http://s/') } : undefined));
    expect(await ask(20)).toBe(20);
  });
});

describe('a source that knows where a file lies', () => {
  const resolved = (requests: readonly { readonly route: string; readonly method: string }[]): string[] =>
    requests
      .filter(({ route }) => route === 'resolve' || route === 'cdn')
      .map((one) => `${one.route} ${one.method}`);

  test('opens it at its store, without the token', async () => {
    const { hub, connect } = await makeHub({ 'a.vtu': CONTENT });
    const source = connect({ token: 'hf_SecretOfTheTests' });
    source.anticipate(['a.vtu']);
    await expect.poll(() => resolved(hub.requests)).toEqual(['resolve HEAD']);
    expect(Buffer.from(await fetchFile(source, 'a.vtu')).equals(Buffer.from(CONTENT))).toBe(true);
    expect(resolved(hub.requests)).toEqual(['resolve HEAD', 'cdn GET']);
    expect(hub.requests.at(-1)?.headers['authorization']).toBeUndefined();
  });

  test('asks the Hub once for several parts of it', async () => {
    const { hub, connect } = await makeHub({ 'a.vtu': CONTENT });
    const source = connect();
    for (const start of [0, 10_000, 30_000]) {
      const { body } = await source.open('a.vtu', { range: { start, end: start + 5000 } });
      const part = Buffer.from(await new Response(body).bytes());
      expect(part.equals(Buffer.from(CONTENT.subarray(start, start + 5000)))).toBe(true);
    }
    expect(resolved(hub.requests)).toEqual(['resolve HEAD', 'cdn GET', 'cdn GET', 'cdn GET']);
  });

  test('asks the Hub anew where the address is too old', async () => {
    const { hub, connect } = await makeHub({ 'a.vtu': CONTENT });
    const source = connect();
    source.anticipate(['a.vtu']);
    await expect.poll(() => resolved(hub.requests)).toEqual(['resolve HEAD']);
    hub.cdn.expireAll();
    expect(Buffer.from(await fetchFile(source, 'a.vtu')).equals(Buffer.from(CONTENT))).toBe(true);
    expect(resolved(hub.requests)).toEqual(['resolve HEAD', 'cdn GET', 'resolve GET', 'cdn GET']);
  });

  test('does not ask ahead while the limit of the Hub is near', async () => {
    const { hub, connect } = await makeHub({ 'a.vtu': CONTENT, 'b.vtu': CONTENT });
    hub.limits.quotas = {
      api: { requests: 500, windowSeconds: 300 },
      resolvers: { requests: 900, windowSeconds: 300 },
    };
    const source = connect();
    await fetchFile(source, 'b.vtu');
    hub.requests.length = 0;
    source.anticipate(['a.vtu']);
    await fetchFile(source, 'a.vtu');
    expect(resolved(hub.requests)).toEqual(['resolve GET', 'cdn GET']);
  });

  test('reads files of a Hub without a store as before', async () => {
    const { hub, connect } = await makeHub({ 'a.vtu': CONTENT });
    hub.cdnUrl = hub.url;
    const source = connect();
    source.anticipate(['a.vtu', 'missing.vtu']);
    await fetchFile(source, 'a.vtu').catch(() => undefined);
    expect(resolved(hub.requests).filter((one) => one === 'resolve HEAD')).toHaveLength(1);
  });

  test('asks the Hub anew for all files of a store that cannot be reached', async () => {
    const { hub, connect } = await makeHub({ 'a.vtu': CONTENT, 'b.vtu': CONTENT });
    const { cdnUrl } = hub;
    hub.cdnUrl = 'http://127.0.0.1:9';
    const source = connect();
    source.anticipate(['a.vtu', 'b.vtu']);
    await expect.poll(() => resolved(hub.requests)).toEqual(['resolve HEAD', 'resolve HEAD']);
    hub.cdnUrl = cdnUrl;
    await expect(source.open('a.vtu')).rejects.toThrow(/refuses connections/);
    const { body } = await source.open('b.vtu');
    expect(Buffer.from(await new Response(body).bytes()).equals(Buffer.from(CONTENT))).toBe(true);
  });

  test('does not ask the Hub anew after a part that was given up', async () => {
    const { hub, connect } = await makeHub({ 'a.vtu': CONTENT });
    const source = connect();
    const part = async (start: number, signal?: AbortSignal): Promise<void> => {
      const { body } = await source.open('a.vtu', { range: { start, end: start + 10 }, signal });
      await new Response(body).bytes();
    };
    await part(0);
    const controller = new AbortController();
    hub.onRequest = () => controller.abort(new Error('enough'));
    await expect(part(20, controller.signal)).rejects.toThrow('enough');
    await part(40);
    expect(resolved(hub.requests)).toEqual(['resolve HEAD', 'cdn GET', 'cdn GET', 'cdn GET']);
  });

  test('asks the Hub anew after a store that gave other bytes of a part', async () => {
    const { hub, connect } = await makeHub({ 'a.vtu': CONTENT });
    const source = connect();
    hub.faults.add({ at: 'cdn', effect: { kind: 'wrong-range', shift: 3 } });
    const range = { start: 5000, end: 6000 };
    await expect(source.open('a.vtu', { range })).rejects.toThrow(/instead of/);
    const { body } = await source.open('a.vtu', { range });
    await new Response(body).bytes();
    expect(resolved(hub.requests)).toEqual(['resolve HEAD', 'cdn GET', 'resolve HEAD', 'cdn GET']);
  });
});
