import { basename } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  type ColorMapName,
  type Component,
  ConfigError,
  encodePng,
  isVascuError,
  type Mesh,
  type Plane,
  type RenderOptions,
  renderMeshAsync,
  type View,
} from '../../index.ts';
import { chooseField } from '../default-array.ts';
import { LISTED_EXTENSIONS } from '../find-file.ts';
import { describeReading, type GivenMesh, openMeshFiles, requireArrays } from '../given-meshes.ts';
import { addSourceOptions } from '../options/source-options.ts';
import {
  digitsFor,
  formatBytes,
  formatCount,
  formatDuration,
  formatPlural,
  formatRange,
  formatValue,
} from '../terminal/format-number.ts';
import { Activity, print, printJson, printText, warn } from '../terminal/output.ts';
import { colorDepthOf, colorStrip, imageLines } from '../terminal/terminal-image.ts';
import { unitOf } from '../unit-of.ts';
import { checkOutput, writeWhole } from '../write-file.ts';

interface RenderFlags {
  readonly attribute?: string;
  readonly component?: Component;
  readonly clip?: Plane;
  readonly slice?: Plane;
  readonly lighting: boolean;
  readonly output?: string;
  readonly size: readonly [number, number];
  readonly view: View;
  readonly range?: readonly [number, number];
  readonly log?: boolean;
  readonly colorMap: ColorMapName;
  readonly background: string;
  readonly edges?: boolean;
  readonly title?: string;
  readonly terminal?: boolean;
  readonly json?: boolean;
}

const views = ['auto', 'iso', 'front', 'back', 'left', 'right', 'top', 'bottom', 'x', 'y', 'z'];

/** Makes `vascusim render`: a picture of a mesh file. */
export function renderCommand(signal: AbortSignal): Command {
  const command = new Command('render')
    .description('draw the surface of a mesh, coloured by one of its arrays, as PNG or in the terminal')
    .argument('<file>', `${LISTED_EXTENSIONS} file, the URL of one, or a source`)
    .argument('[name]', 'of the file, or id of the sample, in the source')
    .option('-o, --output <file>', 'the picture, .png')
    .option('-a, --attribute <name>', 'point or cell array that colours it; none: a plain mesh')
    .option('--component <x|y|z|N>', 'component of the array instead of the length', parseComponent)
    .option('--clip <nx,ny,nz,d>', 'take away what lies beyond the plane n · x = d', parsePlane)
    .option('--slice <nx,ny,nz,d>', 'draw the values on the plane n · x = d', parsePlane)
    .addOption(
      new Option('--size <WxH>', 'pixels across and down')
        .argParser(parseSize)
        .default([1200, 800], '1200x800'),
    )
    .addOption(new Option('--view <from>', 'where to look from').choices(views).default('auto'))
    .option('--range <low,high>', 'values at the ends of the colour map', parseRange)
    .option('--log', 'colour by the logarithm of the values')
    .addOption(
      new Option('--color-map <name>', 'colours')
        .choices(['viridis', 'cool-warm', 'greys'])
        .default('viridis'),
    )
    .option('--background <color>', '#rgb or #rrggbb', '#ffffff')
    .option('--edges', 'draw the edges of the mesh')
    .option('--no-lighting', 'the colours of the map as they are')
    .option('--title <text>', 'written at the top')
    .option('--terminal', 'show it in the terminal')
    .option('--json', 'say what was drawn as JSON');
  return addSourceOptions(command)
    .addHelpText(
      'after',
      `
Without --attribute the pressure is drawn, else the first point or cell array that is neither ids nor ranks nor
ghosts nor normals. Of a file only points, cells and the array that is drawn are read, and of one on another machine
fetched. Vectors are drawn by their length; cells that vtkGhostType marks as copies or as hidden are left out. The unit
on the colour bar is that of the sidecar: {"units": {"pressure": "Pa"}}.

Examples:
  vascusim render case_1.vtu -a wall_shear_stress -o wss.png --range 0,40
  vascusim render case_1.vtu -a velocity --component z --slice 0,0,1,0.5 -o slice.png
  vascusim render case_1.vtu --clip 1,0,0,0 -o half.png
  vascusim render case_1.vtu --terminal
  vascusim render ./data case_1 -o case_1.png
  vascusim render hf://datasets/user/name/cases/case_1.vtu -o case_1.png`,
    )
    .action(async (file: string, name: string | undefined, flags: RenderFlags) => {
      await checkPicture(flags);
      const files = name === undefined ? [file] : [file, name];
      await openMeshFiles(command, files, signal, (opened) => runRender(opened, flags, signal));
    });
}

function parseSize(text: string): readonly [number, number] {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/i.exec(text) ?? [];
  if (width === undefined || height === undefined)
    throw new InvalidArgumentError('It must be two whole numbers, such as 1200x800.');
  return [Number(width), Number(height)];
}

function parseRange(text: string): readonly [number, number] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [low = Number.NaN, high = Number.NaN] = values;
  if (values.length !== 2 || !(low < high))
    throw new InvalidArgumentError('It must be two numbers, the smaller one first, such as 0,120.');
  return [low, high];
}

function parseComponent(text: string): Component {
  if (text === 'x' || text === 'y' || text === 'z') return text;
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be x, y, z or a number from 0 on.');
  return Number(text);
}

function parsePlane(text: string): Plane {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [nx = 0, ny = 0, nz = 0, d = 0] = values;
  if (values.length !== 4 || !values.every(Number.isFinite) || (nx === 0 && ny === 0 && nz === 0))
    throw new InvalidArgumentError(
      'It must be four numbers, of which the first three are no zeros only, such as 0,0,1,0.5.',
    );
  return [nx, ny, nz, d];
}

