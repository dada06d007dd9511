import { describe, expect, test } from 'vitest';
import { BufferPool } from '../../src/core/buffer-pool.ts';
import { isVascuError } from '../../src/core/errors.ts';
import type { GraphData } from '../../src/core/graph.ts';
import { buffersOf } from '../../src/core/graph-buffers.ts';
import { Batch } from '../../src/graph/batch.ts';
import { graphFromSafetensors, graphToSafetensors } from '../../src/graph/graph-safetensors.ts';
import { makeRecord } from '../../src/graph/record.ts';
import { readSafetensors } from '../../src/graph/safetensors.ts';
import { makeGraph } from '../loader/graphs.ts';
import { test as property } from '../property.ts';
import { anyGraphsOfParts, pair } from './any-graphs.ts';

const floats = (...values: readonly number[]) => ({
  data: Float32Array.from(values),
  shape: [values.length],
});

/** A sample with a wall of two nodes. */
function sampleOf(id: string, parts: Readonly<Record<string, GraphData>>): GraphData {
  return { ...makeGraph(id), parts: makeRecord(Object.entries(parts)) };
}

const walled = (id: string, ...values: readonly number[]): GraphData =>
  sampleOf(id, { wall: pair(id, 'wss', floats(...values)) });

describe('a batch of samples with parts', () => {
  property('gives them all back as they were', [anyGraphsOfParts], (graphs) => {
    expect(Batch.fromDataList(graphs).toDataList()).toEqual(graphs);
  });

  property('joins each part as a batch of its own', [anyGraphsOfParts], (graphs) => {
    const walls = graphs.map(({ parts }) => parts?.['wall'] as GraphData);
    expect(Batch.fromDataList(graphs).parts['wall']).toEqual(Batch.fromDataList(walls));
  });

  property('is the same in a file', [anyGraphsOfParts], (graphs) => {
    const batch = Batch.fromDataList(graphs);
    expect(Batch.fromSafetensors(batch.toSafetensors())).toEqual(batch);
  });

  property('is the same where it consumes them, of which nothing is left', [anyGraphsOfParts], (graphs) => {
    const copies = structuredClone(graphs);
    const buffers = new BufferPool(2 ** 20);
    const batch = Batch.fromDataList(copies, { consume: true, buffers });
    expect(batch).toEqual(Batch.fromDataList(graphs));
    batch.release();
    for (const graph of copies) for (const buffer of buffersOf(graph)) expect(buffer.byteLength).toBe(0);
    for (const part of Object.values(batch.parts)) {
      expect(part.pos.data).toHaveLength(0);
      expect(() => part.get(0)).toThrow(/released/);
    }
  });

  test('hands the memory of one sample over once, parts with it', () => {
    const sample = walled('a', 1, 2);
    const sizes = buffersOf(sample).map(({ byteLength }) => byteLength);
    const reclaimed: number[][] = [];
    const reclaim = (_: number, memory: readonly ArrayBuffer[]): void => {
      reclaimed.push(memory.map(({ byteLength }) => byteLength));
    };
    Batch.fromDataList([sample], { consume: true, reclaim }).release();
    expect(reclaimed).toEqual([sizes]);
  });

  test('may be released after one of its parts', () => {
    const batch = Batch.fromDataList([walled('a', 1, 2), walled('b', 3, 4)]);
    batch.parts['wall']?.release();
    expect(batch.get.bind(batch, 0)).toThrow(/released/);
    batch.release();
    expect(batch.pos.data).toHaveLength(0);
  });

  test('is released as a whole with one of its parts: nothing is made of what is left', () => {
    const batch = Batch.fromDataList([walled('a', 1, 2), walled('b', 3, 4)]);
    batch.parts['wall']?.release();
    expect(() => batch.toSafetensors()).toThrow(/released/);
    expect(() => batch.safetensorsParts()).toThrow(/released/);
    expect(() => batch.toFeeds()).toThrow(/released/);
  });

  test('passes over parts set to undefined, and refuses parts that are no object', () => {
    const unset: unknown = { ...makeGraph('a'), parts: { wall: undefined } };
    const graph = unset as GraphData;
    expect(Object.keys(Batch.fromDataList([graph, graph]).parts)).toEqual([]);
    expect(Object.keys(Batch.fromDataList([graph], { consume: true }).parts)).toEqual([]);
    expect('parts' in graphFromSafetensors(graphToSafetensors(graph))).toBe(false);
    const wrong = { ...graph, parts: null } as unknown as GraphData;
    expect(() => Batch.fromDataList([wrong])).toThrow(/The sample a has null as parts/);
    expect(() => graphToSafetensors(wrong)).toThrow(/The sample a has null as parts/);
  });

  test('has no parts where samples have none', () => {
    const batch = Batch.fromDataList([makeGraph('a')]);
    expect(Object.keys(batch.parts)).toEqual([]);
    expect('parts' in batch.get(0)).toBe(false);
  });
});

