import { existsSync } from 'node:fs';
import { styleText } from 'node:util';
import { Command, Option } from 'commander';
import { describeLeftOutArrays, type LeftOutArray } from '../../index.ts';
import { LISTED_EXTENSIONS } from '../find-file.ts';
import { describeReading, type GivenMesh, openMeshFiles } from '../given-meshes.ts';
import {
  type ArrayReport,
  type MeshReport,
  type ReadWhat,
  reportHeader,
  reportMesh,
} from '../mesh-report.ts';
import { addSourceOptions } from '../options/source-options.ts';
import { joinSteps } from '../step-rows.ts';
import {
  digitsFor,
  formatBytes,
  formatCount,
  formatPlural,
  formatRange,
  formatValue,
} from '../terminal/format-number.ts';
import { Activity, harmless, print, printJson, printText, remark } from '../terminal/output.ts';
import { type Column, formatTable } from '../terminal/table.ts';

interface InfoFlags {
  readonly read?: ReadWhat;
  readonly json?: boolean;
}

/** Makes `vascusim info`: what mesh files hold. */
export function infoCommand(signal: AbortSignal): Command {
  const command = new Command('info')
    .description('say what mesh files hold: encoding, cells, arrays with their ranges')
    .argument(
      '<file...>',
      `${LISTED_EXTENSIONS} files, URLs of such, or a source and files or ids of samples in it`,
    )
    .addOption(
      new Option('--read <what>', 'how much of a file is read, see below').choices([
        'header',
        'ranges',
        'all',
      ]),
    )
    .option('--json', 'one JSON object a file');
  return addSourceOptions(command)
    .addHelpText(
      'after',
      `
Of a file on another machine only its header is fetched, and those arrays whose range the header does not state
(--read ranges); of a file that lies here everything is read (--read all): also the types of cells, edges, bounds,
means. --read header fetches no array at all.

MIN, MEAN and MAX of arrays with several components are those of the vectors' lengths, marked |v|. Arrays that are one
for each step, such as pressure_00100, are one line.

Examples:
  vascusim info case_1.vtu
  vascusim info *.vtu --json
  vascusim info hf://datasets/user/name/cases/case_1.vtu
  vascusim info nas://192.168.1.100/sim/aorta case_1.vtu case_2.vtu --user biosim`,
    )
    .action(async (files: readonly string[], flags: InfoFlags) => {
      let count = 0;
      await openMeshFiles(command, files, signal, async (file) => {
        const report = await readReport(file, flags.read);
        const { fetched } = file;
        if (flags.json === true) return printJson({ ...report, bytesFetched: fetched });
        if (count++ > 0) print();
        printReport(report);
        if (report.read !== 'all') remark(describeRead(report, fetched));
      });
    });
}

async function readReport(file: GivenMesh, wanted: ReadWhat | undefined): Promise<MeshReport> {
  using _activity = new Activity((seconds) => describeReading(file, seconds));
  const local = wanted === undefined && (await file.isHere());
  const read = wanted ?? (local ? 'all' : 'ranges');
  const header = await file.header(read === 'all' ? undefined : read === 'ranges');
  // A file that could only be fetched whole is here by now.
  const whole = read === 'all' || (wanted === undefined && (await file.isHere()));
  if (!whole) return reportHeader(file.name, header, read);
  const leftOut: LeftOutArray[] = [];
  const mesh = await file.mesh(undefined, (array) => void leftOut.push(array));
  return reportMesh(file.name, header, mesh, leftOut);
}

/** Describes what a report rests on that is made from less than the whole file. */
function describeRead({ header, read, arrays }: MeshReport, fetched: number): string {
  const amount =
    fetched === 0 ? 'not all was read' : `${formatBytes(fetched)} fetched of ${formatBytes(header.size)}`;
  const isStated = !arrays.some(hasValues);
  const ranges = isStated
    ? 'ranges as the header states them'
    : 'ranges as the header states them or as read';
  const more = read === 'header' ? '--read ranges or all reads' : '--read all reads';
  return `${amount}: ${ranges}; ${more} the rest`;
}

