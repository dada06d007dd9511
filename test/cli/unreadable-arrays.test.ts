import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder } from '../temporary-folder.ts';
import { makeCli } from './run-cli.ts';

/** A point with an array of numbers and two of types that nothing knows. */
const file = `<VTKFile type="UnstructuredGrid" version="1.0" byte_order="LittleEndian"><UnstructuredGrid>
<FieldData><DataArray type="Complex" Name="phase" NumberOfTuples="1" format="ascii">1</DataArray></FieldData>
<Piece NumberOfPoints="1" NumberOfCells="0"><PointData>
<DataArray type="Float16" Name="half" format="ascii">1</DataArray>
<DataArray type="Bit" Name="wet" format="ascii">1</DataArray>
</PointData><Points><DataArray type="Float32" NumberOfComponents="3" format="ascii">1 2 3</DataArray></Points>
</Piece></UnstructuredGrid></VTKFile>`;

async function stage() {
  const folder = await makeFolder({ 'in.vtu': file });
  return { folder, path: join(folder, 'in.vtu'), ...(await makeCli()) };
}

interface Report {
  readonly arrays: readonly { readonly name: string; readonly type: string }[];
  readonly leftOut: readonly unknown[];
}

describe('arrays of a type that nothing knows', () => {
  test.each([[[]], [['--read', 'header']], [['--read', 'ranges']], [['--read', 'all']]])(
    'info %j lists them and says so',
    async (flags) => {
      const { run, path } = await stage();
      const { stdout, stderr, status } = await run(['info', path, '--json', ...flags]);
      expect([status, stderr]).toEqual([0, '']);
      const { leftOut } = JSON.parse(stdout) as Report;
      expect(leftOut).toContainEqual({ name: 'half', on: 'node', reason: 'type', what: 'Float16' });
      expect(leftOut).toContainEqual({ name: 'phase', on: 'field', reason: 'type', what: 'Complex' });
    },
  );

  test('convert keeps the others, and says which it does not', async () => {
    const { run, path, folder } = await stage();
    const out = join(folder, 'out.vtu');
    const { status, stderr } = await run(['convert', path, out]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/"half" \(of the type "Float16", which is not read\)/);
    const { stdout } = await run(['info', out, '--json']);
    expect((JSON.parse(stdout) as Report).arrays.map(({ name, type }) => [name, type])).toEqual([
      ['wet', 'uint8'],
    ]);
  });
});
