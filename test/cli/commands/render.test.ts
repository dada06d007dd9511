import { spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeVessel } from '../../../src/cli/demo/vessel.ts';
import {
  type ColorDepth,
  colorDepthOf,
  colorStrip,
  imageLines,
} from '../../../src/cli/terminal/terminal-image.ts';
import { writeMesh } from '../../../src/mesh.ts';
import { decodePng } from '../../render/decode-png.ts';

function render(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, ['bin/vascusim.mjs', 'render', ...args], {
    encoding: 'utf8',
    env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: undefined, ...environment },
    timeout: 60_000,
  });
}

describe('vascusim render', () => {
  let folder: string;
  let vessel: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vascusim-test-'));
    vessel = join(folder, 'vessel.vtu');
    const options = { radius: 1, stenosis: 0.4, meanVelocity: 20, time: 0, resolution: 6 };
    await writeMesh(vessel, makeVessel(options));
  });

  afterAll(async () => rm(folder, { recursive: true }));

  test('writes a picture of the size that was asked for and says what it shows', async () => {
    const output = join(folder, 'shear.png');
    const flags = [
      '-a',
      'wall_shear_stress',
      '--size',
      '320x200',
      '--edges',
      '--view',
      'iso',
      '--title',
      'A',
    ];
    const { stdout, stderr, status } = render([vessel, ...flags, '-o', output]);
    expect([stderr, status]).toEqual(['', 0]);
    expect(stdout).toMatch(
      /shear\.png: 320 × 200, wall_shear_stress 0 … [\d.]+, [\d\s]+ triangles, .* in .*s\n$/,
    );
    const image = decodePng(await readFile(output));
    expect([image.width, image.height]).toEqual([320, 200]);
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('draws the pressure when no array is named, and says so as JSON', () => {
    const { stdout } = render([vessel, '-o', join(folder, 'p.png'), '--size', '40x30', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      attribute: 'pressure',
      width: 40,
      height: 30,
      range: [expect.closeTo(98.47, 1), 100],
    });
  });

  test('has the unit of the sidecar, and says all of the bar as JSON', async () => {
    const file = join(folder, 'units.vtu');
    await copyFile(vessel, file);
    await writeFile(
      join(folder, 'units.json'),
      JSON.stringify({ units: { pressure: 'mmHg' }, 'units.velocity': 'cm/s' }),
    );
    const draw = (...args: string[]): Record<string, unknown> =>
      JSON.parse(render([file, '-o', join(folder, 'u.png'), '--size', '320x200', '--json', ...args]).stdout);
    const facts = draw('--range', '99,99.5');
    expect(facts).toMatchObject({ title: 'pressure', unit: 'mmHg', notFinite: 0 });
    expect([facts['below'], facts['above']].every((count) => (count as number) > 0)).toBe(true);
    expect(facts['ticks']).toEqual(
      [99, 99.1, 99.2, 99.3, 99.4, 99.5].map((value, at) => ({
        value,
        text: value.toFixed(1),
        place: expect.closeTo(at / 5, 6),
      })),
    );
    expect(draw('-a', 'velocity', '--component', 'x')).toMatchObject({ title: 'velocity x', unit: 'cm/s' });
    expect(draw('-a', 'region')).not.toHaveProperty('unit');
    await writeFile(join(folder, 'units.json'), 'no JSON');
    const { stdout, stderr, status } = render([
      file,
      '-o',
      join(folder, 'u.png'),
      '--size',
      '320x200',
      '--json',
    ]);
    expect([status, JSON.parse(stdout).unit]).toEqual([0, undefined]);
    expect(stderr).toMatch(/The picture has no unit: .*units\.json/);
  });

  test('draws slices, clips and colours without light', () => {
    const draw = (...args: string[]): string =>
      render([vessel, '-o', join(folder, 's.png'), '--size', '200x120', ...args]).stdout;
    const slice = JSON.parse(draw('--json', '--slice', '0,0,1,0', '-a', 'velocity', '--component', '0'));
    expect(slice).toMatchObject({ slice: [0, 0, 1, 0], component: 0, title: 'velocity x' });
    expect(slice.range[1]).toBeGreaterThan(10);
    const clip = JSON.parse(draw('--json', '--clip', '0,0,1,0', '--no-lighting'));
    const whole = JSON.parse(draw('--json'));
    expect(clip.triangles).toBeLessThan(whole.triangles);
  });

  test.each<[string, string[], number, RegExp]>([
    [
      'three numbers for a plane',
      ['VESSEL', '--slice', '0,0,1', '-o', 'x.png'],
      2,
      /four numbers.*0,0,1,0\.5/,
    ],
    ['a plane without a normal', ['VESSEL', '--clip', '0,0,0,1', '-o', 'x.png'], 2, /four numbers/],
    ['a plane that meets nothing', ['VESSEL', '--slice', '0,0,1,99', '-o', 'x.png'], 2, /meets no cell of/],
    ['a component that is none', ['VESSEL', '--component', 'w', '-o', 'x.png'], 2, /x, y, z or a number/],
    [
      'a component too many',
      ['VESSEL', '-a', 'velocity', '--component', '3', '-o', 'x.png'],
      2,
      /component is 3; the array "velocity" has the components 0 … 2/,
    ],
    ['a file that is not there', ['nowhere.vtu', '-o', 'x.png'], 3, /nowhere\.vtu/],
    ['no place to draw to', ['VESSEL'], 2, /-o FILE\.png, or --terminal/],
    ['another kind of picture', ['VESSEL', '-o', 'x.jpg'], 2, /does not end in \.png/],
    [
      'a misspelt array',
      ['VESSEL', '-a', 'presure', '-o', 'x.png'],
      3,
      /"presure" \(did you mean "pressure"\?\)\. Its point arrays: "pressure"/,
    ],
    ['a size that is none', ['VESSEL', '--size', '12', '-o', 'x.png'], 2, /1200x800/],
    ['a range that is none', ['VESSEL', '--range', '3', '-o', 'x.png'], 2, /0,120/],
    ['an unknown view', ['VESSEL', '--view', 'up', '-o', 'x.png'], 2, /Allowed choices are auto, iso/],
  ])('%s is an error that says so', (_, args, code, message) => {
    const { stdout, stderr, status } = render(args.map((text) => (text === 'VESSEL' ? vessel : text)));
    expect(stderr).toMatch(message);
    expect([stdout, status]).toEqual(['', code]);
  });

  test('--terminal draws with letters where there are no colours', () => {
    const { stdout, status } = render([vessel, '--terminal']);
    const lines = stdout.trimEnd().split('\n');
    expect(status).toBe(0);
    expect(stdout).not.toContain('\u001b');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.at(-1)).toMatch(/^pressure {2}[\d.]+ [.:\-=+*#%@]+ 100$/);
    expect(lines.filter((line) => /[.:\-=+*#%@]{3}/.test(line)).length).toBeGreaterThan(5);
  });

  test('--terminal draws with half blocks where there are', () => {
    const { stdout } = render([vessel, '--terminal'], { FORCE_COLOR: '3' });
    expect(stdout).toMatch(/\[0;38;2;\d+;\d+;\d+;48;2;\d+;\d+;\d+m▀/);
    expect(stdout.split('\n').filter((line) => line.includes('▀')).length).toBeGreaterThan(5);
  });

  test('leaves no half-written picture behind', async () => {
    const occupied = join(folder, 'occupied.png', 'x.png');
    await writeFile(join(folder, 'occupied.png'), '');
    const { status } = render([vessel, '-o', occupied]);
    expect(status).toBe(2);
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describe('pictures in a terminal', () => {
  const terminal = (bits: number): { isTTY: true; getColorDepth: () => number } => ({
    isTTY: true,
    getColorDepth: () => bits,
  });

  test.each<[ColorDepth, number | undefined, Record<string, string>]>([
    ['none', undefined, {}],
    ['none', 24, { NO_COLOR: '1' }],
    ['none', 24, { TERM: 'dumb' }],
    ['none', 4, {}],
    ['none', undefined, { FORCE_COLOR: '0' }],
    ['256', 8, {}],
    ['256', undefined, { FORCE_COLOR: '1' }],
    ['true-color', 24, {}],
    ['true-color', 8, { COLORTERM: 'truecolor' }],
    ['true-color', undefined, { FORCE_COLOR: '3' }],
  ])('%s with %s bits and %o', (depth, bits, environment) => {
    const stream = bits === undefined ? { isTTY: false, getColorDepth: () => 1 } : terminal(bits);
    expect(colorDepthOf(stream as NodeJS.WriteStream, environment)).toBe(depth);
  });

  test('leave black pixels empty and change colours only where they change', () => {
    const colors = [
      [0, 0, 0],
      [255, 0, 0],
      [0, 0, 0],
      [0, 0, 255],
      [255, 0, 0],
      [0, 0, 0],
    ];
    const data = Uint8ClampedArray.from(colors.flatMap((color) => [...color, 255]));
    expect(imageLines({ width: 3, height: 2, data }, 'true-color')).toEqual(
      ['\u001b[0;38;2;0;0;255m▄\u001b[0;38;2;255;0;0;48;2;255;0;0m▀\u001b[0m '].map((line) => line.trimEnd()),
    );
    expect(imageLines({ width: 3, height: 2, data }, '256')[0]).toContain('38;5;21m▄');
  });

  test('the strip of colours is as wide as it was asked for', () => {
    expect(colorStrip('greys', 9, 'none')).toBe('.:-=+*#%@');
    expect(colorStrip('viridis', 5, 'true-color').match(/48;2;/g)).toHaveLength(5);
  });
});
