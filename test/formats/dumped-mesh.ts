import { expect } from 'vitest';
import type { Mesh, Tensor } from '../../src/core/mesh.ts';

interface DumpedArray {
  readonly name: string;
  readonly type: string;
  readonly components: number;
  readonly tuples: number;
  /** Base64 of the values, little endian. */
  readonly values: string;
}

/** What VTK holds of a mesh, as test/vtk/write_encodings.py dumps it. */
export interface DumpedMesh {
  readonly points: DumpedArray | null;
  readonly types: readonly number[];
  readonly groups: readonly { readonly connectivity: string; readonly offsets: string }[];
  readonly faces: string | null;
  readonly pointData: readonly DumpedArray[];
  readonly cellData: readonly DumpedArray[];
  readonly fieldData: readonly DumpedArray[];
  readonly strings: Readonly<Record<string, readonly string[]>>;
}

/** The bytes that the file should hold for a tensor. */
function storedBytes({ data, storedAs }: Tensor): Buffer {
  if (storedAs === undefined || !(data instanceof Float64Array)) {
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  }
  const exact = storedAs === 'Int64' ? BigInt64Array.from(data, BigInt) : BigUint64Array.from(data, BigInt);
  return Buffer.from(exact.buffer);
}

function expectTensor(tensor: Tensor | readonly string[] | undefined, expected: DumpedArray): void {
  expect(tensor, expected.name).toHaveProperty('data');
  const { data, shape, storedAs } = tensor as Tensor;
  const { tuples, components } = expected;
  expect(shape).toEqual(components === 1 ? [tuples] : [tuples, components]);
  expect((storedAs ?? data.constructor.name.replace('Array', '')).toLowerCase()).toBe(
    expected.type.toLowerCase(),
  );
  expect(
    Buffer.compare(storedBytes(tensor as Tensor), Buffer.from(expected.values, 'base64')),
    expected.name,
  ).toBe(0);
}

function expectArrays(
  data: Mesh['fieldData'],
  expected: readonly DumpedArray[],
  strings: readonly string[],
): void {
  expect([...data.keys()].toSorted()).toEqual([...expected.map(({ name }) => name), ...strings].toSorted());
  for (const array of expected) expectTensor(data.get(array.name), array);
}

function integers(base64: string): Int32Array {
  const bytes = Buffer.from(base64, 'base64');
  return new Int32Array(Uint8Array.from(bytes).buffer);
}

/** Compares a mesh with VTK's, bit for bit. */
export function expectMesh(mesh: Mesh, expected: DumpedMesh): void {
  if (expected.points === null) expect(mesh.points.shape).toEqual([0, 3]);
  else expectTensor(mesh.points, { ...expected.points, name: 'points' });
  expect([...mesh.cells.types]).toEqual(expected.types);
  const connectivity: number[] = [];
  const offsets = [0];
  for (const group of expected.groups) {
    const start = connectivity.length;
    connectivity.push(...integers(group.connectivity));
    offsets.push(...[...integers(group.offsets).subarray(1)].map((offset) => start + offset));
  }
  expect([...mesh.cells.connectivity]).toEqual(connectivity);
  expect([...mesh.cells.offsets]).toEqual(offsets);
  expect(mesh.cells.faces === undefined ? null : [...mesh.cells.faces]).toEqual(
    expected.faces === null ? null : [...integers(expected.faces)],
  );
  expectArrays(mesh.pointData, expected.pointData, []);
  expectArrays(mesh.cellData, expected.cellData, []);
  expectArrays(mesh.fieldData, expected.fieldData, Object.keys(expected.strings));
  for (const [name, strings] of Object.entries(expected.strings))
    expect(mesh.fieldData.get(name)).toEqual(strings);
}
