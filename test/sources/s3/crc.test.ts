import { describe, expect, test } from 'vitest';
import { Crc32c } from '../../../src/sources/s3/crc32c.ts';
import { Crc64Nvme } from '../../../src/sources/s3/crc64nvme.ts';

const BYTES = Uint8Array.from({ length: 1000 }, (_, index) => (index * 151 + (index >> 3)) & 255);

/** Bit by bit, as the polynomials are defined. */
function slowly(bytes: Uint8Array, width: bigint, polynomial: bigint): string {
  const ones = (1n << width) - 1n;
  let crc = ones;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
  }
  return (crc ^ ones).toString(16).padStart(Number(width) / 4, '0');
}

describe.each([
  ['CRC-32C', () => new Crc32c(), 'e3069283', 32n, 0x82f6_3b78n],
  ['CRC-64/NVME', () => new Crc64Nvme(), 'ae8b14860a799888', 64n, 0x9a6c_9329_ac4b_c9b5n],
] as const)('%s', (_, start, checkValue, width, polynomial) => {
  const digestOf = (...parts: readonly Uint8Array[]): string => {
    const crc = start();
    for (const part of parts) crc.update(part);
    return crc.digest();
  };

  test('of "123456789" is its check value', () => {
    expect(digestOf(new TextEncoder().encode('123456789'))).toBe(checkValue);
  });

  test('of no bytes is that of none', () => {
    expect(digestOf()).toBe('0'.repeat(Number(width) / 4));
    expect(digestOf(new Uint8Array())).toBe(digestOf());
  });

  test('does not depend on where bytes lie in memory and are cut', () => {
    for (let start = 0; start < 9; start++) {
      for (const length of [0, 1, 3, 7, 8, 15, 16, 17, 33, 500]) {
        const bytes = BYTES.subarray(start, start + length);
        const expected = slowly(bytes, width, polynomial);
        expect(digestOf(bytes)).toBe(expected);
        const cut = length >> 1;
        expect(digestOf(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(expected);
      }
    }
  });
});
