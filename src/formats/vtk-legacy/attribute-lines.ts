import type { LeftOutArray } from '../../core/mesh.ts';
import type { LegacyArray, LegacySection } from './header-model.ts';
import { type KeywordLines, shown, type ValueLine } from './keyword-lines.ts';
import { decodePercent } from './names.ts';
import { UINT8 } from './value-types.ts';
import type { Word } from './word-scanner.ts';

/** Arrays over points, over cells or of the whole mesh, as they are collected. */
export class Section implements LegacySection {
  readonly arrays: Map<string, LegacyArray> = new Map();
  readonly active: Map<string, string> = new Map();
  readonly on: LeftOutArray['on'];

  constructor(on: LeftOutArray['on']) {
    this.on = on;
  }

  /** Takes an array; of two of one name the later. The first of a kind is the active one, as in VTK. */
  add(array: LegacyArray, mark?: string): void {
    this.arrays.set(array.name, array);
    if (mark !== undefined && !this.active.has(mark)) this.active.set(mark, array.name);
  }
}

/** Type of colours in BINARY files. */
const BYTES = { valueType: UINT8, statedType: 'unsigned_char' } as const;

/** Facts that the line of an attribute says of its values. */
type ValuesSaid = Pick<ValueLine, 'valueType' | 'statedType' | 'components' | 'isColor'>;

/** Reader of what stands behind the name of an attribute. */
type LineReader = (lines: KeywordLines, keyword: Word, name: string) => Promise<ValuesSaid>;

/** Attributes by their keywords: what reads what stands behind their names, and what VTK makes of them. */
const READERS: ReadonlyMap<string, readonly [read: LineReader, mark: string]> = new Map([
  ['scalars', [readScalars, 'Scalars']],
  ['color_scalars', [readColors, 'Scalars']],
  ['texture_coordinates', [readTexture, 'TCoords']],
  ['vectors', [plain(3), 'Vectors']],
  ['normals', [plain(3), 'Normals']],
  ['tensors', [plain(9), 'Tensors']],
  ['tensors6', [plain(6), 'Tensors']],
  ['global_ids', [plain(1), 'GlobalIds']],
  ['pedigree_ids', [plain(1), 'PedigreeIds']],
  ['edge_flags', [plain(1), 'EdgeFlag']],
]);

/**
 * Reads an attribute over points or cells.
 *
 * @param tuples - number of points or cells
 * @returns whether `keyword` is that of one
 */
export async function readAttribute(
  lines: KeywordLines,
  keyword: Word,
  section: Section,
  tuples: number,
): Promise<boolean> {
  const { lower } = keyword;
  const isTable = lower === 'lookup_table';
  const found = READERS.get(lower);
  if (found === undefined && !isTable) return false;
  const name = await readName(lines, keyword);
  const place = { name, on: section.on, lineOffset: keyword.offset };
  if (found === undefined) await passLookupTable(lines, place);
  else {
    const [read, mark] = found;
    section.add(await lines.values({ ...place, tuples, ...(await read(lines, keyword, name)) }), mark);
  }
  return true;
}

async function readName(lines: KeywordLines, keyword: Word): Promise<string> {
  return decodePercent((await lines.word(`the name of ${keyword.text}`)).bytes);
}

/** Makes the reader of a line that says nothing but a type. */
function plain(components: number): LineReader {
  return async (lines, _keyword, name) => ({ ...(await lines.type(`"${name}"`)), components });
}

async function readScalars(lines: KeywordLines, keyword: Word, name: string): Promise<ValuesSaid> {
  const type = await lines.type(`"${name}"`);
  const next = await lines.scanner.peek();
  const components =
    next?.lower === 'lookup_table' ? 1 : await lines.count(`the number of components of "${name}"`);
  const table = await lines.word('LOOKUP_TABLE');
  if (table.lower !== 'lookup_table') {
    const problem = `has "${shown(table)}" where the line "LOOKUP_TABLE default" belongs, which SCALARS need`;
    throw lines.scanner.error(problem, table.offset, name);
  }
  checkComponents(lines, components, keyword, name);
  await lines.word('the name of LOOKUP_TABLE');
  return { ...type, components };
}

async function readColors(lines: KeywordLines, keyword: Word, name: string): Promise<ValuesSaid> {
  const components = await lines.count(`the number of components of "${name}"`);
  checkComponents(lines, components, keyword, name);
  return { ...BYTES, components, isColor: true };
}

async function readTexture(lines: KeywordLines, keyword: Word, name: string): Promise<ValuesSaid> {
  const components = await lines.count(`the dimension of "${name}"`);
  checkComponents(lines, components, keyword, name);
  return { ...(await lines.type(`"${name}"`)), components };
}

/** Passes over a table of colours: four numbers or bytes an entry. */
async function passLookupTable(
  lines: KeywordLines,
  place: Pick<ValueLine, 'name' | 'on' | 'lineOffset'>,
): Promise<void> {
  const tuples = await lines.count(`the size of the lookup table "${place.name}"`);
  await lines.values({ ...place, ...BYTES, components: 4, tuples });
}

/** Reads the arrays of a FIELD. */
export async function readField(lines: KeywordLines, keyword: Word, section: Section): Promise<void> {
  const { on } = section;
  const { scanner } = lines;
  await lines.word('the name of FIELD');
  const count = await lines.count('the number of arrays of FIELD');
  for (let index = 0; index < count; index++) {
    await lines.passMetadata(on);
    const word = await lines.word(
      `array number ${index + 1} of the ${count} of FIELD (byte ${keyword.offset})`,
    );
    if (word.lower === 'null_array' && (await scanner.isLineOver())) continue;
    const name = decodePercent(word.bytes);
    const stated = await lines.count(`the number of components of "${name}"`);
    const tuples = await lines.count(`the number of tuples of "${name}"`);
    const components = stated === 0 && tuples === 0 ? 1 : stated;
    checkComponents(lines, components, word, name);
    const type = await lines.type(`"${name}"`);
    const isInField = index < count - 1;
    const line = { name, on, ...type, components, tuples, lineOffset: word.offset, isInField };
    section.add(await lines.values(line));
  }
}

function checkComponents(lines: KeywordLines, components: number, word: Word, name: string): void {
  if (components > 0) return;
  throw lines.scanner.error('has an array of 0 components', word.offset, name);
}
