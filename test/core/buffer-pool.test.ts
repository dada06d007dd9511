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

test('keeps what was given back last, and frees what is more than it may keep', () => {
  const pool = new BufferPool(100);
  const [old, recent, large] = [60, 50, 101].map((size) => new ArrayBuffer(size));
  for (const buffer of [old, recent, large]) pool.give(buffer as ArrayBuffer);
  expect(pool.bytes).toBe(50);
  expect([old, large].map((buffer) => buffer?.byteLength)).toEqual([0, 0]);
  expect(pool.take(50)).toBe(recent);
});

test('takes what was given back last of several that fit: it is in the caches of the processor', () => {
  const pool = new BufferPool();
  const [older, newer] = [new ArrayBuffer(8), new ArrayBuffer(8)];
  for (const buffer of [older, newer]) pool.give(buffer);
  expect(pool.take(8)).toBe(newer);
});

test('keeps less when it is told to', () => {
  const pool = new BufferPool(100);
  for (const size of [30, 40]) pool.give(new ArrayBuffer(size));
  pool.maxBytes = 40;
  expect(pool.bytes).toBe(40);
});

test('takeAtLeast prefers a buffer of exactly that size', () => {
  const pool = new BufferPool();
  const exact = new ArrayBuffer(20);
  for (const buffer of [new ArrayBuffer(21), exact, new ArrayBuffer(22)]) pool.give(buffer);
  expect(pool.takeAtLeast(20)).toBe(exact);
});
