import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { LeftOutArray, Mesh, Tensor } from '../../src/core/mesh.ts';
import { readMesh } from '../../src/mesh/read-mesh.ts';
import { memoryFile } from '../memory-file.ts';
import { declared, gridFile, gridPiece, parallelFile, textArray } from './small-xml.ts';
import { vtkXmlReader } from './vtk-xml-reader.ts';

/** Reads a parallel file over pieces in memory, each one file or the pieces of one file. */
async function read(
  files: Readonly<Record<string, string>>,
  main: string,
  attributes?: readonly string[],
): Promise<{ readonly mesh: Mesh; readonly leftOut: LeftOutArray[] }> {
  const leftOut: LeftOutArray[] = [];
  const mesh = await vtkXmlReader.read(memoryFile(main), {
    path: 'dir/case.pvtu',
    attributes,
    onLeftOut: (array) => void leftOut.push(array),
    openSibling: (path) => Promise.resolve(memoryFile(files[path] as string)),
  });
  return { mesh, leftOut };
}

const pointArray = (type: string, name: string, first = 1, count = 4): string =>
  textArray(
    type,
    name,
    Array.from({ length: count }, (_, index) => first + index),
  );
const file = (pointData: string, cellData = '', counts = {}): string =>
  gridFile([gridPiece({ pointData, cellData, ...counts })]);
const namesOf = ({ pointData, cellData }: Mesh): string[][] => [[...pointData.keys()], [...cellData.keys()]];
const both = [
  ['a.vtu', 'b.vtu'],
  ['b.vtu', 'a.vtu'],
] as const;

describe('an array that a piece lacks, whatever the order of the pieces', () => {
  const files = {
    'a.vtu': file(pointArray('Float64', 'p') + pointArray('Float64', 'q'), textArray('Int32', 'r', [1])),
    'b.vtu': file(pointArray('Float64', 'p')),
  };
  const declares = {
    pointData: declared('Float64', 'q') + declared('Float64', 'p'),
    cellData: declared('Int32', 'r'),
  };

  test.each(both)('%s, %s: the rest is read, the piece is named', async (...sources) => {
    const { mesh, leftOut } = await read(files, parallelFile(sources, declares));
    expect(namesOf(mesh)).toEqual([['p'], []]);
    expect(leftOut).toEqual([
      { name: 'q', on: 'node', reason: 'piece', what: 'b.vtu' },
      { name: 'r', on: 'cell', reason: 'piece', what: 'b.vtu' },
    ]);
  });

  test.each(both)('%s, %s: asked for, the error names the piece', async (...sources) => {
    for (const name of ['q', 'r']) {
      await expect(read(files, parallelFile(sources, declares), ['p', name])).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: expect.stringMatching(`"${name}".*b\\.vtu`) as string,
      });
    }
    const { mesh, leftOut } = await read(files, parallelFile(sources, declares), ['p']);
    expect([namesOf(mesh), leftOut]).toEqual([[['p'], []], []]);
  });

  test('that no piece has is left out as well', async () => {
    const { mesh, leftOut } = await read(
      files,
      parallelFile(['a.vtu'], { pointData: declared('Float64', 'p') + declared('Float64', 'none') }),
    );
    expect(namesOf(mesh)).toEqual([['p'], []]);
    expect(leftOut).toContainEqual({ name: 'none', on: 'node', reason: 'piece', what: 'a.vtu' });
  });

  test('and what pieces have undeclared is told of', async () => {
    const { mesh, leftOut } = await read(
      files,
      parallelFile(['b.vtu', 'a.vtu'], { pointData: declared('Float64', 'p') }),
    );
    expect(namesOf(mesh)).toEqual([['p'], []]);
    expect(leftOut).toEqual([
      { name: 'q', on: 'node', reason: 'undeclared', what: 'a.vtu' },
      { name: 'r', on: 'cell', reason: 'undeclared', what: 'a.vtu' },
    ]);
  });

  const full = gridPiece({ pointData: pointArray('Float64', 'p') + pointArray('Float64', 'q') });
  const bare = gridPiece({ pointData: pointArray('Float64', 'p') });

  test.each([
    [[full, bare], 'number 2'],
    [[bare, full], 'number 1'],
  ])('the same of pieces in one file', async (pieces, what) => {
    const { mesh, leftOut } = await read({}, gridFile(pieces));
    expect(namesOf(mesh)).toEqual([['p'], []]);
    expect(leftOut).toEqual([{ name: 'q', on: 'node', reason: 'piece', what }]);
    await expect(read({}, gridFile(pieces), ['q'])).rejects.toThrow(what);
  });

  test.each(both)('%s, %s: with other numbers of components it is left out', async (...sources) => {
    const wide = textArray(
      'Float32',
      'u',
      Array.from({ length: 12 }).fill(1) as number[],
      'NumberOfComponents="3"',
    );
    const shapes = { 'a.vtu': file(wide), 'b.vtu': file(pointArray('Float32', 'u')) };
    const { mesh, leftOut } = await read(
      shapes,
      parallelFile(sources, { pointData: declared('Float32', 'u', 3) }),
    );
    expect(namesOf(mesh)).toEqual([[], []]);
    expect(leftOut).toEqual([{ name: 'u', on: 'node', reason: 'form', what: 'b.vtu' }]);
  });

  test('a number of components that is not declared is that of the pieces', async () => {
    const wide = textArray(
      'Float32',
      'u',
      Array.from({ length: 12 }).fill(1) as number[],
      'NumberOfComponents="3"',
    );
    const { mesh } = await read(
      { 'a.vtu': file(wide) },
      parallelFile(['a.vtu', 'a.vtu'], { pointData: '<PDataArray type="Float32" Name="u"/>' }),
    );
    expect(mesh.pointData.get('u')?.shape).toEqual([8, 3]);
  });
});

