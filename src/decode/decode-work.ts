import type { WorkResult } from '../core/dataset.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import { isGone } from '../files/gone-file.ts';
import { type DamagedSample, isOfParts } from './damaged-parts.ts';
import { type DecodedSample, type DecodeInput, decodeSample } from './decode.ts';

export { reuse } from './decode.ts';

/** Decodes a sample on a worker thread; see `Work` in `core/dataset.ts`. */
export async function run(input: DecodeInput, signal: AbortSignal): Promise<WorkResult> {
  let value: DecodedSample;
  try {
    value = await decodeSample(input, signal);
  } catch (error) {
    if (!isOfParts(error, input)) throw error;
    const damaged: DamagedSample = { isDamaged: true, isGone: isGone(error) };
    return { value: damaged, transfer: [] };
  }
  const { graph, kept } = value;
  return { value, transfer: kept === undefined ? buffersOf(graph) : [...buffersOf(graph), kept.buffer] };
}
