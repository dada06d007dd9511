import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { Tensor } from '../../src/core/mesh.ts';
import { Batch } from '../../src/graph/batch.ts';
import { graphFromSafetensors, graphToSafetensors } from '../../src/graph/graph-safetensors.ts';
import { makeRecord } from '../../src/graph/record.ts';
import { readSafetensors, writeSafetensors } from '../../src/graph/safetensors.ts';
import { fc, test as property } from '../property.ts';
import { makeFolder } from '../temporary-folder.ts';
import { anyGraphs, pair } from './any-graphs.ts';

const PYTHON = '/usr/bin/python3';
const hasNumpy = spawnSync(PYTHON, ['-c', 'import numpy'], { stdio: 'ignore' }).status === 0;
if (!hasNumpy) {
  const advice = 'NumPy not found (Debian: apt install python3-numpy)';
  if (process.env['CI'] !== undefined) throw new Error(advice);
  process.stderr.write(`${advice}: reading safetensors by Python is skipped\n`);
}

const TENSORS: readonly (readonly [string, Tensor])[] = [
  ['bytes', { data: Uint8Array.of(1, 2, 255), shape: [3] }],
  ['shorts', { data: Int16Array.of(-7, 7), shape: [2] }],
  ['numbers', { data: Float32Array.of(1.5, -0, NaN, Infinity, 1e-40, 6), shape: [2, 3] }],
  ['doubles', { data: Float64Array.of(0.1, Number.MAX_VALUE), shape: [2, 1] }],
  ['ids', { data: Float64Array.of(2 ** 53 - 1, -5), shape: [2], storedAs: 'Int64' }],
  ['large', { data: BigUint64Array.of(2n ** 64n - 1n), shape: [1], storedAs: 'UInt64' }],
  ['none', { data: new Int32Array(0), shape: [0, 3] }],
  ['scalar', { data: Uint32Array.of(2 ** 32 - 1), shape: [] }],
  ['__proto__', { data: Int8Array.of(-1), shape: [1] }],
  ['Größe "q"\n', { data: Uint16Array.of(65535), shape: [1] }],
];

/** A file with this header and as many bytes of data. */
function makeFile(header: unknown, dataLength: number): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

