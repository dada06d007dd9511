import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { Tensor } from '../../src/core/mesh.ts';
import { Batch } from '../../src/graph/batch.ts';
import { pair } from './any-graphs.ts';

const floats: Tensor = { data: Float32Array.of(1, 2), shape: [2] };
const batch = Batch.fromDataList([pair('a', 'p', floats), pair('b', 'p', floats)]);

describe('toFeeds', () => {
  test('hands over the arrays of the batch themselves', () => {
    const feeds = batch.toFeeds();
    expect(Object.keys(feeds)).toEqual(['pos', 'edgeIndex', 'batch', 'ptr', 'cellPtr', 'node.p']);
    expect(feeds['node.p']).toEqual({ type: 'float32', data: Float32Array.of(1, 2, 1, 2), dims: [4] });
    expect(feeds['node.p']?.data).toBe(batch.node['p']?.data);
    expect(feeds['edgeIndex']?.data).toBe(batch.edgeIndex.data);
    expect(feeds['edgeIndex']).toMatchObject({ type: 'int32', dims: [2, 4] });
  });

  test('makes indices of 64 bits on request', () => {
    const feeds = batch.toFeeds({ index: 'int64' });
    expect(feeds['edgeIndex']).toEqual({
      type: 'int64',
      data: BigInt64Array.of(0n, 1n, 2n, 3n, 1n, 0n, 3n, 2n),
      dims: [2, 4],
    });
    expect([feeds['ptr']?.type, feeds['batch']?.type, feeds['cellPtr']?.type]).toEqual([
      'int64',
      'int64',
      'int64',
    ]);
    expect(feeds['pos']?.type).toBe('float32');
  });

  test('makes the inputs that are asked for, by their names or by those of the model', () => {
    expect(Object.keys(batch.toFeeds({ inputs: ['pos', 'node.p'] }))).toEqual(['pos', 'node.p']);
    const feeds = batch.toFeeds({ inputs: { x: 'node.p', edge_index: 'edgeIndex', again: 'node.p' } });
    expect(Object.keys(feeds)).toEqual(['x', 'edge_index', 'again']);
    expect(feeds['x']).toEqual(feeds['again']);
  });

  test('names a part that is not there, and those that are', () => {
    let error: unknown;
    try {
      batch.toFeeds({ inputs: { x: 'node.q' } });
    } catch (thrown) {
      error = thrown;
    }
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('inputs');
    expect(String(error)).toContain('node.p');
  });

  test.each<[Tensor, string]>([
    [{ data: Float64Array.of(1, 2), shape: [2] }, 'float64'],
    [{ data: Uint8Array.of(1, 2), shape: [2] }, 'uint8'],
    [{ data: Int16Array.of(1, 2), shape: [2] }, 'int16'],
    [{ data: BigUint64Array.of(1n, 2n), shape: [2], storedAs: 'UInt64' }, 'uint64'],
  ])('%o keeps its type', (tensor, type) => {
    expect(Batch.fromDataList([pair('a', 'p', tensor)]).toFeeds()['node.p']).toEqual({
      type,
      data: tensor.data,
      dims: [2],
    });
  });

  test('64-bit integers held in doubles become what the file held', () => {
    const ids: Tensor = { data: Float64Array.of(-1, 2 ** 53 - 1), shape: [2], storedAs: 'Int64' };
    const feed = Batch.fromDataList([pair('a', 'p', ids)]).toFeeds()['node.p'];
    expect(feed).toEqual({ type: 'int64', data: BigInt64Array.of(-1n, 2n ** 53n - 1n), dims: [2] });
  });
});
