import { styleText } from 'node:util';
import { Command } from 'commander';
import { readMesh, readMeshHeader } from '../../mesh.ts';
import { formatBytes, formatCount, formatPlural, formatValue } from '../format-number.ts';
import { type ArrayReport, type MeshReport, reportMesh } from '../mesh-report.ts';
import { print } from '../output.ts';
import { formatTable } from '../table.ts';

/** `vascusim info`: what mesh files hold. */
export function infoCommand(signal: AbortSignal): Command {
  return new Command('info')
    .description('say what mesh files hold: encoding, cells, arrays with their ranges')
    .argument('<file...>', '.vtu, .vtp, .pvtu or .pvtp files')
    .option('--json', 'one JSON object a file')
    .addHelpText(
      'after',
      `
MIN, MEAN and MAX of arrays with several components are those of the vectors' lengths, marked |v|.

Examples:
  vascusim info case_1.vtu
  vascusim info *.vtu --json`,
    )
    .action(async (files: readonly string[], flags: { readonly json?: boolean }) => {
      for (const [index, file] of files.entries()) {
        const header = await readMeshHeader(file, { signal });
        const report = reportMesh(file, header, await readMesh(file, { signal }));
        if (flags.json === true) print(JSON.stringify(report, finiteOrText));
        else {
          if (index > 0) print();
          for (const line of describeReport(report)) print(line);
        }
      }
    });
}

/** JSON has no NaN and no infinities. */
function finiteOrText(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
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
    { title: 'ARRAY' },
    { title: 'ON' },
    { title: 'TYPE' },
    { title: 'N', align: 'right' },
    { title: 'MIN', align: 'right' },
    { title: 'MEAN', align: 'right' },
    { title: 'MAX', align: 'right' },
    { title: 'NAN', align: 'right' },
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
