import { expect, test, vi } from 'vitest';
import { readMesh } from '../../src/mesh.ts';
import { declared, gridFile, gridPiece, parallelFile, textArray } from '../formats/small-xml.ts';
import { type Files, makeFolder } from '../temporary-folder.ts';
import { linesOf, makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

const p = textArray('Float64', 'p', [1, 2, 3, 4], 'ComponentName0="mmHg"');
const unit =
  '<DataArray type="Float64" Name="u" format="ascii">1 2 3 4<InformationKey name="UNITS_LABEL" location="vtkDataArray">m</InformationKey><InformationKey name="L2_NORM_RANGE" location="vtkDataArray" length="2"/></DataArray>';
const names = textArray('String', 'NAME', ['a', 'b', 'c', 'd']);
const step = '<DataArray type="Float64" Name="p" TimeStep="1" format="ascii">5 6 7 8</DataArray>';
const field = `<FieldData>${textArray('Float64', 'TimeValue', [0.5], 'NumberOfTuples="1"')}</FieldData>`;
const FILES: Files = {
  'names.vtu': gridFile([gridPiece({ pointData: names + p })]).replace(
    '<PointData>',
    '<PointData Scalars="p">',
  ),
  'more.vtu': gridFile([gridPiece({ pointData: p + step + unit })], field),
  'one.pvtu': parallelFile(['x.vtu', 'y.vtu'], {
    pointData: declared('Float64', 'q') + declared('Float64', 'p'),
  }),
  'x.vtu': gridFile([gridPiece({ pointData: p + textArray('Float64', 'q', [5, 6, 7, 8]) })]),
  'y.vtu': gridFile([gridPiece({ pointData: p })]),
};

async function stage() {
  const folder = await makeFolder(FILES);
  return { folder, ...(await makeCli({ cwd: folder })) };
}

test('info lists strings, read whole or by their header, in text and JSON', async () => {
  const { run } = await stage();
  const [text, header, json] = await Promise.all([
    run(['info', 'names.vtu']),
    run(['info', 'names.vtu', '--read', 'header']),
    run(['info', 'names.vtu', '--json']),
  ]);
  expect(text.stdout).toMatch(/NAME +node +string +1 +a, b, c/);
  expect(header.stdout).toMatch(/NAME +node +string/);
  const { arrays, leftOut } = JSON.parse(json.stdout) as { arrays: unknown[]; leftOut: unknown };
  expect(arrays[0]).toMatchObject({
    name: 'NAME',
    on: 'node',
    type: 'string',
    tuples: 4,
    strings: ['a', 'b', 'c', 'd'],
  });
  expect([leftOut, text.stderr]).toEqual([[], '']);
});

test.each([[[]], [['--read', 'header']], [['--read', 'ranges']]])(
  'info %j names the piece that lacks an array',
  async (options) => {
    const { run } = await stage();
    const [text, json] = await Promise.all([
      run(['info', 'one.pvtu', ...options]),
      run(['info', 'one.pvtu', '--json', ...options]),
    ]);
    expect(text.stdout).toContain('left out: "q" (not in the piece y.vtu)');
    expect(text.stderr).not.toContain('warning');
    const { arrays, leftOut } = JSON.parse(json.stdout) as { arrays: { name: string }[]; leftOut: unknown };
    expect(arrays.map(({ name }) => name)).toEqual(['p']);
    expect(leftOut).toEqual([{ name: 'q', on: 'node', reason: 'piece', what: 'y.vtu' }]);
  },
);

test('convert keeps strings, names of components and active arrays, without a word', async () => {
  const { run, folder } = await stage();
  for (const name of ['again.vtu', 'wall.vtp']) {
    const { stderr, status } = await run(['convert', 'names.vtu', name]);
    expect([stderr, status]).toEqual(['', 0]);
    const mesh = await readMesh(`${folder}/${name}`);
    expect((mesh.pointData.get('NAME') as readonly string[]).slice(0, 2)).toEqual(['a', 'b']);
    expect(mesh.details?.pointData).toEqual({
      arrays: new Map([['p', { componentNames: ['mmHg'] }]]),
      active: new Map([['Scalars', 'p']]),
    });
  }
});

test('convert names what it cannot keep, once, and in JSON', async () => {
  const { run } = await stage();
  const [text, json, quiet, pieces] = await Promise.all([
    run(['convert', 'more.vtu', 'a.vtu']),
    run(['convert', 'more.vtu', 'b.vtu', '--json']),
    run(['convert', 'more.vtu', 'c.vtu', '--quiet']),
    run(['convert', 'one.pvtu', 'd.vtu']),
  ]);
  expect(linesOf(text.stderr)).toEqual([
    'warning: a.vtu has not all of more.vtu: "p" (further time steps), "u" (UNITS_LABEL)',
  ]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    leftOut: [
      { name: 'p', on: 'node', reason: 'steps' },
      { name: 'u', on: 'node', reason: 'information', what: 'UNITS_LABEL' },
    ],
  });
  expect(quiet.stderr).toBe('');
  expect(linesOf(pieces.stderr)).toEqual([
    'warning: d.vtu has not all of one.pvtu: "q" (not in the piece y.vtu)',
  ]);
});

