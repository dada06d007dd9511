import type { Mesh, Tensor, TypedArray } from '../../../src/core/mesh.ts';
import { resultMesh } from '../../streamers/result-file.ts';

/** Stepped arrays of the results that are made: name, what it is of, components, type. */
export const STEPPED = [
  ['pressure', 'node', 1, Float32Array],
  ['velocity', 'node', 3, Float32Array],
  ['load', 'cell', 2, Float64Array],
  ['mark', 'cell', 1, Uint8Array],
] as const;

/** Values of an array at a step, which name array, step, row and component. */
export function valuesAt(name: string, step: number, rows: number): Tensor {
  const [, , components, Type] = STEPPED.find(([each]) => each === name) as (typeof STEPPED)[number];
  const seed = [...name].reduce((sum, letter) => (31 * sum + letter.charCodeAt(0)) % 9973, 7);
  const data: TypedArray = new Type(rows * components);
  for (let at = 0; at < data.length; at++) data[at] = ((seed + 131 * step + 17 * at) * 2654435761) % 65521;
  return { data, shape: components === 1 ? [rows] : [rows, components] };
}

/** Stacks what {@link valuesAt} gives, value by value. */
export function stackedValues(name: string, steps: readonly number[], rows: number): Tensor {
  const all = steps.map((step) => valuesAt(name, step, rows));
  const [first] = all as [Tensor];
  const [, components = 1] = first.shape;
  const Type = first.data.constructor as new (length: number) => TypedArray;
  const data = new Type(first.data.length * steps.length);
  for (let row = 0; row < rows; row++)
    for (const [t, each] of all.entries())
      for (let c = 0; c < components; c++)
        data[(row * steps.length + t) * components + c] = each.data[row * components + c] as never;
  return { data, shape: [rows, steps.length, ...first.shape.slice(1)] };
}

/** A mesh with static arrays alone: `area` over points and `region` over cells. */
export function baseMesh(points: number, seed = 1): Mesh {
  const fields = [
    { name: 'area', over: 'points', components: 1, Type: Float32Array },
    { name: 'region', over: 'cells', components: 1, Type: Int32Array },
  ] as const;
  return { ...resultMesh(points, fields, seed), fieldData: new Map() };
}

/** A result of several steps in one file, whose arrays are called `NAME_00100`, interleaved by step. */
export function manySteps(points: number, steps: readonly number[], seed = 1): Mesh {
  const mesh = baseMesh(points, seed);
  const cells = mesh.cells.types.length;
  const pointData = new Map(mesh.pointData);
  const cellData = new Map(mesh.cellData);
  for (const step of steps)
    for (const [name, on] of STEPPED)
      (on === 'node' ? pointData : cellData).set(
        storedName(name, step),
        valuesAt(name, step, on === 'node' ? points : cells),
      );
  return { ...mesh, pointData, cellData };
}

/** A result of one step, whose arrays have names without one. */
export function oneStep(points: number, step: number, time?: number, seed = 1): Mesh {
  const mesh = baseMesh(points, seed);
  const cells = mesh.cells.types.length;
  const pointData = new Map(mesh.pointData);
  const cellData = new Map(mesh.cellData);
  for (const [name, on] of STEPPED)
    (on === 'node' ? pointData : cellData).set(name, valuesAt(name, step, on === 'node' ? points : cells));
  const fieldData: Mesh['fieldData'] =
    time === undefined ? new Map() : new Map([['TimeValue', { data: Float64Array.of(time), shape: [1] }]]);
  return { ...mesh, pointData, cellData, fieldData };
}

/** Name under which svPost stores an array of a step. */
export function storedName(name: string, step: number): string {
  return `${name}_${String(step).padStart(5, '0')}`;
}
