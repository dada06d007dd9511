import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isTensor, type LeftOutArray, type Mesh } from '../../src/core/mesh.ts';
import { type WriteOptions, writeVtkXml } from '../../src/formats/vtk-xml/writer.ts';
import { meshToGraph } from '../../src/graph/mesh-to-graph.ts';
import { readMesh } from '../../src/mesh/read-mesh.ts';
import { renderMesh } from '../../src/render/render-mesh.ts';
import { extractSurface } from '../../src/render/surface-mesh.ts';
import { memoryFile } from '../memory-file.ts';
import { declared, gridFile, gridPiece, parallelFile, textArray } from './small-xml.ts';
import { planRead, readVtkHeader, vtkXmlReader } from './vtk-xml-reader.ts';

const read = (content: string | Uint8Array, options = {}): Promise<Mesh> =>
  vtkXmlReader.read(memoryFile(content), { path: 'case.vtu', ...options });

async function write(mesh: Mesh, options?: WriteOptions): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of writeVtkXml(mesh, options)) parts.push(part);
  return Buffer.concat(parts);
}

/** A tetrahedron with strings. */
const tetra: Mesh = {
  kind: 'UnstructuredGrid',
  points: { data: Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1), shape: [4, 3] },
  cells: { types: Uint8Array.of(10), connectivity: Int32Array.of(0, 1, 2, 3), offsets: Int32Array.of(0, 4) },
  pointData: new Map<string, Mesh['pointData'] extends ReadonlyMap<string, infer Value> ? Value : never>([
    ['name', ['inlet', '', 'ä ✓ 😀', 'x'.repeat(40_000)]],
    ['pressure', { data: Float64Array.of(1, 2, 3, 4), shape: [4] }],
    ['pair', ['k1', 'v1', 'k2', 'v2', 'k3', '', 'k4', 'v4']],
  ]),
  cellData: new Map([['region', ['<wall> & "lumen"']]]),
  fieldData: new Map([['pairs', ['k1', 'v1', 'k2', 'v2']]]),
  details: {
    pointData: {
      arrays: new Map([
        ['pair', { stringsInTuple: 2 }],
        ['pressure', { componentNames: ['mmHg <"&\'>'] }],
      ]),
      active: new Map([
        ['Scalars', 'pressure'],
        ['PedigreeIds', 'name'],
      ]),
    },
    fieldData: { arrays: new Map([['pairs', { stringsInTuple: 2 }]]), active: new Map() },
  },
};

const encodings: readonly WriteOptions[] = (['raw', 'base64', 'inline', 'ascii'] as const).flatMap(
  (encoding) =>
    (['none', 'zlib'] as const).flatMap((compressor) =>
      (['UInt32', 'UInt64'] as const).map((headerType) => ({
        encoding,
        compressor,
        headerType,
        blockSize: 1024,
      })),
    ),
);

describe.each(encodings)('$encoding, $compressor, $headerType', (options) => {
  test('strings, tuples of them, names of components and active arrays come back', async () => {
    expect(await read(await write(tetra, options))).toEqual(tetra);
  });

  test('only those that are named are read', async () => {
    const mesh = await read(await write(tetra, options), { attributes: ['name'] });
    expect([...mesh.pointData]).toEqual([['name', tetra.pointData.get('name')]]);
    expect(mesh.cellData.size).toBe(0);
  });
});

test.each(['raw', 'base64'] as const)(
  'a plan for parts of the file has the strings that are named (%s)',
  async (encoding) => {
    const content = await write(tetra, { encoding, compressor: 'none' });
    const bytesOf = async (attributes: string[]): Promise<number> => {
      const plan = await planRead(memoryFile(content), { attributes });
      if (typeof plan === 'string') throw new Error(plan);
      return plan.stretches.reduce((sum, { start, end, wanted }) => sum + (wanted ? end - start : 0), 0);
    };
    expect(await bytesOf(['name'])).toBeGreaterThan(40_000 + (await bytesOf([])) - 2048);
    expect(await bytesOf(['pressure'])).toBeLessThan(10_000);
  },
);

