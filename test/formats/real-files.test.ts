import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.ts';
import type { Cells, Mesh, Tensor } from '../../src/core/mesh.ts';
import { readMesh } from '../../src/mesh.ts';

/** Files of other software and what VTK reads of them; beside the project where they are at hand. */
const folder = '../shared/data/real';

interface ExpectedArray {
  readonly name: string;
  readonly components: number;
  readonly tuples: number;
  readonly vtk_type: string;
  readonly dtype?: string;
  readonly min?: readonly (number | string)[];
  readonly max?: readonly (number | string)[];
  readonly sum?: number | string;
  readonly nan?: number;
  readonly first?: readonly (number | string)[];
  readonly last?: readonly (number | string)[];
  readonly values?: readonly string[];
}

interface ExpectedCells {
  readonly cells: number;
  readonly connectivity_len: number;
  readonly connectivity_sum: number;
  readonly last_offset: number;
  readonly first_cell?: readonly number[];
}

interface Expected {
  readonly class: string;
  readonly points?: number;
  readonly cells?: number;
  readonly bounds?: readonly number[];
  readonly points_array?: ExpectedArray;
  readonly cell_types?: Readonly<Record<string, number>>;
  readonly connectivity?: ExpectedCells;
  readonly faces_len?: number;
  readonly poly?: Readonly<Record<'verts' | 'lines' | 'polys' | 'strips', ExpectedCells | undefined>>;
  readonly point_data?: readonly ExpectedArray[];
  readonly cell_data?: readonly ExpectedArray[];
  readonly field_data?: readonly ExpectedArray[];
  readonly vtk_error?: string;
}

const present = existsSync(join(folder, 'EXPECTED.json'));
if (!present) process.stderr.write(`${folder} is not beside the project: its files are not compared\n`);
const expectations: Readonly<Record<string, Expected>> = present
  ? (JSON.parse(readFileSync(join(folder, 'EXPECTED.json'), 'utf8')) as { files: Record<string, Expected> })
      .files
  : {};

/** Name of the type that a tensor's values are stored in. */
function dtype({ data, storedAs }: Tensor): string {
  const stored = storedAs ?? data.constructor.name.replace(/Array$/, '').replace('Uint', 'UInt');
  return stored.toLowerCase();
}

function numberOf(value: number | string): number {
  if (typeof value === 'number') return value;
  const text = value.toLowerCase();
  return text.includes('nan')
    ? Number.NaN
    : text.startsWith('-')
      ? Number.NEGATIVE_INFINITY
      : Number.POSITIVE_INFINITY;
}

/** What {@link ExpectedArray} says, computed of a tensor; NaN is left out of all but its count. */
function summarize(tensor: Tensor) {
  const width = tensor.shape[1] ?? 1;
  // The expectations were written as JSON, which has no −0.
  const values = Array.from(tensor.data as ArrayLike<number | bigint>, (value) => Number(value) + 0);
  const component = (index: number): number[] =>
    values.filter((value, at) => at % width === index && !Number.isNaN(value));
  const reduce = (pick: (a: number, b: number) => number): number[] =>
    Array.from({ length: width }, (_, index) =>
      component(index).reduce(pick, component(index)[0] ?? Number.NaN),
    );
  return {
    dtype: dtype(tensor),
    tuples: tensor.shape[0],
    components: width,
    nan: values.filter(Number.isNaN).length,
    sum: values.reduce((sum, value) => (Number.isNaN(value) ? sum : sum + value), 0),
    min: () => reduce((a, b) => Math.min(a, b)),
    max: () => reduce((a, b) => Math.max(a, b)),
    first: values.slice(0, width),
    last: values.slice(-width),
  };
}

