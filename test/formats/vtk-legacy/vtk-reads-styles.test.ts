import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openMesh } from '../../../src/formats/registry.ts';
import { readMesh } from '../../../src/mesh/read-mesh.ts';
import { memoryFile } from '../../memory-file.ts';
import { fc } from '../../property.ts';
import { describeWithVtk, runVtk } from '../../vtk/vtk-python.ts';
import { plainMesh } from './as-vtk-reads.ts';
import { anyContent, anyStyle } from './legacy-arbitrary.ts';
import { type LegacyContent, type LegacyStyle, type WrittenArray, writeLegacy } from './legacy-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'vascusim-legacy-styles-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A style that VTK 9.1 reads as it is meant: it goes by the version, and takes a `long` for 8 bytes. */
function forVtk(style: LegacyStyle): LegacyStyle {
  return { ...style, version: style.cells === 'indexed' ? '5.1' : '4.2', longBytes: 8 };
}

/** Keywords of which VTK reads the first of a section alone. */
const ONCE: ReadonlySet<string> = new Set(['GLOBAL_IDS', 'PEDIGREE_IDS', 'EDGE_FLAGS']);

/** Whether VTK 9.1 reads an array as it is meant, and what follows it. */
function isTame(
  { keyword, type, components, values }: WrittenArray,
  style: LegacyStyle,
  isOfCells: boolean,
): boolean {
  // It knows no METADATA behind arrays of no values, and stops there; nor edge flags of cells.
  if (values.length === 0 || (keyword === 'EDGE_FLAGS' && isOfCells)) return false;
  // Of bits in several components it expects other bytes than it writes.
  if (type === 'bit') return components === 1;
  // It keeps the CR of lines that end in CR LF.
  return type !== 'string' || style.encoding === 'binary' || style.newline === '\n';
}

/**
 * Content that VTK 9.1 reads as it is meant, and writes as XML: names that are no keywords and have no characters that its
 * XML writer does not escape, each once; as text numbers that are finite, and colours without names of components.
 */
function tame(content: LegacyContent, style: LegacyStyle): LegacyContent {
  const isBinary = style.encoding === 'binary';
  let count = 0;
  const tameArrays = (arrays: readonly WrittenArray[] = [], isOfCells = false): WrittenArray[] => {
    const met = new Set<string>();
    return arrays
      .filter((array) => isTame(array, style, isOfCells))
      .filter(({ keyword }) => !ONCE.has(keyword) || (!met.has(keyword) && met.add(keyword)))
      .map((array) => ({
        ...array,
        name: `n ${count++} \u00fc%`,
        componentNames:
          isBinary || array.keyword !== 'COLOR_SCALARS'
            ? array.componentNames?.map((_, at) => `c ${at} %`)
            : undefined,
        values: array.values.map((value) => (isBinary || isFiniteValue(value) ? value : 0.5)),
      }));
  };
  return {
    ...content,
    points: content.points.map((value) => (Number.isFinite(value) ? value : 0.5)),
    pointData: tameArrays(content.pointData),
    cellData: tameArrays(content.cellData, true),
    fieldData: tameArrays(content.fieldData),
  };
}

function isFiniteValue(value: number | bigint | string): boolean {
  return typeof value !== 'number' || Number.isFinite(value);
}

describeWithVtk('legacy files of other writers beside VTK', () => {
  test('300 of them in any style are read as VTK reads them', async () => {
    const samples = fc.sample(fc.tuple(anyContent, anyStyle), { numRuns: 300, seed: 16 });
    for (const [index, [content, style]] of samples.entries())
      writeFileSync(join(folder, `${index}.vtk`), writeLegacy(tame(content, style), forVtk(style)));
    const pairs = runVtk('legacy_oracle.py', 'convert', folder) as [string, string][];
    for (const [legacy, xml] of pairs) {
      const file = await openMesh(memoryFile(readFileSync(legacy)), { path: legacy });
      expect(plainMesh(await file.read({})), legacy).toEqual(plainMesh(await readMesh(xml)));
    }
  });
});
