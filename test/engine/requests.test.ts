import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { VascuDataset } from '../../src/data.ts';
import { DataLoader } from '../../src/loader.ts';
import { Batch, graphFromSafetensors } from '../../src/mesh.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { LoopbackDsm } from '../servers/dsm.ts';
import { makeFolder } from '../temporary-folder.ts';
import { attach, type Frame, openEngine } from './engine-process.ts';

/** A folder of five cases, the second one of which says NaN in its metadata. */
function makeCases(): Promise<string> {
  const files = Array.from({ length: 5 }, (_, index) => [
    [`case_${index}.vtu`, smallVtu({ points: 4 + index })],
    [`case_${index}.json`, `{"age": ${index === 1 ? 'NaN' : index}}`],
  ]);
  return makeFolder(Object.fromEntries(files.flat()));
}

/** An engine with a dataset of these cases. */
async function openCases(options: object = {}) {
  const folder = await makeCases();
  const engine = await openEngine();
  const { handle: of } = await engine.client.value<{ handle: number }>('dataset', {
    streaming: true,
    options: { sourceUrl: folder, ...options },
  });
  return { ...engine, folder, of };
}

describe('a dataset over the engine', () => {
  test('a sample is the one that the dataset gives', async () => {
    const { client, folder, of } = await openCases();
    await using dataset = await VascuDataset.open({ sourceUrl: folder });
    const { payload } = await client.request('get', { of, index: 3 });
    expect(graphFromSafetensors(new Uint8Array(payload))).toEqual(await dataset.get(3));
  });

  test('metadata keep what JSON has no form for', async () => {
    const { client, of } = await openCases();
    const { samples } = await client.value<{ samples: { metadata: object }[] }>('samples', { of, first: 1 });
    expect(samples[0]?.metadata).toEqual({ age: Number.NaN });
  });

  test('samples come in pages that say where to go on', async () => {
    const { client, of } = await openCases();
    const page = await client.value<{ samples: { id: string }[]; next: number }>('samples', { of, first: 2 });
    expect(page.samples.map(({ id }) => id)).toEqual(['case_2', 'case_3', 'case_4']);
    expect(page.next).toBe(5);
  });

  test('a filter is asked of pages of samples while the dataset opens', async () => {
    const { client, folder } = await openCases();
    const id = client.start('dataset', { options: { sourceUrl: folder, filterFn: { $pages: true } } });
    const { message } = (await client.take((each) => each['ask'] !== undefined)) as Frame;
    expect(message['callback']).toBe(id);
    const [[page]] = [message['args'] as { id: string; metadata: object }[][]];
    expect(page?.map((sample) => sample.id)).toEqual(['case_0', 'case_1', 'case_2', 'case_3', 'case_4']);
    expect(page?.[2]?.metadata).toEqual({ age: 2 });
    client.start('answer', { of: message['ask'], ok: [false, true, false, false, true] });
    const opened = await client.take((each) => each['id'] === id);
    expect(opened?.message['ok']).toMatchObject({ length: 2 });
  });

  test.each([
    ['of another length', { ok: [true] }],
    ['of none', { ok: null }],
    ['that is an error', { error: 'no' }],
  ])('an answer %s ends the request', async (_, answer) => {
    const { client, folder } = await openCases();
    const id = client.start('dataset', { options: { sourceUrl: folder, filterFn: { $pages: true } } });
    const { message } = (await client.take((each) => each['ask'] !== undefined)) as Frame;
    client.start('answer', { of: message['ask'], ...answer });
    expect((await client.take((each) => each['id'] === id))?.message['error']).toBeDefined();
  });

  test('a subset has the samples that were chosen, in that order', async () => {
    const { client, of } = await openCases();
    const subset = await client.value<{ handle: number; length: number }>('subset', { of, indices: [4, 0] });
    expect(subset.length).toBe(2);
    const { payload } = await client.request('get', { of: subset.handle, index: 0 });
    expect(graphFromSafetensors(new Uint8Array(payload)).id).toBe('case_4');
  });

  test('what a subset leaves out is not fetched ahead', async () => {
    const { client, of } = await openCases({ copyToCache: true });
    const { handle } = await client.value<{ handle: number }>('subset', { of, indices: [0, 1, 3] });
    const { misses: listed } = await client.value<{ misses: number }>('datasetStats', { of });
    for (const index of [0, 1, 2, 2, 0, 1]) await client.request('get', { of: handle, index });
    const { misses } = await client.value<{ misses: number }>('datasetStats', { of });
    expect(misses - listed).toBe(3);
  });

  test('an error says its class, its fields and its cause', async () => {
    const { client, of } = await openCases();
    const outside = (await client.request('get', { of, index: 5 })).message['error'];
    expect(outside).toMatchObject({ name: 'RangeError', message: expect.stringContaining('0 … 4') });
    const unknown = await client.request('dataset', { options: { sourceUrl: '/no/such/folder' } });
    expect(unknown.message['error']).toMatchObject({
      name: 'NotFoundError',
      fields: { code: 'NOT_FOUND' },
      cause: { name: 'NotFoundError' },
    });
  });

  test('a closed dataset is gone for those who still ask', async () => {
    const { client, of } = await openCases();
    await client.value('close', { of });
    expect((await client.request('get', { of, index: 0 })).message['error']).toMatchObject({
      name: 'DisposedError',
    });
  });
});

