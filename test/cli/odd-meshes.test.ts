import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder } from '../temporary-folder.ts';

interface Piece {
  /** Coordinates, three a point. */
  readonly points: string;
  /** Points of each triangle. */
  readonly triangles: readonly string[];
  /** Tags and values of arrays over points, and over cells. */
  readonly pointData?: string;
  readonly cellData?: string;
}

function array(name: string, values: string, type = 'Float64'): string {
  return `<DataArray type="${type}" Name="${name}" format="ascii">${values}</DataArray>`;
}

function vtu({ points, triangles, pointData = '<PointData/>', cellData = '<CellData/>' }: Piece): string {
  const numPoints = points.split(' ').filter((value) => value !== '').length / 3;
  const ends = triangles.map((_, cell) => 3 * (cell + 1)).join(' ');
  return `<VTKFile type="UnstructuredGrid" version="1.0" byte_order="LittleEndian"><UnstructuredGrid>
<Piece NumberOfPoints="${numPoints}" NumberOfCells="${triangles.length}">${pointData}${cellData}
<Points>${array('Points', points).replace('Name', 'NumberOfComponents="3" Name')}</Points>
<Cells>${array('connectivity', triangles.join(' '), 'Int32')}${array('offsets', ends, 'Int32')}${array('types', triangles.map(() => '5').join(' '), 'UInt8')}</Cells>
</Piece></UnstructuredGrid></VTKFile>`;
}

const square = '0 0 0 1 0 0 0 1 0 1 1 0';
const halves = ['0 1 2', '1 3 2'];
const over = (points: string): string => `<PointData>${points}</PointData>`;

async function run(
  command: 'info' | 'render',
  content: string,
  ...flags: string[]
): Promise<{ stdout: string; stderr: string; status: number | null; json: Record<string, unknown> }> {
  const folder = await makeFolder({ 'mesh.vtu': content });
  const output = command === 'render' ? ['-o', join(folder, 'mesh.png'), '--size', '320x200'] : [];
  const args = ['bin/vascusim.mjs', command, join(folder, 'mesh.vtu'), ...output, ...flags];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, FORCE_COLOR: undefined },
    timeout: 60_000,
  });
  const json = flags.includes('--json') && status === 0 ? JSON.parse(stdout) : {};
  return { stdout, stderr, status, json };
}

describe('vascusim render', () => {
  test('has the labels of the bar as JSON', async () => {
    const content = vtu({ points: square, triangles: halves, pointData: over(array('p', '0 1e6 2e6 5e5')) });
    expect((await run('render', content, '--json')).json).toMatchObject({
      attribute: 'p',
      range: [0, 2e6],
      labels: [
        { value: 0, text: '0' },
        { value: 5e5, text: '5e5' },
        { value: 1e6, text: '1e6' },
        { value: 1.5e6, text: '1.5e6' },
        { value: 2e6, text: '2e6' },
      ],
      warnings: [],
    });
  });

  test('tells the ends of a narrow range apart', async () => {
    const content = vtu({
      points: square,
      triangles: halves,
      pointData: over(array('p', '0.99999994 1 1.0000001 1')),
    });
    expect((await run('render', content)).stdout).toContain('p 0.99999994 … 1.0000001,');
  });

  test('says one value of a constant array', async () => {
    const content = vtu({ points: square, triangles: halves, pointData: over(array('p', '5 5 5 5')) });
    const { stdout, stderr } = await run('render', content);
    expect([stdout.includes(', p 5, '), stderr]).toEqual([true, '']);
    expect((await run('render', content, '--json')).json).toMatchObject({
      range: [5, 5],
      labels: [{ value: 5, text: '5' }],
    });
  });

  test('draws no array that the file marks as ids or normals', async () => {
    const numbers =
      array('numbering', '1 2 3 4') + array('GlobalNodeID', '1 2 3 4') + array('lengths', '1 2 3 4');
    const pointData = `<PointData GlobalIds="numbering" Normals="lengths">${numbers}</PointData>`;
    const content = vtu({ points: square, triangles: halves, pointData });
    expect((await run('render', content)).stdout).toContain(', plain, ');
  });

  test('warns of what it leaves out, and -q does not', async () => {
    const cellData = `<CellData>${array('vtkGhostType', '0 1', 'UInt8')}</CellData>`;
    const content = vtu({ points: square, triangles: halves, cellData });
    const { stderr, json } = await run('render', content, '--json');
    expect(json).toMatchObject({ triangles: 1, warnings: [expect.stringContaining('1 copied cell')] });
    expect(stderr).toMatch(/^warning: The picture leaves out what vtkGhostType marks: 1 copied cell\.\n$/);
    expect((await run('render', content, '-q')).stderr).toBe('');
  });

  test('says that no coordinate is finite', async () => {
    const { stderr, status } = await run(
      'render',
      vtu({ points: 'nan 0 0 1 nan 0 0 0 inf', triangles: ['0 1 2'] }),
    );
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/No point of .*mesh\.vtu has finite coordinates/),
    ]);
  });
});

