import type { Keeper } from '../core/keeper.ts';

/**
 * Keeps a file of columns in place of what was kept, which may be damaged, unless all its bytes are there already: another
 * process may have made it.
 */
export async function keepColumns(
  keeper: Keeper,
  path: string,
  version: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const there = await keeper.recall(path, version);
  if (there !== undefined && Buffer.compare(there, bytes) === 0) return;
  await keeper.forget(path, version);
  await keeper.keep(path, version, bytes);
}