describe('safetensors', () => {
  test('gives back every tensor and text', () => {
    const metadata = makeRecord([
      ['format', 'pt'],
      ['__proto__', '…'],
    ]);
    const read = readSafetensors(writeSafetensors(TENSORS, metadata));
    expect(Object.fromEntries(read.tensors)).toEqual(Object.fromEntries(TENSORS));
    expect(read.metadata).toEqual(metadata);
    for (const { data } of read.tensors.values())
      expect([data.byteOffset, data.byteLength]).toEqual([0, data.buffer.byteLength]);
  });

  test('reads a Buffer of Node.js, as readFile gives it, wherever it begins', () => {
    const bytes = writeSafetensors(TENSORS);
    const buffer = Buffer.from(new ArrayBuffer(bytes.length + 16), 3, bytes.length);
    buffer.set(bytes);
    expect(readSafetensors(buffer).tensors).toEqual(readSafetensors(bytes).tensors);
  });

  test('places each tensor where its type can be read in place', () => {
    const bytes = writeSafetensors(TENSORS);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<
      string,
      { data_offsets: number[] }
    >;
    const widths = new Map(TENSORS.map(([name, { data }]) => [name, data.BYTES_PER_ELEMENT]));
    for (const [
      name,
      {
        data_offsets: [begin = 1],
      },
    ] of Object.entries(header))
      expect(begin % (widths.get(name) ?? 0)).toBe(0);
  });

  test('reads a file in the middle of other bytes', () => {
    const file = writeSafetensors(TENSORS);
    const around = new Uint8Array(file.length + 3);
    around.set(file, 3);
    expect(readSafetensors(around.subarray(3)).tensors.get('ids')).toEqual(TENSORS[4]?.[1]);
  });

  test('is refused a tensor of the name that means metadata', () => {
    expect(() => writeSafetensors([['__metadata__', { data: Uint8Array.of(1), shape: [1] }]])).toThrow(
      /__metadata__/,
    );
  });

  const entry = (begin: number, end: number): unknown => ({
    dtype: 'U8',
    shape: [end - begin],
    data_offsets: [begin, end],
  });
  test.each<[string, Uint8Array<ArrayBuffer>, RegExp]>([
    ['few bytes', Uint8Array.of(1, 2), /cut off/],
    ['an endless header', new Uint8Array(8).fill(255), /no safetensors file/],
    ['a header beyond the end', makeFile({}, 0).fill(9, 0, 1), /cut off/],
    ['no JSON', makeFile('{"a"', 0), /no JSON/],
    ['a list', makeFile('[]', 0), /must be an object/],
    [
      'an entry without a shape',
      makeFile({ a: { dtype: 'U8', data_offsets: [0, 0] } }, 0),
      /dtype, shape and data_offsets/,
    ],
    [
      'a negative shape',
      makeFile({ a: { dtype: 'U8', shape: [-1, -2], data_offsets: [0, 2] } }, 2),
      /dtype, shape/,
    ],
    [
      'a shape of another size',
      makeFile({ a: { dtype: 'U8', shape: [3], data_offsets: [0, 2] } }, 2),
      /takes 3 bytes/,
    ],
    ['values beyond the end', makeFile({ a: entry(0, 4) }, 3), /cut off/],
    ['values that overlap', makeFile({ a: entry(0, 3), b: entry(2, 4) }, 4), /overlap/],
    ['a hole', makeFile({ a: entry(0, 1), b: entry(2, 4) }, 4), /hole/],
    ['bytes behind the last tensor', makeFile({ a: entry(0, 1) }, 4), /3 bytes behind/],
    ['metadata that is no text', makeFile({ __metadata__: { a: 1 } }, 0), /must be a text/],
  ])('%s is a FormatError that names the file', (_, bytes, message) => {
    let error: unknown;
    try {
      readSafetensors(bytes, { path: 'case.safetensors' });
    } catch (thrown) {
      error = thrown;
    }
    expect(isVascuError(error, 'FORMAT') && error.path).toBe('case.safetensors');
    expect(String(error)).toMatch(message);
  });

  property('any cut of a file is a FormatError', [fc.nat()], (seed) => {
    const bytes = writeSafetensors(TENSORS);
    expect(() => readSafetensors(bytes.slice(0, seed % bytes.length))).toThrow(/safetensors/);
  });

  test('a type that no typed array holds is UNSUPPORTED', () => {
    const half = makeFile({ a: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } }, 2);
    expect(() => readSafetensors(half)).toThrow(/F16/);
  });

  property('a graph comes back as it was, its arrays in their order', [anyGraphs], ([graph]) => {
    if (graph === undefined) return;
    const read = graphFromSafetensors(graphToSafetensors(graph));
    expect(read).toEqual(graph);
    expect(Object.keys(read.node)).toEqual(Object.keys(graph.node));
    expect(Object.getPrototypeOf(read.node)).toBeNull();
  });

  test('metadata keeps what JSON has no form for', () => {
    const metadata = { age: NaN, range: [-Infinity, -0, { deep: Infinity }], none: null, name: 'é' };
    const graph = { ...pair('a', 'p', { data: Float32Array.of(1, 2), shape: [2] }), metadata };
    expect(graphFromSafetensors(graphToSafetensors(graph)).metadata).toEqual(metadata);
  });

  property('a batch comes back as it was', [anyGraphs], (graphs) => {
    const batch = Batch.fromDataList(graphs);
    const read = Batch.fromSafetensors(batch.toSafetensors());
    expect(read).toEqual(batch);
    expect(read.toDataList()).toEqual(graphs);
  });

  test('what is no graph is said to be none', () => {
    const bytes = writeSafetensors(TENSORS);
    expect(() => graphFromSafetensors(bytes, { path: 'x' })).toThrow(/x: holds no graph/);
    expect(() => Batch.fromSafetensors(bytes)).toThrow(/holds no batch/);
  });

  test.skipIf(!hasNumpy)('Python reads a batch by the description of the format alone', async () => {
    const graphs = [1, 2, 3].map((value) => ({
      ...pair(`case_${value}`, 'pressure', { data: Float32Array.of(value, value / 2), shape: [2] }),
      cell: makeRecord([
        ['id', { data: Float64Array.of(2 ** 53 - value), shape: [1], storedAs: 'Int64' as const }],
      ]),
      numCells: 1,
    }));
    const folder = await makeFolder();
    const path = join(folder, 'batch.safetensors');
    writeFileSync(path, Batch.fromDataList(graphs).toSafetensors());
    const output = execFileSync(PYTHON, ['test/graph/read_safetensors.py', path], { encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual({
      pos: ['float32', [6, 3], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
      edgeIndex: ['int32', [2, 6], [0, 1, 2, 3, 4, 5, 1, 0, 3, 2, 5, 4]],
      batch: ['int32', [6], [0, 0, 1, 1, 2, 2]],
      ptr: ['int32', [4], [0, 2, 4, 6]],
      cellPtr: ['int32', [4], [0, 1, 2, 3]],
      edgePtr: ['int64', [4], [0, 2, 4, 6]],
      'node.pressure': ['float32', [6], [1, 0.5, 2, 1, 3, 1.5]],
      'cell.id': ['int64', [3], [2 ** 53 - 1, 2 ** 53 - 2, 2 ** 53 - 3]],
      ids: ['case_1', 'case_2', 'case_3'],
    });
  });
});