describe('vascusim info', () => {
  test.each<[string, Piece, unknown, RegExp]>([
    [
      'no finite coordinate',
      { points: 'nan 0 0 1 nan 0 0 0 inf', triangles: ['0 1 2'] },
      null,
      /no point has finite coordinates/,
    ],
    [
      'some coordinates that are not finite',
      { points: `${square} nan 50 50`, triangles: [...halves, '0 1 4'] },
      [
        [0, 1],
        [0, 1],
        [0, 0],
      ],
      /not finite: those of 1 of 5 points/,
    ],
    [
      'one point',
      { points: '1 2 3', triangles: [] },
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      /the mesh is one point/,
    ],
    [
      'points at one place',
      { points: '1 2 3 1 2 3 1 2 3', triangles: ['0 1 2'] },
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      /all points lie at one place/,
    ],
    ['no points', { points: '', triangles: [] }, null, /the mesh has no points/],
    [
      'no cells',
      { points: square, triangles: [] },
      [
        [0, 1],
        [0, 1],
        [0, 0],
      ],
      /the mesh has no cells/,
    ],
  ])('%s', async (_, piece, bounds, warning) => {
    const { json } = await run('info', vtu(piece), '--json');
    expect(json).toMatchObject({ bounds, ghosts: null });
    expect((json['warnings'] as string[]).join('\n')).toMatch(warning);
    expect(JSON.stringify(json)).not.toMatch(/Infinity|NaN/);
  });

  test('counts what vtkGhostType marks', async () => {
    const content = vtu({
      points: square,
      triangles: halves,
      pointData: over(array('vtkGhostType', '1 0 2 3', 'UInt8')),
      cellData: `<CellData>${array('vtkGhostType', '1 32', 'UInt8')}</CellData>`,
    });
    const { json } = await run('info', content, '--json');
    const ghosts = { copiedCells: 1, hiddenCells: 1, refinedCells: 0, copiedPoints: 2, hiddenPoints: 2 };
    expect(json).toMatchObject({ ghosts, graphEdges: 5 });
    expect((await run('info', content)).stdout).toContain(
      'vtkGhostType marks 1 copied cell, 1 hidden cell, 2 copied points, 2 hidden points',
    );
  });

  test('tells values of a narrow range apart, and a flat box by one number', async () => {
    const content = vtu({
      points: square,
      triangles: halves,
      pointData: over(array('p', '0.99999994 1 1.0000001 1')),
    });
    const { stdout } = await run('info', content);
    expect(stdout).toMatch(/p +node +float64 +1 +0\.99999994 +\S+ +1\.0000001/);
    expect(stdout).toContain('x 0 … 1   y 0 … 1   z 0\n');
  });
});
