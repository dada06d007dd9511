import type { WorkResult } from '../core/dataset.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import { type DecodeInput, decodeSample } from './decode.ts';

/** Decodes a sample on a worker thread; see `Work` in `core/dataset.ts`. */
export async function run(input: DecodeInput, signal: AbortSignal): Promise<WorkResult> {
  const value = await decodeSample(input, signal);
  const { graph, kept } = value;
  return { value, transfer: kept === undefined ? buffersOf(graph) : [...buffersOf(graph), kept.buffer] };
}
