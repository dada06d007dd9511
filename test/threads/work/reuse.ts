import type { WorkResult } from '../../../src/core/dataset.ts';

const given: ArrayBuffer[] = [];

/** Answers with memory of the size that it is told and with the sizes of what was given back before. */
export async function run(size: number): Promise<WorkResult> {
  const data = new ArrayBuffer(size);
  return { value: { data, given: given.map(({ byteLength }) => byteLength) }, transfer: [data] };
}

export function reuse(buffers: readonly ArrayBuffer[]): void {
  given.push(...buffers);
}
