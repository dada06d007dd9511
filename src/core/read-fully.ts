import type { RandomAccess } from './mesh.ts';

/** Fills `target` with the bytes from `offset`, without a copy where the file can. */
export async function readFully(
  file: RandomAccess,
  offset: number,
  target: Uint8Array<ArrayBuffer>,
  signal?: AbortSignal,
): Promise<void> {
  if (target.length === 0) return;
  if (file.readInto !== undefined) await file.readInto(offset, target, signal);
  else target.set(await file.read(offset, target.length, signal));
}
