import { describe, expect, test } from 'vitest';
import { writeVtkXml } from '../../src/formats/vtk-xml/writer.ts';
import { fixtures } from '../fixtures/fixtures.ts';
import { memoryFile } from '../memory-file.ts';
import { fc, test as testRule } from '../property.ts';
import { bitsOf } from '../streamers/result-file.ts';
import { anyMesh } from './mesh-arbitrary.ts';
import { planRead, vtkXmlReader } from './vtk-xml-reader.ts';

/** The file with every byte that the plan does not want made into nonsense. */
async function withoutUnwanted(
  content: Uint8Array,
  attributes: readonly string[] | undefined,
): Promise<Uint8Array | undefined> {
  const plan = await planRead(memoryFile(content), { attributes });
  if (typeof plan === 'string') return undefined;
  const { stretches } = plan;
  for (const [index, { start, end }] of stretches.entries()) {
    expect(end).toBe(stretches[index + 1]?.start ?? content.byteLength);
    expect(start).toBeLessThan(end);
  }
  const left = Uint8Array.from(content);
  for (const { start, end, wanted } of stretches) if (!wanted) left.fill(0xaa, start, end);
  return left;
}

testRule(
  'what a plan does not want is not looked at: any mesh, any wish, any encoding of appended data',
  [
    anyMesh,
    fc.constantFrom('raw' as const, 'base64' as const),
    fc.constantFrom('none' as const, 'zlib' as const),
    fc.nat(255),
  ],
  async (mesh, encoding, compressor, bits) => {
    const parts: Uint8Array[] = [];
    for await (const part of writeVtkXml(mesh, { encoding, compressor, blockSize: 1024 }))
      parts.push(Uint8Array.from(part));
    const content = Uint8Array.from(Buffer.concat(parts));
    const names = [...mesh.pointData.keys(), ...mesh.cellData.keys()];
    const attributes = names.filter((_, index) => (bits & (1 << index)) !== 0);
    const left = await withoutUnwanted(content, attributes);
    if (left === undefined) throw new Error('there is no plan');
    const read = async (bytes: Uint8Array): Promise<Map<string, Buffer>> =>
      bitsOf(await vtkXmlReader.read(memoryFile(bytes), { attributes }));
    expect(await read(left)).toEqual(await read(content));
  },
);

describe('of files that VTK wrote', () => {
  test.each(fixtures)('$name: the pressure alone', async ({ name, bytes: content }) => {
    const attributes = ['pressure'];
    const left = await withoutUnwanted(content, attributes);
    const isAppended = /<AppendedData/.test(Buffer.from(content).toString('latin1'));
    expect(left !== undefined, name).toBe(isAppended);
    if (left === undefined) return;
    const read = async (bytes: Uint8Array): Promise<Map<string, Buffer>> =>
      bitsOf(await vtkXmlReader.read(memoryFile(bytes), { attributes }));
    expect(await read(left)).toEqual(await read(content));
  });
});

test('there is none for what is no mesh, or only names others', async () => {
  expect(await planRead(memoryFile('<html></html>'))).toBe('unplannable');
  const parallel =
    '<VTKFile type="PUnstructuredGrid"><PUnstructuredGrid><Piece Source="a.vtu"/></PUnstructuredGrid></VTKFile>';
  expect(await planRead(memoryFile(parallel))).toBe('unplannable');
});

describe('what a header says of the mesh', () => {
  const header = (points: string, offset: number, more = '') =>
    `<VTKFile type="UnstructuredGrid" byte_order="LittleEndian" header_type="UInt32"><UnstructuredGrid><Piece NumberOfPoints="1" NumberOfCells="1">${more}<Points><DataArray type="Float32" Name="Points" NumberOfComponents="3" ${points} format="appended" offset="${offset}"/></Points><Cells><DataArray type="Int32" Name="connectivity" format="appended" offset="${offset + 16}"/><DataArray type="Int32" Name="offsets" format="appended" offset="${offset + 24}"/><DataArray type="UInt8" Name="types" format="appended" offset="${offset + 32}"/></Cells></Piece></UnstructuredGrid><AppendedData encoding="raw">_`;
  const meshOf = async (text: string) => {
    const plan = await planRead(memoryFile(new TextEncoder().encode(text.padEnd(4096))), { attributes: [] });
    if (typeof plan === 'string') throw new Error(plan);
    return plan.stretches.filter(({ mesh }) => mesh !== undefined);
  };
  const RANGE = 'RangeMin="0" RangeMax="1.5"';

  test('is of one stretch, with the arrays by which meshes differ', async () => {
    const text = header(RANGE, 0);
    const [stretch, ...others] = await meshOf(text);
    expect(others).toEqual([]);
    const { start = 0, mesh } = stretch ?? {};
    expect(start).toBe(text.length);
    expect(mesh?.arrays).toEqual([
      { start, end: start + 16 },
      { start: start + 16, end: start + 24 },
    ]);
  });

  test('is the same wherever the mesh lies, and another with other ranges of values', async () => {
    const field = '<PointData><DataArray type="Float32" Name="p" format="appended" offset="0"/></PointData>';
    /** But for its bytes, which end where the end of the file is cut off. */
    const identityOf = async (text: string): Promise<string | undefined> =>
      (await meshOf(text))[0]?.mesh?.identity.replace(/^\[\d+,/, '');
    const first = await identityOf(header(RANGE, 0));
    expect(await identityOf(header(RANGE, 8, field))).toBe(first);
    expect(await identityOf(header('RangeMin="0" RangeMax="1.6"', 0))).not.toBe(first);
  });
});
