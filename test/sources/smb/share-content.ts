import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Length of the block that the large files repeat: a prime, so that each chunk of a power of two is another. */
const BLOCK_BYTES = 1_048_573;
/** A fixed block that does not compress and repeats nowhere. */
const block = pseudoRandom(BLOCK_BYTES);
const doubled = Buffer.concat([block, block]);

export const BIG_BYTES = 200 * 1024 ** 2;
export const SMALL_BYTES = 200_000;
/** Where the sparse file has its bytes, behind 4 GiB. */
export const FAR_OFFSET = 4 * 1024 ** 3 + 7;
export const FAR_BYTES = 'sixteen bytes ..';
export const MANY = 2500;
/** Composed, decomposed, beyond 16 bits, and right to left. */
export const UNICODE_NAMES = ['e\u0301.vtu', 'العربية.vtu', 'é.vtu', '数据 😀.vtu'];

/** Whether `chunk` is what {@link makeContent} wrote at `offset`. */
export function isContent(chunk: Uint8Array, offset: number): boolean {
  for (let at = 0; at < chunk.length; ) {
    const phase = (offset + at) % BLOCK_BYTES;
    const length = Math.min(chunk.length - at, BLOCK_BYTES);
    if (doubled.compare(chunk, at, at + length, phase, phase + length) !== 0) return false;
    at += length;
  }
  return true;
}

/** A folder with a file of each size, many files, odd names and what may not be read. */
export async function makeContent(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vascusim-smb-'));
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'empty.bin'), '');
  await writeFile(join(folder, 'one.bin'), block.subarray(0, 1));
  await writeFile(join(folder, 'small.bin'), block.subarray(0, SMALL_BYTES));
  await writeRepeated(join(folder, 'big.bin'), BIG_BYTES);
  await using sparse = await open(join(folder, 'sparse.bin'), 'w');
  await sparse.truncate(5 * 1024 ** 3);
  await sparse.write(FAR_BYTES, FAR_OFFSET);
  await mkdir(join(folder, 'many'));
  for (let index = 0; index < MANY; index++) {
    await writeFile(join(folder, 'many', `case-${index}-with-a-rather-long-name.vtu`), 'x'.repeat(index % 7));
  }
  await mkdir(join(folder, 'unicode'));
  for (const name of UNICODE_NAMES) await writeFile(join(folder, 'unicode', name), name);
  await mkdir(join(folder, 'denied'));
  await writeFile(join(folder, 'denied/file.vtu'), 'secret', { mode: 0o000 });
  return folder;
}

/** A file of `bytes` bytes of the block over and over. */
export async function writeRepeated(path: string, bytes: number): Promise<void> {
  await using file = await open(path, 'w');
  for (let at = 0; at < bytes; at += BLOCK_BYTES) {
    await file.write(block, 0, Math.min(BLOCK_BYTES, bytes - at), at);
  }
}

function pseudoRandom(length: number): Buffer {
  const parts: Buffer[] = [];
  for (let index = 0; index * 32 < length; index++) {
    parts.push(createHash('sha256').update(String(index)).digest());
  }
  return Buffer.concat(parts).subarray(0, length);
}