describe('strings in text', () => {
  const label = (values: string, attributes = ''): string =>
    gridFile([
      gridPiece({
        pointData: `<Array type="String" Name="label" ${attributes} format="ascii">${values}</Array>`,
        points: 2,
      }),
    ]);

  test.each([
    ['bytes without a sign', '97 0 195 164 0', ['a', 'ä']],
    ['bytes with a sign, as VTK writes them', '97 0 -61 -92 0', ['a', 'ä']],
    ['no 0 behind the last one', '97 0 98', ['a', 'b']],
    ['empty ones', '0 0', ['', '']],
    ['what is no UTF-8', '67 244 116 101 0 97 0', ['Côte', 'a']],
    ['a mark of the order of bytes', '239 187 191 97 0 98 0', ['\ufeffa', 'b']],
    ['more than points', '97 0 98 0 99 0', ['a', 'b']],
  ])('%s', async (_, values, expected) => {
    expect((await read(label(values))).pointData.get('label')).toEqual(expected);
  });

  test('fewer than points are an error that names the array', async () => {
    await expect(read(label('97 0'))).rejects.toMatchObject({
      code: 'FORMAT',
      array: 'label',
      message: expect.stringMatching(/holds 1 strings where the header asks for 2/) as string,
    });
    await expect(read(label('97 0 98 0', 'NumberOfComponents="2"'))).rejects.toThrow(/asks for 4/);
  });

  test('as a DataArray they are read as well', async () => {
    const file = label('97 0 98 0')
      .replaceAll('Array type="String"', 'DataArray type="String"')
      .replaceAll('</Array>', '</DataArray>');
    expect((await read(file)).pointData.get('label')).toEqual(['a', 'b']);
  });
});

describe('pieces', () => {
  const labels = (first: string): string => textArray('String', 'label', [`${first}0`, `${first}1`]);
  const piece = (first: string): string =>
    gridPiece({ points: 2, pointData: labels(first), cellData: textArray('String', 'part', [`${first}c`]) });

  test('in one file are joined', async () => {
    const mesh = await read(gridFile([piece('a'), piece('b')]));
    expect(mesh.pointData.get('label')).toEqual(['a0', 'a1', 'b0', 'b1']);
    expect(mesh.cellData.get('part')).toEqual(['ac', 'bc']);
  });

  test.each(['PArray', 'PDataArray'])('in files of their own are joined, declared as %s', async (tag) => {
    const pointData = `<${tag} type="String" Name="label"/>`;
    const main = parallelFile(['a.vtu', 'b.vtu'], { pointData, cellData: declared('String', 'part') });
    const mesh = await read(main, {
      openSibling: (path: string) => Promise.resolve(memoryFile(gridFile([piece(path[0] as string)]))),
    });
    expect(mesh.pointData.get('label')).toEqual(['a0', 'a1', 'b0', 'b1']);
    expect(mesh.cellData.get('part')).toEqual(['ac', 'bc']);
  });

  test('of a .vtp keep the order verts, lines, polys', async () => {
    const cells = (name: string, at: number): string =>
      `<${name}><DataArray type="Int32" Name="connectivity" format="ascii">${at}</DataArray><DataArray type="Int32" Name="offsets" format="ascii">1</DataArray></${name}>`;
    const poly = (first: string): string =>
      `<Piece NumberOfPoints="2" NumberOfVerts="1" NumberOfLines="1"><CellData>${textArray('String', 'part', [`${first}v`, `${first}l`])}</CellData><Points><DataArray type="Float32" NumberOfComponents="3" format="ascii">0 0 0 1 0 0</DataArray></Points>${cells('Verts', 0)}${cells('Lines', 1)}</Piece>`;
    const file = `<VTKFile type="PolyData"><PolyData>${poly('a')}${poly('b')}</PolyData></VTKFile>`;
    expect((await read(file)).cellData.get('part')).toEqual(['av', 'bv', 'al', 'bl']);
  });

  test('that have strings and numbers under one name give neither', async () => {
    const leftOut: LeftOutArray[] = [];
    const numbers = gridPiece({ points: 2, pointData: textArray('Int32', 'label', [1, 2]) });
    const mesh = await read(gridFile([numbers, piece('b')]), {
      onLeftOut: (array: LeftOutArray) => void leftOut.push(array),
    });
    expect(mesh.pointData.size).toBe(0);
    expect(leftOut.map(({ name, reason }) => [name, reason])).toContainEqual(['label', 'form']);
  });
});

