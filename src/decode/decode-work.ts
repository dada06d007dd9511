import type { WorkResult } from '../core/dataset.ts';
import { ConfigError } from '../core/errors.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import { shorten } from '../core/show-value.ts';
import { type DamagedSample, isOfGone, isOfParts } from './damaged-parts.ts';
import { decodeSample } from './decode.ts';
import type { DecodedSample, DecodeInput } from './decode-input.ts';

export { reuse } from './thread-memory.ts';

/** Decodes a sample on a worker thread; see `Work` in `core/dataset.ts`. */
export async function run(input: DecodeInput, signal: AbortSignal, threads?: number): Promise<WorkResult> {
  let value: DecodedSample;
  try {
    value = await decodeSample(input, signal, threads);
  } catch (error) {
    if (!isOfParts(error, input)) throw error;
    const damaged: DamagedSample = { isDamaged: true, isGone: isOfGone(error, input) };
    return { value: damaged, transfer: [] };
  }
  const { graph, kept } = value;
  const memory = buffersOf(graph);
  const option = input.transforms.at(-1)?.option;
  if (option !== undefined) handOver(memory, option, input.id);
  const files = [kept, ...(value.pieces ?? []).map(({ bytes }) => bytes)].filter(
    (each) => each !== undefined,
  );
  return { value, transfer: [...memory, ...files.map(({ buffer }) => buffer)] };
}

/** Memory that has gone away with a sample, where transforms may give it a second time. */
const handedOver = new WeakSet<ArrayBuffer>();

/** @throws ConfigError for memory that has gone away with another sample */
function handOver(memory: readonly ArrayBuffer[], option: string, id: string): void {
  if (memory.some((buffer) => handedOver.has(buffer))) {
    throw new ConfigError(
      option,
      `${option} gave the sample ${shorten(id)} an array in memory that another sample has: return a copy (data.slice()) of what is kept for several samples.`,
    );
  }
  for (const buffer of memory) handedOver.add(buffer);
}
