import { describe, expect, test } from 'vitest';
import { planRead } from '../../src/formats/read-plan.ts';
import { vtkXmlReader } from '../../src/formats/readers.ts';
import { writeVtkXml } from '../../src/formats/vtk-xml/writer.ts';
import { fixtures } from '../fixtures/fixtures.ts';
import { memoryFile } from '../memory-file.ts';
import { fc, test as testRule } from '../property.ts';
import { bitsOf } from '../streamers/result-file.ts';
import { anyMesh } from './mesh-arbitrary.ts';

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
