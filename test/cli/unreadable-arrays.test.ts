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
  readonly arrays: readonly { readonly name: string; readonly on: string; readonly type: string }[];
  readonly warnings: readonly string[];
}

describe('arrays of a type that nothing knows', () => {
  test.each([[[]], [['--read', 'header']], [['--read', 'ranges']], [['--read', 'all']]])(
    'info %j lists them and says so',
    async (flags) => {
      const { run, path } = await stage();
      const { stdout, stderr, status } = await run(['info', path, '--json', ...flags]);
      expect([status, stderr]).toEqual([0, '']);
      const { arrays, warnings } = JSON.parse(stdout) as Report;
      const listed = arrays.map(({ name, on, type }) => [name, on, type]);
      expect(listed).toContainEqual(['half', 'node', 'float16']);
      expect(listed).toContainEqual(['phase', 'field', 'complex']);
      expect(warnings).toContain('the array "half" has the type "Float16", which is not read');
      expect(warnings).toContain('the array "phase" has the type "Complex", which is not read');
    },
  );

  test.each([
    ['convert', (path: string, folder: string) => ['convert', path, join(folder, 'out.vtu'), '-a', 'half']],
    [
      'render',
      (path: string, folder: string) => ['render', path, '-a', 'half', '-o', join(folder, 'out.png')],
    ],
  ])('%s asked for one names its type', async (_, argumentsOf) => {
    const { run, path, folder } = await stage();
    const { stderr, status } = await run(argumentsOf(path, folder));
    expect(status).toBeGreaterThan(1);
    expect(stderr).toMatch(/in\.vtu, array "half": has the type "Float16", which is not read/);
  });

  test('convert keeps the others', async () => {
    const { run, path, folder } = await stage();
    const out = join(folder, 'out.vtu');
    expect((await run(['convert', path, out])).status).toBe(0);
    const { stdout } = await run(['info', out, '--json']);
    expect((JSON.parse(stdout) as Report).arrays.map(({ name, type }) => [name, type])).toEqual([
      ['wet', 'uint8'],
    ]);
  });
});
