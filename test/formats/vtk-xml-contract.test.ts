import { test } from 'vitest';
import { vtkXml } from '../../src/formats/vtk-xml/format.ts';
import { testFormat } from '../../src/testing.ts';
import { fixtures } from '../fixtures/fixtures.ts';
import { resultFile, resultMesh, TWELVE_FIELDS } from '../streamers/result-file.ts';
import { declared, gridFile, gridPiece, parallelFile, textArray } from './small-xml.ts';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const pressure = textArray('Float32', 'p', [1, 2, 3, 4]);
const MESH = resultMesh(2000, TWELVE_FIELDS);

testFormat(
  'VTK XML',
  vtkXml,
  {
    ...Object.fromEntries(fixtures.map(({ name, bytes }) => [name, bytes])),
    'raw-large.vtu': await resultFile(MESH),
    'zlib-large.vtu': await resultFile(MESH, { compressor: 'zlib' }),
    'pieces.vtu': text(gridFile([gridPiece({ pointData: pressure }), gridPiece({ pointData: pressure })])),
    'cases/all.pvtu': text(
      parallelFile(['one.vtu', 'parts/two.vtu'], { pointData: declared('Float32', 'p') }),
    ),
    'cases/one.vtu': text(gridFile([gridPiece({ pointData: pressure })])),
    'cases/parts/two.vtu': text(gridFile([gridPiece({ pointData: pressure })])),
  },
  test,
);
