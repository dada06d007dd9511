import { describe, expect, onTestFinished, test } from 'vitest';
import { DataStreamer } from '../../../src/streamers/data-streamer.ts';
import { failureOf, makeFolder } from '../../temporary-folder.ts';
import { fetchFile } from './fetch-file.ts';
import { makeHub, someBytes } from './hub-fixture.ts';

const CONTENT = someBytes(200_000);

describe.each([400, 403, 405, 501])('a store that refuses parts with %i', (status) => {
  async function stage() {
    const { hub, connect } = await makeHub({ 'a.vtu': CONTENT });
    const answer = hub.cdn.answer.bind(hub.cdn);
    hub.cdn.answer = (url, headers) =>
      headers['range'] === undefined
        ? answer(url, headers)
        : { status, headers: {}, body: new Uint8Array(0), isFile: false };
    return { hub, source: connect() };
  }

  test('a part is taken out of the whole file', async () => {
    const { source } = await stage();
    const range = { start: 100_000, end: 150_000 };
    const open = async (): Promise<Uint8Array> =>
      new Response((await source.open('a.vtu', { range })).body).bytes();
    const found = await open().catch(open);
    expect(Buffer.from(found).equals(Buffer.from(CONTENT.subarray(100_000, 150_000)))).toBe(true);
  });

  test('a file that was cut is fetched', async () => {
    const { hub, source } = await stage();
    hub.faults.add({ at: 'cdn', effect: { kind: 'cut', after: 90_000 } });
    const streamer = new DataStreamer(source, { cacheDir: await makeFolder(), retryDelayMs: 1 });
    onTestFinished(() => streamer.close());
    expect(Buffer.from(await streamer.readWhole('a.vtu')).equals(Buffer.from(CONTENT))).toBe(true);
  });
});

test('a store that refuses the whole as well is an error with its status', async () => {
  const { hub, connect } = await makeHub({ 'a.vtu': CONTENT });
  hub.cdn.answer = () => ({ status: 400, headers: {}, body: new Uint8Array(0), isFile: false });
  const error = await failureOf(connect().open('a.vtu', { range: { start: 1, end: 5 } }));
  expect(String(error)).toContain('400');
  expect(await failureOf(fetchFile(connect(), 'a.vtu'))).toBeInstanceOf(Error);
});