describe('a part that not all samples of a batch have', () => {
  const graphs = [walled('a', 1, 2), makeGraph('b')];

  test('is an error that names both samples and what to do', () => {
    expect(() => Batch.fromDataList(graphs)).toThrow(
      /sample a has the part "wall", the sample b of the same batch has not.*'common'.*'fill'/,
    );
  });

  test('is left out where only what is common is wanted', () => {
    const batch = Batch.fromDataList(graphs, { arrays: 'common' });
    expect([Object.keys(batch.parts), batch.leftOut]).toEqual([[], ['parts.wall']]);
  });

  test('is filled by a graph without nodes', () => {
    const described = { ...pair('a', 'wss', floats(1, 2)), graph: { area: floats(7) } };
    const batch = Batch.fromDataList([makeGraph('b'), sampleOf('a', { wall: described })], {
      arrays: 'fill',
    });
    const wall = batch.parts['wall'];
    expect(wall?.ptr.data).toEqual(Int32Array.of(0, 0, 2));
    expect(wall?.node['wss']).toEqual(floats(1, 2));
    expect(wall?.graph['area']?.data).toEqual(Float32Array.of(Number.NaN, 7));
    expect(batch.filled).toEqual(['parts.wall', 'parts.wall.area']);
  });

  test.each([
    ['common', [], ['parts.wall.wss', 'parts.wall.flow']],
    ['fill', ['parts.wall.wss', 'parts.wall.flow'], []],
  ] as const)('names arrays that its graphs do not share, with %s', (arrays, filled, leftOut) => {
    const other = sampleOf('b', { wall: pair('b', 'flow', floats(3, 4)) });
    const batch = Batch.fromDataList([walled('a', 1, 2), other], { arrays });
    expect([batch.filled, batch.leftOut]).toEqual([filled, leftOut]);
  });
});

test('an array that differs in a part is an error that names the part', () => {
  const other = sampleOf('b', { wall: pair('b', 'wss', { data: Int32Array.of(1, 2), shape: [2] }) });
  expect(() => Batch.fromDataList([walled('a', 1, 2), other])).toThrow(
    /"wss" is Float32 in the part "wall" of the sample a and Int32 in the part "wall" of the sample b/,
  );
});

test('an array of another length in a part is an error that names both', () => {
  expect(() => Batch.fromDataList([walled('a', 1, 2, 3)])).toThrow(
    /part "wall" of the sample a has 3 values of shape \[3\] in the node array "wss", where dimension 0 must be 2/,
  );
});

test('a file of one sample names tensors parts.NAME.node.ARRAY', () => {
  const sample = walled('a', 1, 2);
  const bytes = graphToSafetensors(sample);
  expect([...readSafetensors(bytes).tensors.keys()]).toEqual(
    expect.arrayContaining(['parts.wall.pos', 'parts.wall.edgeIndex', 'parts.wall.node.wss']),
  );
  expect(graphFromSafetensors(bytes)).toEqual(sample);
});

test('feeds take tensors of parts, indices among them as 64 bits', () => {
  const batch = Batch.fromDataList([walled('a', 1, 2), walled('b', 3, 4)]);
  const feeds = batch.toFeeds({ index: 'int64', inputs: ['parts.wall.node.wss', 'parts.wall.edgeIndex'] });
  expect(feeds['parts.wall.node.wss']?.data).toEqual(Float32Array.of(1, 2, 3, 4));
  expect(feeds['parts.wall.edgeIndex']).toMatchObject({
    type: 'int64',
    data: BigInt64Array.of(0n, 1n, 2n, 3n, 1n, 0n, 3n, 2n),
  });
});

test.each([
  [
    'a name that would be another tensor',
    { 'wall.node': makeGraph('a') },
    /part "wall\.node".*without \. \//,
  ],
  ['parts of its own', { wall: walled('a', 1, 2) }, /part "wall" of the sample a has parts of its own/],
])('a part with %s is refused', (_, parts, message) => {
  const graph = sampleOf('a', parts);
  for (const act of [() => Batch.fromDataList([graph]), () => graphToSafetensors(graph)]) {
    expect(act).toThrow(message);
    try {
      act();
    } catch (error) {
      expect(isVascuError(error, 'CONFIG') && error.option).toBe('graphs');
    }
  }
});