function printReport(report: MeshReport): void {
  const { header, points, pointType, cells, cellTypes, graphEdges, bounds, arrays, leftOut, warnings } =
    report;
  const storage = [
    `${header.format} ${header.version ?? 'without version'}`,
    ...header.encodings,
    (header.compressor ?? 'not compressed').replace(/^vtk(.*)DataCompressor$/, '$1').replace('ZLib', 'zlib'),
    ...(header.headerWidth === undefined ? [] : [`UInt${8 * header.headerWidth} header`]),
    ...(header.byteOrder === undefined
      ? []
      : [header.byteOrder === 'BigEndian' ? 'big endian' : 'little endian']),
    ...(header.pieceCount > 1 ? [formatPlural(header.pieceCount, 'piece')] : []),
  ];
  const types = Object.entries(cellTypes ?? {})
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${formatCount(count)} ${name}`);
  print(styleText('bold', harmless(report.path), { stream: process.stdout }));
  printText(`${header.type}, ${formatBytes(header.size)}: ${storage.join(', ')}`, '  ');
  const row = (name: string, text: string): void => printText(`${name.padEnd(8)}${text}`, ' '.repeat(8));
  row('points', `${formatCount(points)} (${pointType})`);
  const kinds = types.length === 0 ? '' : `: ${types.join(', ')}`;
  row('cells', types.length === 1 ? types.join() : formatCount(cells) + kinds);
  if (report.read === 'all') row('edges', graphEdges === null ? 'not defined' : formatCount(graphEdges));
  if (bounds !== null) {
    const ranges = bounds.map(([min, max], axis) => `${'xyz'[axis]} ${formatRange(min, max)}`);
    row('bounds', ranges.join('   '));
  }
  if (arrays.length > 0) {
    print();
    for (const line of describeArrays(arrays)) print(line);
    remarkOnSteps(report);
  }
  const lost = leftOut.filter(({ reason }) => reason !== 'information');
  if (lost.length > 0) printText(`left out: ${harmless(describeLeftOutArrays(lost))}`);
  for (const warning of warnings) printText(`warning: ${warning}`);
}

/** Tells whether the values of an array were read; those of the mesh as a whole always are. */
function hasValues({ on, nan }: ArrayReport): boolean {
  return on !== 'field' && nan !== null;
}

function describeArrays(all: readonly ArrayReport[]): string[] {
  const arrays = joinSteps(all);
  const columns: Column[] = [
    { title: 'ARRAY', least: 10 },
    { title: 'ON', drop: 1 },
    { title: 'TYPE', drop: 2 },
    { title: 'N', align: 'right', drop: 3 },
    { title: 'MIN', align: 'right' },
    { title: 'MEAN', align: 'right', drop: 4 },
    { title: 'MAX', align: 'right' },
    { title: 'NAN', align: 'right', drop: 5 },
  ];
  const rows = arrays.map(({ name, on, type, components, min, mean, max, nan, strings, steps }) => {
    const mark = components > 1 ? '|v| ' : '';
    const digits = digitsFor(min ?? 0, max ?? 0);
    const value = (number: number | null): string => (number === null ? '–' : formatValue(number, digits));
    const short = name.length > 24 ? `${name.slice(0, 23)}…` : name;
    const label = steps === undefined ? short : `${short} × ${describeSteps(steps)}`;
    if (strings !== undefined) {
      const count = on === 'field' ? strings.length : components;
      return [label, on, type, String(count), ...describeStrings(strings)];
    }
    return [
      label,
      on,
      type,
      String(components),
      min === null ? '–' : mark + value(min),
      value(mean),
      value(max),
      nan === null ? '–' : nan === 0 ? '' : formatCount(nan),
    ];
  });
  if (arrays.some(hasValues)) return formatTable(columns, rows);
  // Only values that were read tell what is in these.
  const told = columns.filter(({ title }) => title !== 'MEAN' && title !== 'NAN');
  return formatTable(
    told,
    rows.map((row) => row.filter((_, at) => at !== 5 && at !== 7)),
  );
}

/** Says how samples are made of steps, where a file has several. */
function remarkOnSteps({ path, arrays, header }: MeshReport): void {
  const steps = joinSteps(arrays).find((field) => field.steps !== undefined)?.steps;
  // Of a file elsewhere nothing tells how its folder was named.
  if (steps === undefined || header.pieceCount > 1 || !existsSync(path)) return;
  const [, folder = '.', name = path] = /^(?:(.*)[/\\])?([^/\\]*)$/.exec(path) ?? [];
  remark(
    `windows of its steps as samples: vascusim stream ${quote(folder)} --include ${quote(name)} --window 2`,
  );
}

/** Quotes a word for a shell, where it needs that. */
function quote(word: string): string {
  return /^[\w./@:=+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Describes the steps of a field: `201 steps (10040 … 11040)`. */
function describeSteps(steps: readonly number[]): string {
  return `${steps.length} steps (${steps[0]} … ${steps.at(-1)})`;
}

function describeStrings(strings: readonly string[]): string[] {
  const text = strings.slice(0, 3).join(', ');
  return [text.length > 20 ? `${text.slice(0, 19)}…` : text];
}
