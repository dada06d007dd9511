import { describe, expect, test } from 'vitest';
import { NotFoundError } from '../../src/core/errors.ts';
import type { Mesh } from '../../src/core/mesh.ts';
import { memoryFile } from '../memory-file.ts';
import { vtkXmlReader } from './vtk-xml-reader.ts';

const read = (text: string | Uint8Array): Promise<Mesh> =>
  vtkXmlReader.read(memoryFile(text), { path: 'case.vtu' });
const floats = (values: readonly number[]): string => values.join(' ');

interface GridParts {
  readonly declaration?: string;
  readonly root?: string;
  readonly pieces?: readonly string[];
  readonly fieldData?: string;
}

const points = `<Points><DataArray type="Float32" NumberOfComponents="3" format="ascii">0 0 0 1 0 0 0 1 0</DataArray></Points>`;
const cells = `<Cells><DataArray type="Int32" Name="connectivity" format="ascii">0 1 2</DataArray>
  <DataArray type="Int32" Name="offsets" format="ascii">3</DataArray>
  <DataArray type="UInt8" Name="types" format="ascii">5</DataArray></Cells>`;

function piece(body = '', counts = 'NumberOfPoints="3" NumberOfCells="1"'): string {
  return `<Piece ${counts}>${points}${cells}${body}</Piece>`;
}

function grid({ declaration = '', root = '', pieces = [piece()], fieldData = '' }: GridParts = {}): string {
  return `${declaration}<VTKFile type="UnstructuredGrid" ${root}><UnstructuredGrid>${fieldData}${pieces.join('')}</UnstructuredGrid></VTKFile>\n`;
}

function pointData(...arrays: string[]): string {
  return `<PointData>${arrays.join('')}</PointData>`;
}