describe('the ghosts of pieces, where only another array is asked for', () => {
  const files = {
    'real.vtu': file(pointArray('Float64', 'p'), textArray('UInt8', 'vtkGhostType', [0])),
    'copy.vtu': file(pointArray('Float64', 'p'), textArray('UInt8', 'vtkGhostType', [1])),
    'none.vtu': file(pointArray('Float64', 'p')),
  };
  const declares = { pointData: declared('Float64', 'p'), cellData: declared('UInt8', 'vtkGhostType') };

  test('come with it', async () => {
    const { mesh, leftOut } = await read(files, parallelFile(['real.vtu', 'copy.vtu'], declares), ['p']);
    expect(mesh.cellData.get('vtkGhostType')).toEqual({ data: Uint8Array.of(0, 1), shape: [2] });
    expect(leftOut).toEqual([]);
  });

  test.each([
    ['copy.vtu', 'none.vtu'],
    ['none.vtu', 'copy.vtu'],
  ])('%s, %s: that one lacks them is told of, and no error', async (...sources) => {
    const { mesh, leftOut } = await read(files, parallelFile(sources, declares), ['p']);
    expect(namesOf(mesh)).toEqual([['p'], []]);
    expect(leftOut).toEqual([{ name: 'vtkGhostType', on: 'cell', reason: 'piece', what: 'none.vtu' }]);
  });
});

describe('pieces without points or cells', () => {
  const files = {
    'full.vtu': file(pointArray('Float64', 'p'), textArray('Int32', 'r', [7])),
    'empty.vtu': file('', '', { points: 0, cells: 0 }),
    'points.vtu': file(pointArray('Float64', 'p'), '', { cells: 0 }),
  };
  const declares = { pointData: declared('Float64', 'p'), cellData: declared('Int32', 'r') };

  test.each([
    [['empty.vtu', 'full.vtu', 'points.vtu']],
    [['points.vtu', 'empty.vtu', 'full.vtu']],
    [['full.vtu', 'points.vtu', 'empty.vtu']],
  ])('%j: arrays stay', async (sources) => {
    const { mesh, leftOut } = await read(files, parallelFile(sources, declares));
    expect(leftOut).toEqual([]);
    expect(mesh.pointData.get('p')).toEqual({ data: Float64Array.of(1, 2, 3, 4, 1, 2, 3, 4), shape: [8] });
    expect(mesh.cellData.get('r')).toEqual({ data: Int32Array.of(7), shape: [1] });
  });

  test('nothing but empty ones: the declared arrays are there, without values', async () => {
    const { mesh } = await read(files, parallelFile(['empty.vtu', 'empty.vtu'], declares));
    expect(mesh.pointData.get('p')).toEqual({ data: new Float64Array(0), shape: [0] });
    expect(mesh.cellData.get('r')).toEqual({ data: new Int32Array(0), shape: [0] });
  });
});