describe('a loader over the engine', () => {
  test('batches and states are those of the loader', async () => {
    const { client, folder, of } = await openCases();
    await using dataset = await VascuDataset.open({ sourceUrl: folder });
    const options = { batchSize: 2, shuffle: true, seed: 7 };
    await using loader = new DataLoader(dataset, options);
    const { handle } = await client.value<{ handle: number }>('loader', { of, options });
    const id = client.start('iterate', { of: handle, credits: 9 });
    for await (const batch of loader) {
      const frame = await client.take((message) => message['id'] === id);
      expect(Batch.fromSafetensors(new Uint8Array(frame?.payload ?? []))).toEqual(batch);
      expect(frame?.message['state']).toEqual(loader.stateDict());
    }
    const { message } = (await client.take((each) => each['id'] === id)) ?? {};
    expect(message?.['ok']).toMatchObject({ state: JSON.parse(JSON.stringify(loader.stateDict())) });
  });

  test('goes as far as there is credit, and no further', async () => {
    const { client, of } = await openCases();
    const { handle } = await client.value<{ handle: number }>('loader', { of, options: {} });
    const id = client.start('iterate', { of: handle, credits: 1 });
    await client.take((message) => message['id'] === id);
    for (let turn = 0; turn < 20; turn++) {
      expect(await client.value('progress', { of: handle })).toMatchObject({ batches: 1 });
    }
    client.start('credit', { of: id, credits: 4 });
    for (let batch = 1; batch < 5; batch++) await client.take((message) => message['id'] === id);
    client.start('credit', { of: id, credits: 1 });
    const { message } = (await client.take((each) => each['id'] === id)) ?? {};
    expect(message?.['ok']).toBeDefined();
  });

  test.each([Number.NaN, -1, 0.5, '2'])('a credit of %s is refused', async (credits) => {
    const { client, of, ended } = await openCases();
    const { handle } = await client.value<{ handle: number }>('loader', { of, options: {} });
    const asked = await client.request('iterate', {
      of: handle,
      credits: credits === credits ? credits : null,
    });
    expect(asked.message['error']).toMatchObject({ name: 'ConfigError', fields: { option: 'credits' } });
    const id = client.start('iterate', { of: handle, credits: 1 });
    await client.take((message) => message['id'] === id);
    client.start('credit', { of: id, credits });
    expect((await ended).stderr).toContain('"credits" that are no whole number from 0 on');
  });

  test('what is cancelled ends, and the next iteration begins anew', async () => {
    const { client, of } = await openCases();
    const { handle } = await client.value<{ handle: number }>('loader', { of, options: {} });
    const first = client.start('iterate', { of: handle, credits: 2 });
    await client.take((message) => message['id'] === first);
    client.start('cancel', { of: first });
    await client.value('leave', { of: handle });
    expect(await client.value('epoch', { of: handle })).toBe(0);
    const second = client.start('iterate', { of: handle, credits: 9 });
    const frame = await client.take((message) => message['id'] === second);
    expect(Batch.fromSafetensors(new Uint8Array(frame?.payload ?? [])).ids).toEqual(['case_0']);
  });

  test('an order that only the client knows is asked for', async () => {
    const { client, of } = await openCases();
    const { handle } = await client.value<{ handle: number }>('loader', {
      of,
      givesOrder: true,
      options: { batchSize: 3 },
    });
    const needed = (await client.request('length', { of: handle })).message['error'];
    expect(needed).toMatchObject({ name: 'OrderNeededError', fields: { epoch: 0 } });
    await client.value('order', { of: handle, epoch: 0, order: [4, 4, 1, 0] });
    expect(await client.value('length', { of: handle })).toBe(2);
    const id = client.start('iterate', { of: handle, credits: 9 });
    const frame = await client.take((message) => message['id'] === id);
    expect(Batch.fromSafetensors(new Uint8Array(frame?.payload ?? [])).ids).toEqual([
      'case_4',
      'case_4',
      'case_1',
    ]);
  });

  test('an epoch that is set asks for its order anew', async () => {
    const { client, of } = await openCases();
    const options = { givesOrder: true, options: {} };
    const { handle } = await client.value<{ handle: number }>('loader', { of, ...options });
    await client.value('order', { of: handle, epoch: 0, order: [4, 1] });
    expect(await client.value('length', { of: handle })).toBe(2);
    await client.value('setEpoch', { of: handle, epoch: 0 });
    expect((await client.request('length', { of: handle })).message['error']).toMatchObject({
      name: 'OrderNeededError',
    });
    await client.value('order', { of: handle, epoch: 0, order: [3] });
    expect(await client.value('length', { of: handle })).toBe(1);
  });

  test('samples that are left out are told, with what was wrong', async () => {
    const folder = await makeFolder({ 'a.vtu': smallVtu({ points: 4 }), 'b.vtu': 'broken' });
    const { client } = await openEngine();
    const { handle: of } = await client.value<{ handle: number }>('dataset', {
      options: { sourceUrl: folder },
    });
    const { handle } = await client.value<{ handle: number }>('loader', {
      of,
      reports: ['error'],
      options: { batchSize: 2 },
    });
    const id = client.start('iterate', { of: handle, credits: 9 });
    const { message } = (await client.take((each) => each['id'] === id)) ?? {};
    expect(message?.['reports']).toMatchObject([{ kind: 'error', index: 1, error: { name: 'FormatError' } }]);
  });
});