describe('traits of files that other software writes', () => {
  test.each([
    ['no declaration, no version, no byte order, no header type', grid()],
    ['a declaration and a comment', grid({ declaration: '<?xml version="1.0"?>\n<!-- by <somebody> -->\n' })],
    ['a byte order mark', `\ufeff${grid()}`],
    ['a version of the future', grid({ root: 'version="4.2"' })],
    ['an empty compressor', grid({ root: 'compressor=""' })],
    ['single quotes', grid().replaceAll('"', "'")],
    ['CRLF line ends', grid().replaceAll('\n', '\r\n')],
    ['white space after the end', `${grid()}   \n\n`],
    ['no format, which means ascii', grid().replaceAll(' format="ascii"', '')],
    ['elements that VTK does not know', grid({ pieces: [piece('<Extra><Deep a="1"/></Extra>')] })],
  ])('%s', async (_, text) => {
    const mesh = await read(text);
    expect([...mesh.points.data]).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 0]);
    expect([...mesh.cells.connectivity]).toEqual([0, 1, 2]);
    expect([...mesh.cells.types]).toEqual([5]);
  });

  test('several pieces are joined, their indices moved', async () => {
    const p = (value: number): string =>
      piece(
        pointData(
          `<DataArray type="Float64" Name="p" format="ascii">${floats([value, value, value])}</DataArray>`,
        ),
      );
    const mesh = await read(grid({ pieces: [p(1), p(2)] }));
    expect(mesh.points.shape).toEqual([6, 3]);
    expect([...mesh.cells.connectivity]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...mesh.cells.offsets]).toEqual([0, 3, 6]);
    expect([...(mesh.pointData.get('p')?.data ?? [])]).toEqual([1, 1, 1, 2, 2, 2]);
  });

  test('an empty piece need not have the arrays of the others', async () => {
    const p = '<DataArray type="Float32" Name="p" format="ascii">1 2 3</DataArray>';
    const empty = '<Piece NumberOfPoints="0" NumberOfCells="0"></Piece>';
    const mesh = await read(grid({ pieces: [empty, piece(pointData(p)), empty] }));
    expect([...(mesh.pointData.get('p')?.data ?? [])]).toEqual([1, 2, 3]);
  });

  test('an array that is repeated once a time step is the first of them', async () => {
    const step = (index: number): string =>
      `<DataArray type="Float32" Name="p" TimeStep="${index}" format="ascii">${floats([index, index, index])}</DataArray>`;
    const mesh = await read(grid({ pieces: [piece(pointData(step(0), step(1)))] }));
    expect([...(mesh.pointData.get('p')?.data ?? [])]).toEqual([0, 0, 0]);
  });

  test('nan and infinities in text', async () => {
    const p = '<DataArray type="Float32" Name="p" format="ascii">nan -inf 1e400</DataArray>';
    const mesh = await read(grid({ pieces: [piece(pointData(p))] }));
    expect([...(mesh.pointData.get('p')?.data ?? [])]).toEqual([
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });

  test('RangeMin that is no number, InformationKey behind the data', async () => {
    const p =
      '<DataArray type="Float32" Name="p" RangeMin="" RangeMax="-Infinity" format="ascii">1 2 3' +
      '<InformationKey name="L2_NORM_RANGE" location="vtkDataArray" length="2"><Value index="0">1</Value></InformationKey></DataArray>';
    const mesh = await read(grid({ pieces: [piece(pointData(p))] }));
    expect([...(mesh.pointData.get('p')?.data ?? [])]).toEqual([1, 2, 3]);
  });

  test.each(['__proto__', 'constructor', 'a.b/c', 'é µ 速度'])('the name "%s"', async (name) => {
    const p = `<DataArray type="Int8" Name="${name}" format="ascii">1 2 3</DataArray>`;
    expect([...(await read(grid({ pieces: [piece(pointData(p))] }))).pointData.keys()]).toEqual([name]);
  });

  test('base64 in lines, with white space around', async () => {
    const data = Buffer.alloc(4 + 12);
    data.writeUInt32LE(12);
    [1, 2, 3].forEach((value, at) => data.writeFloatLE(value, 4 + 4 * at));
    const wrapped = data.toString('base64').replaceAll(/.{5}/g, '$&\r\n   ');
    const p = `<DataArray type="Float32" Name="p" format="binary">\n  ${wrapped}\n </DataArray>`;
    const mesh = await read(grid({ root: 'byte_order="LittleEndian"', pieces: [piece(pointData(p))] }));
    expect([...(mesh.pointData.get('p')?.data ?? [])]).toEqual([1, 2, 3]);
  });

  test('white space before the "_" of appended data, two arrays that share their bytes', async () => {
    const bytes = Buffer.alloc(4 + 12);
    bytes.writeUInt32LE(12);
    [1, 2, 3].forEach((value, at) => bytes.writeFloatLE(value, 4 + 4 * at));
    const array = (name: string): string =>
      `<DataArray type="Float32" Name="${name}" format="appended" offset="0"/>`;
    const head = grid({ pieces: [piece(pointData(array('p'), array('q')))] }).replace(/<\/VTKFile>\s*$/, '');
    const file = Buffer.concat([
      Buffer.from(`${head}<AppendedData encoding="raw">\n\t  _`),
      bytes,
      Buffer.from('\n</AppendedData></VTKFile>'),
    ]);
    const mesh = await read(file);
    expect([...(mesh.pointData.get('q')?.data ?? [])]).toEqual([1, 2, 3]);
  });

  test('64-bit integers are numbers while they are safe, and exact when not', async () => {
    const ids = (name: string, type: string, values: readonly string[]): string =>
      `<DataArray type="${type}" Name="${name}" format="ascii">${values.join(' ')}</DataArray>`;
    const mesh = await read(
      grid({
        pieces: [
          piece(
            pointData(
              ids('safe', 'Int64', ['1', '-9007199254740991', '9007199254740991']),
              ids('exact', 'Int64', ['1', '9007199254740992', '-1']),
              ids('unsigned', 'UInt64', ['1', '18446744073709551615', '0']),
            ),
          ),
        ],
      }),
    );
    expect(mesh.pointData.get('safe')).toEqual({
      data: Float64Array.of(1, -9007199254740991, 9007199254740991),
      shape: [3],
      storedAs: 'Int64',
    });
    expect(mesh.pointData.get('exact')?.data).toEqual(BigInt64Array.of(1n, 9007199254740992n, -1n));
    expect(mesh.pointData.get('unsigned')).toMatchObject({
      storedAs: 'UInt64',
      data: BigUint64Array.of(1n, 2n ** 64n - 1n, 0n),
    });
  });

  test('values left in an array over no cells are passed over', async () => {
    const body = '<CellData><DataArray type="Float32" Name="c" format="ascii">1 2 3</DataArray></CellData>';
    const none = '<Cells></Cells>';
    const text = grid({
      pieces: [`<Piece NumberOfPoints="3" NumberOfCells="0">${points}${none}${body}</Piece>`],
    });
    expect((await read(text)).cellData.get('c')?.shape).toEqual([0]);
  });

  test('a Lagrange hexahedron of an old file is renumbered as VTK 9 does', async () => {
    const order3 = Array.from({ length: 64 }, (_, at) => at);
    const file = (version: string): string =>
      grid({
        root: `version="${version}"`,
        pieces: [
          `<Piece NumberOfPoints="64" NumberOfCells="1"><Points><DataArray type="Float32" NumberOfComponents="3">${floats(order3.flatMap((at) => [at, 0, 0]))}</DataArray></Points>` +
            `<Cells><DataArray type="Int64" Name="connectivity">${floats(order3)}</DataArray><DataArray type="Int64" Name="offsets">64</DataArray><DataArray type="UInt8" Name="types">72</DataArray></Cells></Piece>`,
        ],
      });
    expect([...(await read(file('2.2'))).cells.connectivity]).toEqual(order3);
    expect([...(await read(file('1.0'))).cells.connectivity].slice(26, 34)).toEqual([
      26, 27, 30, 31, 28, 29, 32, 33,
    ]);
  });
});

