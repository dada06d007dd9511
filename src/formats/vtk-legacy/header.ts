import type { RandomAccess } from '../../core/mesh.ts';
import { NoPlan, type OpenMeshOptions } from '../../core/mesh-format.ts';
import { readAttribute, readField, Section } from './attribute-lines.ts';
import { readCellLines } from './cell-lines.ts';
import {
  CELL_KEYWORDS,
  type CellKeyword,
  countCells,
  type LegacyArray,
  type LegacyCells,
  type LegacyHeader,
} from './header-model.ts';
import { integerLine, KeywordLines, shown } from './keyword-lines.ts';
import { isLegacy } from './name.ts';
import { findValueType } from './value-types.ts';
import type { Word } from './word-scanner.ts';

/** Kinds of data sets that are read, by the words for them. */
const KINDS: ReadonlyMap<string, LegacyHeader['kind']> = new Map([
  ['unstructured_grid', 'UnstructuredGrid'],
  ['polydata', 'PolyData'],
]);

/** Keywords of cells by the kind of data set. */
const CELLS_OF: Readonly<Record<LegacyHeader['kind'], readonly string[]>> = {
  UnstructuredGrid: CELL_KEYWORDS.slice(0, 1),
  PolyData: CELL_KEYWORDS.slice(1),
};

/** Findings of a data set so far. */
interface Found {
  points?: LegacyArray;
  cellTypes?: LegacyArray;
  readonly cells: Map<CellKeyword, LegacyCells>;
  readonly fieldData: Section;
  readonly pointData: Section;
  readonly cellData: Section;
  /** The counts behind POINT_DATA and CELL_DATA, and where they stand. */
  readonly stated: { readonly section: Section; readonly count: number; readonly word: Word }[];
}

/**
 * Reads all of a legacy file but its values. In a BINARY file it goes from keyword line to keyword line, since sizes follow
 * from these; an ASCII one is read to its end.
 *
 * @param options.planOnly - whether it ends where values stand in text
 * @throws FormatError when the bytes are not what the format requires, or the data set is none that is read
 * @throws NoPlan with `planOnly`, for text
 */
export async function readLegacyHeader(
  file: RandomAccess,
  options: Pick<OpenMeshOptions, 'path' | 'head' | 'planOnly' | 'signal'>,
): Promise<LegacyHeader> {
  const lines = new KeywordLines(file, options);
  const version = await readFirstLines(lines);
  if (options.planOnly === true && lines.encoding === 'ascii') throw new NoPlan('inline');
  const kind = await readKind(lines);
  const found: Found = {
    cells: new Map(),
    fieldData: new Section('field'),
    pointData: new Section('node'),
    cellData: new Section('cell'),
    stated: [],
  };
  for (let word = await lines.scanner.next(); word !== undefined; word = await lines.scanner.next())
    await readKeyword(lines, word, kind, found);
  return toHeader(lines, kind, version, found);
}

/** Reads the version, passes over the title, and reads how values are stored. */
async function readFirstLines(lines: KeywordLines): Promise<string | undefined> {
  const { scanner } = lines;
  const { bytes: first } = await scanner.line();
  if (!isLegacy(first))
    throw scanner.error('is no legacy VTK file: it does not begin with "# vtk DataFile Version"', 0);
  const version = /version\s+([\d.]+)/i.exec(new TextDecoder('latin1').decode(first))?.[1];
  await scanner.line();
  const word = await lines.word('ASCII or BINARY');
  if (word.lower !== 'ascii' && word.lower !== 'binary')
    throw scanner.error(`has "${shown(word)}" where ASCII or BINARY belongs`, word.offset);
  lines.encoding = word.lower;
  return version;
}

async function readKind(lines: KeywordLines): Promise<LegacyHeader['kind']> {
  const word = await lines.word('DATASET');
  const isDataset = word.lower === 'dataset';
  const named = isDataset ? await lines.word('the kind of DATASET') : word;
  const kind = isDataset ? KINDS.get(named.lower) : undefined;
  if (kind !== undefined) return kind;
  if (!isDataset && named.lower !== 'field')
    throw lines.scanner.error(`has "${shown(named)}" where DATASET belongs`, named.offset);
  throw lines.scanner.error(
    `holds a data set of the kind ${shown(named)}; only UNSTRUCTURED_GRID and POLYDATA are read. ` +
      'Convert it to an unstructured grid and save that, in ParaView by the filter "Append Datasets" or in Python by vtkAppendFilter',
    named.offset,
  );
}

