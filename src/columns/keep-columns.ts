import type { Keeper } from '../core/keeper.ts';
import { haveSameHead } from './column-file.ts';

/** Keeps a file of columns in place of what was kept, unless it is there already: another process may have made it. */
export async function keepColumns(
  keeper: Keeper,
  path: string,
  version: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const there = await keeper.recall(path, version);
  if (there !== undefined && haveSameHead(there, bytes)) return;
  await keeper.forget(path, version);
  await keeper.keep(path, version, bytes);
}
