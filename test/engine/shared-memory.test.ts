import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SharedMemory } from '../../src/engine/shared-memory.ts';
import { Batch } from '../../src/mesh.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeFolder } from '../temporary-folder.ts';
import { type Frame, openEngine } from './engine-process.ts';

const TEXT = 'a random text';
/** Bytes of a payload that is worth it. */
const ENOUGH = 2 ** 16;

async function makeMemory(text = TEXT): Promise<string> {
  return join(await makeFolder({ memory: text }), 'memory');
}

async function openMemory(): Promise<{ readonly memory: SharedMemory; readonly path: string }> {
  const path = await makeMemory();
  const memory = (await SharedMemory.open(path, TEXT)) as SharedMemory;
  onTestFinished(() => memory.close());
  return { memory, path };
}

test('payloads lie one behind the other until they are taken', async () => {
  const { memory, path } = await openMemory();
  const first = await memory.write([new Uint8Array(ENOUGH).fill(1), new Uint8Array(3).fill(2)]);
  const second = await memory.write([new Uint8Array(ENOUGH).fill(3)]);
  expect(first).toEqual({ at: 0, length: ENOUGH + 3 });
  expect(second?.at).toBeGreaterThanOrEqual(ENOUGH + 3);
  memory.give(0);
  expect((await memory.write([new Uint8Array(ENOUGH).fill(4)]))?.at).toBe(0);
  const bytes = await readFile(path);
  expect([bytes[0], bytes[ENOUGH + 2], bytes[second?.at as number]]).toEqual([4, 2, 3]);
});

test('a small payload is sent, and one for which there is no room', async () => {
  const { memory } = await openMemory();
  expect(await memory.write([new Uint8Array(ENOUGH - 1)])).toBeUndefined();
  const much = new Uint8Array(2 ** 20);
  expect(await memory.write(Array.from({ length: 257 }, () => much))).toBeUndefined();
});

test('a large payload arrives whole', async () => {
  const { memory, path } = await openMemory();
  const parts = Array.from({ length: 20 }, (_, at) => new Uint8Array(2 ** 20).fill(at));
  expect(await memory.write(parts)).toEqual({ at: 0, length: 20 * 2 ** 20 });
  const bytes = await readFile(path);
  expect(parts.every((part, at) => bytes.subarray(at * 2 ** 20, (at + 1) * 2 ** 20).equals(part))).toBe(true);
});

test.each([
  ['that holds another text', async () => makeMemory('another text')],
  ['that is not there', async () => '/nowhere/memory'],
  ['that is a folder', () => makeFolder()],
])('memory %s is not taken', async (_, make) => {
  expect(await SharedMemory.open(await make(), TEXT)).toBeUndefined();
});

test('what can no longer be written is sent', async () => {
  const { memory } = await openMemory();
  await memory.close();
  expect(await memory.write([new Uint8Array(ENOUGH)])).toBeUndefined();
});

test('the engine leaves a batch in the memory of its client', async () => {
  const folder = await makeFolder({ 'a.vtu': smallVtu({ points: 4000 }) });
  const path = await makeMemory();
  const { client } = await openEngine();
  expect(await client.value('memory', { path, text: TEXT })).toBe(true);
  const { handle: of } = await client.value<{ handle: number }>('dataset', {
    options: { sourceUrl: folder },
  });
  const { handle } = await client.value<{ handle: number }>('loader', { of, options: { batchSize: 1 } });
  client.start('iterate', { of: handle, credits: 2 });
  const { message, payload } = (await client.take(({ more }) => more === true)) as Frame;
  expect(payload).toHaveLength(0);
  const [at = 0, length = 0] = message['shared'] as number[];
  const file = await open(path);
  const { buffer } = await file.read(new Uint8Array(length), 0, length, at);
  await file.close();
  expect(Batch.fromSafetensors(buffer).ids).toEqual(['a']);
});

test('other memory is refused, and the engine goes on', async () => {
  const { client } = await openEngine();
  expect(await client.value('memory', { path: '/dev/null', text: TEXT })).toBe(false);
});