/**
 * Checks that the picture can be written there, or shown.
 *
 * @throws ConfigError before anything is read
 */
async function checkPicture({ output, terminal = false }: RenderFlags): Promise<void> {
  if (output === undefined && !terminal)
    throw new ConfigError('output', 'Say where the picture goes: -o FILE.png, or --terminal.');
  if (output !== undefined && !/\.png$/i.test(output))
    throw new ConfigError('output', `Pictures are written as PNG; "${output}" does not end in .png.`);
  if (output !== undefined) await checkOutput(output, true);
}

async function runRender(file: GivenMesh, flags: RenderFlags, signal: AbortSignal): Promise<void> {
  const { output, terminal = false, json = false } = flags;
  let drawing = false;
  using _activity = new Activity((seconds) =>
    drawing
      ? `drawing ${basename(file.name)}: ${formatPlural(seconds, 'second')}`
      : describeReading(file, seconds),
  );
  const start = performance.now();
  const attribute = await chooseArray(file, flags.attribute);
  const [mesh, unit] = await Promise.all([
    file.mesh(attribute === undefined ? [] : [attribute]),
    attribute === undefined ? undefined : readUnit(file, attribute),
  ]);
  const options: RenderOptions = {
    attribute,
    component: flags.component,
    unit,
    clip: flags.clip,
    slice: flags.slice,
    lighting: flags.lighting,
    width: flags.size[0],
    height: flags.size[1],
    view: flags.view,
    range: flags.range,
    logScale: flags.log,
    colorMap: flags.colorMap,
    background: flags.background,
    edges: flags.edges,
    title: flags.title,
    path: file.name,
  };
  drawing = true;
  if (terminal) {
    const { lines, warnings } = await drawInTerminal(mesh, options, signal);
    for (const line of lines) print(line);
    if (output === undefined) return warnings.forEach(warn);
  }
  if (output === undefined) return;
  const image = await renderMeshAsync(mesh, { ...options, signal });
  const bytes = await encodePng(image, { signal });
  await writeWhole(output, bytes, signal);
  const { triangles, range, labels, ticks, title, below, above, notFinite, warnings } = image;
  warnings.forEach(warn);
  const [width, height] = flags.size;
  if (json) {
    const facts = {
      file: file.name,
      output,
      width,
      height,
      attribute,
      component: flags.component,
      title,
      unit,
      range,
      ticks,
      labels,
      below,
      above,
      notFinite,
      clip: flags.clip,
      slice: flags.slice,
      triangles,
      warnings,
      bytes: bytes.length,
    };
    printJson(facts);
    return;
  }
  const values = range === undefined ? 'without a value' : formatRange(...range);
  const colors =
    attribute === undefined ? 'plain' : `${title} ${values}${unit === undefined ? '' : ` ${unit}`}`;
  const facts = `${width} × ${height}, ${colors}, ${formatCount(triangles)} triangles`;
  const time = formatDuration(performance.now() - start);
  printText(`${output}: ${facts}, ${formatBytes(bytes.length)} in ${time}`);
}

/**
 * Chooses the array that is drawn: the one named, else what {@link chooseField} says.
 *
 * @throws NotFoundError when there is no array of that name
 */
async function chooseArray(file: GivenMesh, named: string | undefined): Promise<string | undefined> {
  if (named === 'none') return undefined;
  const header = await requireArrays(file, named === undefined ? [] : [named]);
  return named ?? chooseField(header);
}

/** Reads the unit of an array; of a sidecar that cannot be read only that is said. */
async function readUnit(file: GivenMesh, attribute: string): Promise<string | undefined> {
  try {
    return unitOf(await file.metadata(), attribute);
  } catch (error) {
    if (!isVascuError(error)) throw error;
    warn(`The picture has no unit: ${error.message}`);
    return undefined;
  }
}

async function drawInTerminal(
  mesh: Mesh,
  options: RenderOptions,
  signal: AbortSignal,
): Promise<{ readonly lines: readonly string[]; readonly warnings: readonly string[] }> {
  const depth = colorDepthOf(process.stdout, process.env);
  const width = Math.min(160, Math.max(40, process.stdout.columns || 80));
  const rows = Math.min(Math.round(0.4 * width), Math.max(12, (process.stdout.rows || 40) - 4));
  const colorMap = depth === 'none' ? 'greys' : (options.colorMap ?? 'viridis');
  const image = await renderMeshAsync(mesh, {
    ...options,
    width,
    height: 2 * rows,
    colorMap,
    background: '#000000',
    edges: false,
    scalarBar: false,
    title: undefined,
    signal,
  });
  const lines = imageLines(image, depth);
  while (lines.length > 0 && lines[0]?.trim() === '') lines.shift();
  while (lines.length > 0 && lines.at(-1)?.trim() === '') lines.pop();
  const title = options.title === undefined ? [] : [options.title];
  const { warnings, range, unit } = image;
  if (range === undefined || image.title === undefined) return { lines: [...title, ...lines], warnings };
  const name =
    image.title.slice(0, Math.max(8, width - 30)) + (unit === undefined ? '' : ` (${unit.slice(0, 20)})`);
  if (range[0] === range[1])
    return { lines: [...title, ...lines, `${name}  ${formatRange(...range)}`], warnings };
  const [low, high] = range.map((value) => formatValue(value, digitsFor(...range)));
  const room = width - name.length - `${low}${high}`.length - 4;
  const strip = colorStrip(colorMap, Math.max(6, Math.min(24, room)), depth);
  return { lines: [...title, ...lines, `${name}  ${low} ${strip} ${high}`], warnings };
}