async function readKeyword(
  lines: KeywordLines,
  word: Word,
  kind: LegacyHeader['kind'],
  found: Found,
): Promise<void> {
  const { scanner } = lines;
  const { lower, offset } = word;
  const current = found.stated.at(-1);
  if (lower === 'metadata' && (await scanner.isLineOver())) {
    scanner.position = offset;
    await lines.passMetadata('field');
  } else if (lower === 'field') await readField(lines, word, current?.section ?? found.fieldData);
  else if (lower === 'points') found.points = await readPointLine(lines, word);
  else if (CELLS_OF[kind].includes(lower))
    found.cells.set(lower as CellKeyword, await readCellLines(lines, word));
  else if (lower === 'cell_types' && kind === 'UnstructuredGrid') {
    const count = await lines.count('the number of CELL_TYPES');
    found.cellTypes = await lines.values(integerLine('CELL_TYPES', count, offset));
  } else if (lower === 'point_data' || lower === 'cell_data') {
    const count = await lines.count(`the number of ${word.text}`);
    found.stated.push({ section: lower === 'point_data' ? found.pointData : found.cellData, count, word });
  } else if (current === undefined || !(await readAttribute(lines, word, current.section, current.count))) {
    const where = current === undefined ? 'of a data set' : `of ${current.word.text}`;
    throw scanner.error(`has "${shown(word)}" where a keyword ${where} belongs`, offset);
  }
}

async function readPointLine(lines: KeywordLines, { offset }: Word): Promise<LegacyArray> {
  const tuples = await lines.count('the number of POINTS');
  const type = await lines.type('POINTS');
  const stated = findValueType(type.statedType)?.type;
  if (stated === undefined || stated === 'String' || stated === 'Bit') {
    throw lines.scanner.error(`has POINTS of type ${type.statedType}, which are no coordinates`, offset);
  }
  const points = await lines.values({
    name: 'Points',
    on: 'node',
    ...type,
    components: 3,
    tuples,
    lineOffset: offset,
  });
  if (points.details?.componentNames !== undefined)
    lines.tell({ name: 'Points', on: 'node', reason: 'information', what: 'names of its components' });
  return points;
}

/** Checks that the counts fit together. */
function toHeader(
  lines: KeywordLines,
  kind: LegacyHeader['kind'],
  version: string | undefined,
  found: Found,
): LegacyHeader {
  const { scanner, encoding, extras } = lines;
  const { points, cellTypes, stated, fieldData, pointData, cellData } = found;
  const { size } = scanner.file;
  if (points === undefined) throw scanner.error('has no POINTS: the file may be cut', size);
  const cells = CELL_KEYWORDS.flatMap((keyword) => found.cells.get(keyword) ?? []);
  const count = countCells({ cells });
  if (kind === 'UnstructuredGrid') {
    const types = cellTypes?.tuples ?? 0;
    if (types !== count) {
      const offset = cellTypes?.lineOffset ?? size;
      throw scanner.error(`has ${types} CELL_TYPES for ${count} cells`, offset);
    }
  }
  for (const { section, count: own, word } of stated) {
    const rows = section === pointData ? points.tuples : count;
    if (own === rows) continue;
    const what = section === pointData ? 'points' : 'cells';
    throw scanner.error(`has ${word.text} ${own}, but ${rows} ${what}`, word.offset);
  }
  for (const [section, rows, what] of [
    [pointData, points.tuples, 'points'],
    [cellData, count, 'cells'],
  ] as const) {
    for (const { name, tuples, lineOffset } of section.arrays.values()) {
      if (tuples >= rows) continue;
      throw scanner.error(`has ${tuples} tuples for ${rows} ${what}`, lineOffset, name);
    }
  }
  return {
    kind,
    version,
    encoding,
    points,
    cells,
    cellTypes,
    pointData: { arrays: pointData.arrays, active: pointData.active },
    cellData: { arrays: cellData.arrays, active: cellData.active },
    fieldData: { arrays: fieldData.arrays, active: fieldData.active },
    extras,
  };
}