test('a listing comes in parts, as far as there is credit', async () => {
  const folder = Array.from({ length: 15 }, () => 'x'.repeat(240)).join('/');
  const names = Array.from({ length: 310 }, (_, at) => `${folder}/${String(at).padStart(3, '0')}.vtu`);
  const sourceUrl = await makeFolder(Object.fromEntries(names.map((name) => [name, ''])));
  const { client } = await openEngine();
  const { handle: of } = await client.value<{ handle: number }>('streamer', {
    kind: 'LocalStreamer',
    options: { sourceUrl },
  });
  const id = client.start('listFiles', { of, credits: 1 });
  const parts: string[][] = [];
  for (;;) {
    const { message } = (await client.take((each) => each['id'] === id)) ?? {};
    if (message?.['more'] !== true) break;
    parts.push(message['files'] as string[]);
    client.start('credit', { of: id, credits: 1 });
  }
  expect(parts.flat()).toEqual(names);
  expect(parts).toHaveLength(2);
});

test('functions of the client are called for options', async () => {
  await using dsm = await LoopbackDsm.start();
  dsm.files.share('sims');
  const { client } = await openEngine();
  const { handle: of } = await client.value<{ handle: number }>('streamer', {
    kind: 'NASStreamer',
    options: { sourceUrl: dsm.url, username: 'alice', password: { $callback: 7 } },
  });
  const listing = client.request('listShares', { of });
  const { message } = (await client.take((each) => 'ask' in each)) ?? {};
  expect(message).toMatchObject({ callback: 7, args: [] });
  client.start('answer', { of: message?.['ask'], ok: 'pass word+%&#é' });
  expect((await listing).message['ok']).toEqual(['sims']);
});

test('modules and workers that print do not disturb the frames', async () => {
  const folder = await makeFolder({
    'noisy.mjs': `export default (data) => {
      for (let line = 0; line < 1000; line++) console.log('x'.repeat(1000));
      return data;
    };`,
  });
  const transform = pathToFileURL(`${folder}/noisy.mjs`).href;
  const { client, of, child, ended } = await openCases({ transform });
  const { handle } = await client.value<{ handle: number }>('loader', { of, options: { numWorkers: 1 } });
  const id = client.start('iterate', { of: handle, credits: 9 });
  for (let batch = 0; batch < 5; batch++) {
    const frame = await client.take((message) => message['id'] === id);
    expect(Batch.fromSafetensors(new Uint8Array(frame?.payload ?? [])).ids).toEqual([`case_${batch}`]);
  }
  expect(await client.take((message) => message['id'] === id)).toBeDefined();
  child.stdin?.end();
  const { code, stderr } = await ended;
  expect(code).toBe(0);
  expect(stderr.includes('xxx')).toBe(true);
});

test('variables that the client changes are seen', async () => {
  const { client } = await openEngine();
  const cacheDir = await makeFolder();
  await client.value('environment', { values: { VASCUSIM_CACHE_DIR: cacheDir } });
  expect(await client.value('cache', { options: {} })).toMatchObject({ cacheDir });
});

describe('processes that attach', () => {
  const token = 'secret'.repeat(8);

  test('share the datasets, and what they open ends with them', async () => {
    const { client, of } = await openCases();
    const { address } = await client.value<{ address: string }>('share', { token });
    const other = await attach(address);
    other.greet({ token });
    expect((await other.take())?.message).toMatchObject({ protocol: 1 });
    const { payload } = await other.request('get', { of, index: 0 });
    expect(graphFromSafetensors(new Uint8Array(payload)).id).toBe('case_0');
  });

  test('need the token', async () => {
    const { client } = await openEngine();
    const { address } = await client.value<{ address: string }>('share', { token });
    for (const wrong of [{}, { token: 'wrong' }, { token: `${token.slice(0, -1)}x` }]) {
      const other = await attach(address);
      other.greet(wrong);
      expect(await other.take()).toBeUndefined();
    }
    expect(await client.value('share', { token })).toEqual({ address });
  });
});
