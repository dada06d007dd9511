import { expect, test } from 'vitest';
import { BufferPool } from '../../src/core/buffer-pool.ts';

test('takeAtLeast takes the smallest buffer that is large enough and not more than twice as large', () => {
  const pool = new BufferPool();
  for (const size of [100, 30, 25, 19, 40]) pool.give(new ArrayBuffer(size));
  expect(pool.takeAtLeast(20).byteLength).toBe(25);
  expect(pool.takeAtLeast(20).byteLength).toBe(30);
  expect(pool.takeAtLeast(20).byteLength).toBe(40);
  expect(pool.takeAtLeast(20).byteLength).toBe(20);
  expect(pool.bytes).toBe(119);
});

test('takeAtLeast prefers a buffer of exactly that size', () => {
  const pool = new BufferPool();
  const exact = new ArrayBuffer(20);
  for (const buffer of [new ArrayBuffer(21), exact, new ArrayBuffer(22)]) pool.give(buffer);
  expect(pool.takeAtLeast(20)).toBe(exact);
});
