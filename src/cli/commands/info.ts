import { styleText } from 'node:util';
import { Command } from 'commander';
import { readMesh, readMeshHeader } from '../../mesh.ts';
import { formatBytes, formatCount, formatPlural, formatValue } from '../format-number.ts';
import { openMeshFiles } from '../mesh-files.ts';
import { type ArrayReport, type MeshReport, reportMesh } from '../mesh-report.ts';
import { print, printJson } from '../output.ts';
import { addSourceOptions } from '../source-options.ts';
import { formatTable } from '../table.ts';

/** `vascusim info`: what mesh files hold. */
export function infoCommand(signal: AbortSignal): Command {
  const command = new Command('info')
    .description('say what mesh files hold: encoding, cells, arrays with their ranges')
    .argument('<file...>', '.vtu, .vtp, .pvtu or .pvtp files, URLs of such, or a source and files in it')
    .option('--json', 'one JSON object a file');
  return addSourceOptions(command)
    .addHelpText(
      'after',
      `
MIN, MEAN and MAX of arrays with several components are those of the vectors' lengths, marked |v|.

Examples:
  vascusim info case_1.vtu
  vascusim info *.vtu --json
  vascusim info hf://datasets/user/name/cases/case_1.vtu
  vascusim info nas://192.168.1.100/sim/aorta case_1.vtu case_2.vtu --user biosim`,
    )
    .action(async (files: readonly string[], flags: { readonly json?: boolean }) => {
      let count = 0;
      await openMeshFiles(command, files, signal, async ({ name, path }) => {
        const header = await readMeshHeader(path, { signal });
        const report = reportMesh(name, header, await readMesh(path, { signal }));
        if (flags.json === true) printJson(report);
        else {
          if (count++ > 0) print();
          for (const line of describeReport(report)) print(line);
        }
      });
    });
}

function describeReport(report: MeshReport): string[] {
  const { header, points, pointType, cells, cellTypes, graphEdges, bounds, arrays, warnings } = report;
  const storage = [
    `VTK XML ${header.version ?? 'without version'}`,
    ...header.encodings,
    (header.compressor ?? 'not compressed').replace(/^vtk(.*)DataCompressor$/, '$1').replace('ZLib', 'zlib'),
    `UInt${8 * header.headerWidth} header`,
    header.byteOrder === 'BigEndian' ? 'big endian' : 'little endian',
    ...(header.pieceCount > 1 ? [formatPlural(header.pieceCount, 'piece')] : []),
  ];
  const types = Object.entries(cellTypes)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${formatCount(count)} ${name}`);
  const lines = [
    styleText('bold', report.path, { stream: process.stdout }),
    `${header.type}, ${formatBytes(header.size)}: ${storage.join(', ')}`,
    `points  ${formatCount(points)} (${pointType})`,
    `cells   ${formatCount(cells)}${types.length > 0 ? `: ${types.join(', ')}` : ''}`,
    `edges   ${graphEdges === null ? 'not defined' : formatCount(graphEdges)}`,
  ];
  if (bounds !== null) {
    const ranges = bounds.map(
      ([min, max], axis) => `${'xyz'[axis]} ${formatValue(min)} … ${formatValue(max)}`,
    );
    lines.push(`bounds  ${ranges.join('   ')}`);
  }
  if (arrays.length > 0) lines.push('', ...describeArrays(arrays));
  return [...lines, ...warnings.map((warning) => `warning: ${warning}`)];
}

function describeArrays(arrays: readonly ArrayReport[]): string[] {
  const columns = [
    { title: 'ARRAY', least: 10 },
    { title: 'ON', drop: 1 },
    { title: 'TYPE', drop: 2 },
    { title: 'N', align: 'right', drop: 3 },
    { title: 'MIN', align: 'right' },
    { title: 'MEAN', align: 'right', drop: 4 },
    { title: 'MAX', align: 'right' },
    { title: 'NAN', align: 'right', drop: 5 },
  ] as const;
  const rows = arrays.map(({ name, on, type, components, min, mean, max, nan, strings }) => {
    const mark = components > 1 ? '|v| ' : '';
    const value = (number: number | null): string => (number === null ? '–' : formatValue(number));
    const label = name.length > 24 ? `${name.slice(0, 23)}…` : name;
    if (strings !== undefined) return [label, on, type, String(strings.length), ...describeStrings(strings)];
    return [
      label,
      on,
      type,
      String(components),
      min === null ? '–' : mark + value(min),
      value(mean),
      value(max),
      nan === 0 ? '' : formatCount(nan),
    ];
  });
  return formatTable(columns, rows);
}

function describeStrings(strings: readonly string[]): string[] {
  const text = strings.slice(0, 3).join(', ');
  return [text.length > 20 ? `${text.slice(0, 19)}…` : text];
}