describe('an array that pieces have in several types', () => {
  const values = ['1.5', '-2.5', '3', '4'];
  const files = {
    'a.vtu': file(textArray('Float64', 'p', values)),
    'b.vtu': file(pointArray('Int32', 'p', 7)),
    'c.vtu': file(pointArray('UInt8', 'p', 250)),
    'd.vtu': file(textArray('Int64', 'p', ['9007199254740993', '1', '2', '3'])),
  };
  const joined = async (type: string, ...sources: string[]): Promise<Tensor> => {
    const { mesh, leftOut } = await read(files, parallelFile(sources, { pointData: declared(type, 'p') }));
    expect(leftOut).toEqual([]);
    return mesh.pointData.get('p') as Tensor;
  };

  // As VTK 9.7.1 reads them.
  test.each<[string, string[], Tensor['data']]>([
    ['Float64', ['a.vtu', 'b.vtu'], Float64Array.of(1.5, -2.5, 3, 4, 7, 8, 9, 10)],
    ['Float64', ['b.vtu', 'a.vtu'], Float64Array.of(7, 8, 9, 10, 1.5, -2.5, 3, 4)],
    ['Int32', ['a.vtu', 'b.vtu'], Int32Array.of(1, -2, 3, 4, 7, 8, 9, 10)],
    ['Float32', ['a.vtu', 'a.vtu'], Float32Array.of(1.5, -2.5, 3, 4, 1.5, -2.5, 3, 4)],
    ['Int16', ['c.vtu', 'b.vtu'], Int16Array.of(250, 251, 252, 253, 7, 8, 9, 10)],
    ['Float32', ['b.vtu'], Float32Array.of(7, 8, 9, 10)],
  ])('is of the declared type: %s of %j', async (type, sources, data) => {
    expect(await joined(type, ...sources)).toEqual({ data, shape: [data.length] });
  });

  test('as 64-bit integers', async () => {
    expect(await joined('Int64', 'a.vtu', 'b.vtu')).toEqual({
      data: Float64Array.of(1, -2, 3, 4, 7, 8, 9, 10),
      shape: [8],
      storedAs: 'Int64',
    });
    expect(await joined('Int64', 'b.vtu', 'd.vtu')).toEqual({
      data: BigInt64Array.of(7n, 8n, 9n, 10n, 2n ** 53n + 1n, 1n, 2n, 3n),
      shape: [8],
      storedAs: 'Int64',
    });
    expect((await joined('Float64', 'd.vtu', 'c.vtu')).data[1]).toBe(1);
  });

  test('points are of the declared type as well', async () => {
    const pieces = { 'a.vtu': file('', '', { pointType: 'Float64' }), 'b.vtu': file('') };
    for (const [pointType, Type] of [
      ['Float32', Float32Array],
      ['Float64', Float64Array],
    ] as const) {
      const { mesh } = await read(pieces, parallelFile(['b.vtu', 'a.vtu'], { pointType }));
      expect(mesh.points.data).toBeInstanceOf(Type);
    }
  });

  test.each([
    ['Float64', 'Int32', Float64Array],
    ['Int32', 'Float64', Float64Array],
    ['Float32', 'UInt8', Float32Array],
    ['Float32', 'Int32', Float64Array],
    ['Int8', 'UInt8', Int16Array],
    ['UInt16', 'Int32', Int32Array],
  ])('undeclared, in one file, it is of a type that holds both: %s and %s', async (one, other, Type) => {
    const pieces = [one, other].map((type) => gridPiece({ pointData: pointArray(type, 'p') }));
    const { mesh } = await read({}, gridFile(pieces));
    const { data } = mesh.pointData.get('p') as Tensor;
    expect(data).toBeInstanceOf(Type);
    expect([...(data as Float64Array)]).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
  });
});

test('arrays of the whole mesh are those of all files, the last one counts', async () => {
  const field = (name: string, value: number): string =>
    `<FieldData>${textArray('Float64', 'TimeValue', [value], 'NumberOfTuples="1"')}${textArray('Float64', name, [value], 'NumberOfTuples="1"')}</FieldData>`;
  const files = {
    'a.vtu': gridFile([gridPiece()], field('a', 1)),
    'b.vtu': gridFile([gridPiece()], field('b', 2)),
  };
  const { mesh } = await read(files, parallelFile(['a.vtu', 'b.vtu'], { fieldData: field('own', 0) }));
  const values = [...mesh.fieldData].map(([name, array]) => [name, (array as Tensor).data[0]]);
  expect(Object.fromEntries(values)).toEqual({ TimeValue: 2, own: 0, a: 1, b: 2 });
});

const cases = '../shared/data/cases/vtk';

describe.skipIf(!existsSync(cases))('cases that were handed over', () => {
  test.each(['declared-not-in-second', 'pieces-int-and-float'])('%s', async (name) => {
    const expected = JSON.parse(readFileSync(`${cases}/${name}/expected.json`, 'utf8')) as {
      pointData: Record<string, { type: string; values: number[] }>;
    };
    const mesh = await readMesh(`${cases}/${name}/in.pvtu`, { onLeftOut: () => undefined });
    expect([...mesh.pointData.keys()]).toEqual(Object.keys(expected.pointData));
    for (const [array, { values }] of Object.entries(expected.pointData))
      expect([...((mesh.pointData.get(array) as Tensor).data as Float64Array)]).toEqual(values);
  });
});