function expectArray(tensor: Tensor | readonly string[] | undefined, expected: ExpectedArray): void {
  if (tensor === undefined || !('data' in tensor)) {
    expect(tensor).toHaveLength(expected.tuples * expected.components);
    if (expected.values !== undefined)
      expect(tensor?.slice(0, expected.values.length)).toEqual(expected.values);
    return;
  }
  const summary = summarize(tensor);
  expect(summary).toMatchObject({
    dtype: expected.dtype,
    tuples: expected.tuples,
    components: expected.components,
  });
  if (expected.sum !== undefined && typeof expected.sum === 'number') {
    const scale = Array.from(tensor.data as ArrayLike<number | bigint>, Number).reduce(
      (sum, value) => (Number.isFinite(value) ? sum + Math.abs(value) : sum),
      0,
    );
    expect(Math.abs(summary.sum - expected.sum)).toBeLessThanOrEqual(1e-12 * scale);
  }
  expect(summary.nan).toBe(expected.nan ?? 0);
  if (expected.min !== undefined) expect(summary.min()).toEqual(expected.min.map(numberOf));
  if (expected.max !== undefined) expect(summary.max()).toEqual(expected.max.map(numberOf));
  if (expected.first !== undefined) expect(summary.first).toEqual(expected.first.map(numberOf));
  if (expected.last !== undefined) expect(summary.last).toEqual(expected.last.map(numberOf));
}

function expectArrays(data: Mesh['fieldData'], expected: readonly ExpectedArray[]): void {
  expect([...data.keys()].toSorted()).toEqual(expected.map(({ name }) => name).toSorted());
  for (const array of expected) expectArray(data.get(array.name), array);
}

function expectCells(connectivity: Int32Array, offsets: Int32Array, expected: ExpectedCells): void {
  expect(offsets.length - 1).toBe(expected.cells);
  expect(connectivity.length).toBe(expected.connectivity_len);
  expect(connectivity.reduce((sum, index) => sum + index, 0)).toBe(expected.connectivity_sum);
  if (expected.first_cell === undefined) return;
  expect([...connectivity.subarray(0, offsets[1])].slice(0, expected.first_cell.length)).toEqual(
    expected.first_cell,
  );
}

/** The groups of PolyData follow each other in this order. */
function expectGroups(cells: Cells, poly: NonNullable<Expected['poly']>): void {
  let start = 0;
  for (const group of ['verts', 'lines', 'polys', 'strips'] as const) {
    const expected = poly[group];
    if (expected === undefined) continue;
    const end = start + expected.cells;
    const from = cells.offsets[start] as number;
    const offsets = cells.offsets.slice(start, end + 1).map((offset) => offset - from);
    expectCells(cells.connectivity.slice(from, cells.offsets[end]), offsets, expected);
    start = end;
  }
  expect(start).toBe(cells.types.length);
}

describe.skipIf(!present)('files that other software wrote', () => {
  const files = Object.entries(expectations);
  const readable = files.filter(
    ([, expected]) => expected.points !== undefined && expected.vtk_error === undefined,
  );
  const refused = files.filter(([name]) => !readable.some(([other]) => other === name));

  test.each(readable)('%s gives what VTK reads of it', async (name, expected) => {
    const mesh = await readMesh(join(folder, name));
    expect(`vtk${mesh.kind}`).toBe(expected.class);
    expect(mesh.points.shape).toEqual([expected.points, 3]);
    expect(mesh.cells.types.length).toBe(expected.cells);
    if (expected.points_array !== undefined) expectArray(mesh.points, expected.points_array);
    expectArrays(mesh.pointData, expected.point_data ?? []);
    expectArrays(mesh.cellData, expected.cell_data ?? []);
    expectArrays(mesh.fieldData, expected.field_data ?? []);
    if (expected.connectivity !== undefined)
      expectCells(mesh.cells.connectivity, mesh.cells.offsets, expected.connectivity);
    if (expected.poly !== undefined) expectGroups(mesh.cells, expected.poly);
    expect(mesh.cells.faces?.length ?? 0).toBe(expected.faces_len ?? 0);
    if (expected.cell_types === undefined) return;
    const types: Record<string, number> = {};
    for (const type of mesh.cells.types) types[type] = (types[type] ?? 0) + 1;
    expect(types).toEqual(expected.cell_types);
  });

  test.each(refused)('%s, which VTK cannot read as a mesh, is a FormatError', async (name) => {
    await expect(readMesh(join(folder, name))).rejects.toBeInstanceOf(FormatError);
  });
});