test('a header lists them, apart from the arrays of numbers', async () => {
  const { arrays, pointArrays } = await readVtkHeader(memoryFile(await write(tetra)));
  expect(
    arrays.filter(({ type }) => type === 'String').map(({ name, on, components }) => [name, on, components]),
  ).toEqual([
    ['name', 'node', 1],
    ['pair', 'node', 2],
    ['region', 'cell', 1],
    ['pairs', 'field', 2],
  ]);
  expect(pointArrays).toEqual(['pressure']);
});

describe('where only numbers have a place', () => {
  test('a graph has the others', () => {
    const graph = meshToGraph(tetra);
    expect([Object.keys(graph.node), Object.keys(graph.cell)]).toEqual([['pressure'], []]);
  });

  test.each(['name', 'region'])('a graph that is to have "%s" is an error that says why', (name) => {
    expect(() => meshToGraph(tetra, { attributes: ['pressure', name] })).toThrow(
      expect.objectContaining({
        code: 'CONFIG',
        option: 'attributes',
        message: expect.stringMatching(`"${name}".*holds strings`) as string,
      }),
    );
  });

  test('a picture cannot be coloured by one', () => {
    expect(() => renderMesh(tetra, { attribute: 'name' })).toThrow(/"name".*holds strings/);
  });

  test('without being asked for they are not read, and told of', async () => {
    const leftOut: LeftOutArray[] = [];
    const mesh = await read(await write(tetra), {
      strings: false,
      onLeftOut: (array: LeftOutArray) => void leftOut.push(array),
    });
    expect([...mesh.pointData.values(), ...mesh.cellData.values()].every(isTensor)).toBe(true);
    expect(leftOut).toEqual(
      [
        ['name', 'node'],
        ['pair', 'node'],
        ['region', 'cell'],
      ].map(([name, on]) => ({ name, on, reason: 'strings' })),
    );
  });
});

test('the surface has those of its points and cells', () => {
  const { pointData, cellData, details } = extractSurface(tetra);
  expect([...pointData.keys()]).toEqual([...tetra.pointData.keys()]);
  expect(pointData.get('pair')).toEqual(tetra.pointData.get('pair'));
  expect(cellData.get('region')).toEqual(
    Array.from({ length: 4 }).fill(tetra.cellData.get('region')?.[0 as never]),
  );
  expect(details).toBe(tetra.details);
});

test.each([
  ['too few strings', ['a', 'b', 'c']],
  ['no whole tuples', ['a', 'b', 'c', 'd', 'e']],
  ['a string with a 0 in it', ['a', 'b\0', 'c', 'd']],
])('a mesh with %s is not written', async (_, strings) => {
  const mesh = { ...tetra, pointData: new Map([['name', strings]]) };
  await expect(write(mesh)).rejects.toMatchObject({
    code: 'CONFIG',
    message: expect.stringMatching(/"name"/) as string,
  });
});

const cases = '../shared/data/cases/vtk';

describe.skipIf(!existsSync(cases))('cases that were handed over', () => {
  test.each(['convert-string-arrays', 'convert-string-tuples'])('%s', async (name) => {
    type Expected = Record<string, { values: unknown[]; type: string }>;
    const expected = JSON.parse(readFileSync(`${cases}/${name}/expected.json`, 'utf8')) as Record<
      'pointData' | 'cellData' | 'fieldData',
      Expected
    >;
    const mesh = await read(await write(await readMesh(`${cases}/${name}/in.vtu`)));
    for (const section of ['pointData', 'cellData', 'fieldData'] as const) {
      const strings = Object.entries(expected[section]).filter(([, { type }]) => type === 'string');
      for (const [array, { values }] of strings) expect(mesh[section].get(array)).toEqual(values);
    }
  });
});