describe('parallel files', () => {
  const arrays = '<PPointData><PDataArray type="Float32" Name="p"/></PPointData>';
  const parallel = (...sources: string[]): string =>
    `<VTKFile type="PUnstructuredGrid"><PUnstructuredGrid>${arrays}${sources.map((source) => `<Piece Source="${source}"/>`).join('')}</PUnstructuredGrid></VTKFile>`;
  const values = (name: string): string =>
    `<DataArray type="Float32" Name="${name}" format="ascii">1 2 3</DataArray>`;
  const files: Readonly<Record<string, string>> = {
    'a.vtu': grid({ pieces: [piece(pointData(values('p'), values('q')))] }),
    'parts/b.vtu': grid({ pieces: [piece(pointData(values('p')))] }),
    'self.pvtu': parallel('self.pvtu'),
  };
  const readParallel = (text: string): Promise<Mesh> =>
    vtkXmlReader.read(memoryFile(text), {
      path: 'dir/case.pvtu',
      openSibling: (path) =>
        files[path] === undefined
          ? Promise.reject(new NotFoundError(path))
          : Promise.resolve(memoryFile(files[path])),
    });

  test('join their pieces and keep the arrays that they declare', async () => {
    const mesh = await readParallel(parallel('a.vtu', './parts/b.vtu'));
    expect(mesh.points.shape).toEqual([6, 3]);
    expect([...mesh.pointData.keys()]).toEqual(['p']);
  });

  test.each([
    ['a piece that is missing', parallel('a.vtu', 'c.vtu'), /c\.vtu, which does not exist/],
    ['a piece outside of its folder', parallel('../a.vtu'), /not below the file's own folder/],
    ['an absolute piece', parallel('/etc/passwd'), /not below/],
    ['a piece of elsewhere', parallel('https://example.org/a.vtu'), /not below/],
    ['a Windows path', parallel('C:\\a.vtu'), /not below/],
    ['a piece that names pieces', parallel('self.pvtu'), /names pieces itself/],
    [
      'a piece without Source',
      '<VTKFile type="PUnstructuredGrid"><PUnstructuredGrid><Piece/></PUnstructuredGrid></VTKFile>',
      /without Source/,
    ],
  ])('%s is a FormatError', async (_, text, message) => {
    await expect(readParallel(text)).rejects.toMatchObject({
      code: 'FORMAT',
      message: expect.stringMatching(message) as string,
    });
  });
});
