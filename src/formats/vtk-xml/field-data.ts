import type { Mesh, Tensor, TypedArray } from '../../core/mesh.ts';
import type { ArrayReader } from './array-reader.ts';
import { readTensor } from './piece-reader.ts';

/** Splits the characters of a string array, each string ended by a 0, as UTF-8. */
function splitStrings(characters: TypedArray): readonly string[] {
  const bytes = Uint8Array.from(characters as Int8Array);
  const decoder = new TextDecoder();
  const strings: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0, start);
    const last = end < 0 ? bytes.length : end;
    strings.push(decoder.decode(bytes.subarray(start, last)));
    start = last + 1;
  }
  return strings;
}

/** Reads the arrays that belong to the whole mesh. */
export async function readFieldData(reader: ArrayReader): Promise<Mesh['fieldData']> {
  const fieldData = new Map<string, Tensor | readonly string[]>();
  for (const info of reader.context.header.fieldData.values()) {
    if (info.type === undefined) continue;
    if (info.type === 'String')
      fieldData.set(info.name, splitStrings(await reader.readStored(info, undefined)));
    else fieldData.set(info.name, await readTensor(reader, info, info.tuples));
  }
  return fieldData;
}
