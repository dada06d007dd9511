import { test } from 'vitest';
import { vtkLegacy } from '../../../src/formats/vtk-legacy/format.ts';
import { testFormat } from '../../../src/testing.ts';
import { type LegacyContent, type LegacyStyle, PLAIN_STYLE, writeLegacy } from './legacy-writer.ts';
import { sampleGrid, samplePoly } from './sample-files.ts';

const styles: readonly (readonly [name: string, content: LegacyContent, style: Partial<LegacyStyle>])[] = [
  ['grid-text.vtk', sampleGrid, {}],
  ['grid-binary.vtk', sampleGrid, { encoding: 'binary' }],
  ['old-grid-binary.vtk', sampleGrid, { encoding: 'binary', cells: 'listed', version: '3.0', extras: true }],
  ['poly-binary.vtk', samplePoly, { encoding: 'binary', cellsFirst: true }],
];

testFormat(
  'legacy VTK',
  vtkLegacy,
  Object.fromEntries(
    styles.map(([name, content, style]) => [name, writeLegacy(content, { ...PLAIN_STYLE, ...style })]),
  ),
  test,
);