test('convert says that bits become bytes, of points, cells and the whole mesh, also those of a piece', async () => {
  const bits = (name: string, values: readonly number[], more = '') => textArray('Bit', name, values, more);
  const grid = gridFile(
    [
      gridPiece({
        pointData: p + bits('on', [1, 0, 1, 1]),
        cellData: bits('wall', [1, 0], 'NumberOfComponents="2"'),
      }),
    ],
    `<FieldData>${bits('steady', [1], 'NumberOfTuples="1"')}</FieldData>`,
  );
  const folder = await makeFolder({
    'bits.vtu': grid,
    'bits.pvtu': parallelFile(['bits.vtu'], { pointData: declared('Float64', 'p') + declared('Bit', 'on') }),
  });
  const { run } = await makeCli({ cwd: folder });
  const [json, wall, some, pieces] = await Promise.all([
    run(['convert', 'bits.vtu', 'a.vtu', '--json']),
    run(['convert', 'bits.vtu', 'a.vtp']),
    run(['convert', 'bits.vtu', 'b.vtu', '-a', 'p,wall']),
    run(['convert', 'bits.pvtu', 'c.vtu']),
  ]);
  const what = 'type Bit, written as UInt8';
  expect(JSON.parse(json.stdout)).toMatchObject({
    leftOut: [
      { name: 'on', on: 'node', reason: 'information', what },
      { name: 'wall', on: 'cell', reason: 'information', what },
      { name: 'steady', on: 'field', reason: 'information', what },
    ],
  });
  expect(linesOf(wall.stderr)).toEqual([
    `warning: a.vtp has not all of bits.vtu: "on", "wall", "steady" (${what})`,
  ]);
  expect(linesOf(some.stderr)).toEqual([
    `warning: b.vtu has not all of bits.vtu: "wall", "steady" (${what})`,
  ]);
  expect(pieces.stderr).toContain(`"on", "steady" (${what})`);
});

test('convert to a graph names strings, field data, names of components and active arrays', async () => {
  const { run } = await stage();
  const [strings, more, some, asked] = await Promise.all([
    run(['convert', 'names.vtu', 'a.safetensors']),
    run(['convert', 'more.vtu', 'b.safetensors', '--json']),
    run(['convert', 'more.vtu', 'c.safetensors', '-a', 'u']),
    run(['convert', 'names.vtu', 'd.safetensors', '-a', 'NAME']),
  ]);
  expect(linesOf(strings.stderr)).toEqual([
    'warning: a.safetensors has not all of names.vtu: "NAME" (strings; a graph holds numbers), "p" (names of its components), "p" (active Scalars)',
  ]);
  const { leftOut } = JSON.parse(more.stdout) as { leftOut: unknown };
  expect(leftOut).toContainEqual({ name: 'TimeValue', on: 'field', reason: 'graph' });
  expect(some.stderr).not.toContain('TimeValue');
  expect([asked.status, asked.stderr]).toEqual([2, expect.stringMatching(/"NAME" of d?.*holds strings/)]);
});

test('an array that a piece lacks, named on the command line, is an error that names the piece', async () => {
  const { run } = await stage();
  const runs = await Promise.all([
    run(['convert', 'one.pvtu', 'a.vtu', '-a', 'q']),
    run(['render', 'one.pvtu', '-a', 'q', '-o', 'a.png']),
  ]);
  for (const { status, stderr } of runs)
    expect([status, stderr]).toEqual([
      3,
      expect.stringMatching(/"q"; left out: "q" \(not in the piece y\.vtu\)/),
    ]);
});

test('render draws an array that all pieces have, and says that strings have no colours', async () => {
  const { run } = await stage();
  const [pieces, strings] = await Promise.all([
    run(['render', 'one.pvtu', '-o', 'a.png', '--json']),
    run(['render', 'names.vtu', '-a', 'NAME', '-o', 'b.png']),
  ]);
  expect([pieces.status, pieces.stdout]).toEqual([0, expect.stringContaining('"p"')]);
  expect([strings.status, strings.stderr]).toEqual([2, expect.stringContaining('holds strings')]);
});

test('stream says once which arrays are in no graph, and in JSON', async () => {
  const { run, folder } = await stage();
  const { stdout, stderr } = await run(['stream', folder, '--json', '--workers', '1']);
  const warnings = linesOf(stderr).filter((line) => line.startsWith('warning:'));
  expect(warnings.filter((line) => line.includes('"NAME"'))).toHaveLength(1);
  const end = JSON.parse(linesOf(stdout).at(-1) as string) as { leftOutArrays: unknown };
  expect(end.leftOutArrays).toContainEqual({ name: 'NAME', on: 'node', reason: 'strings' });
  expect(end.leftOutArrays).toContainEqual({ name: 'q', on: 'node', reason: 'piece', what: 'y.vtu' });
});
