import type { Mesh, Tensor } from '../../core/mesh.ts';
import type { ArrayReader } from './array-reader.ts';
import { loadStrings, readTensor } from './piece-reader.ts';

/** Reads the arrays that belong to the whole mesh. */
export async function readFieldData(reader: ArrayReader): Promise<Mesh['fieldData']> {
  const fieldData = new Map<string, Tensor | readonly string[]>();
  for (const info of reader.context.header.fieldData.values()) {
    if (info.type === undefined) continue;
    if (info.type !== 'String') fieldData.set(info.name, await readTensor(reader, info, info.tuples));
    else {
      const strings = await (await loadStrings()).readStrings(reader, info, undefined);
      const declared = info.tuples === undefined ? strings.length : info.tuples * info.components;
      fieldData.set(info.name, strings.length > declared ? strings.slice(0, declared) : strings);
    }
  }
  return fieldData;
}
