import type { LeftOutArray } from '../../core/mesh.ts';
import type { LegacyArray, LegacySection } from './header-model.ts';
import { type KeywordLines, shown } from './keyword-lines.ts';
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

/** Attributes of one line `KEYWORD name type`, by their keywords: components, and what VTK makes of them. */
const PLAIN: ReadonlyMap<string, readonly [components: number, mark: string]> = new Map([
  ['vectors', [3, 'Vectors']],
  ['normals', [3, 'Normals']],
  ['tensors', [9, 'Tensors']],
  ['tensors6', [6, 'Tensors']],
  ['global_ids', [1, 'GlobalIds']],
  ['pedigree_ids', [1, 'PedigreeIds']],
  ['edge_flags', [1, 'EdgeFlag']],
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
  const plain = PLAIN.get(lower);
  if (plain !== undefined) {
    const [components, mark] = plain;
    const name = await readName(lines, keyword);
    const type = await lines.type(`"${name}"`);
    const line = { name, on: section.on, ...type, components, tuples, lineOffset: keyword.offset };
    section.add(await lines.values(line), mark);
  } else if (lower === 'scalars') section.add(await readScalars(lines, keyword, section, tuples), 'Scalars');
  else if (lower === 'color_scalars')
    section.add(await readColors(lines, keyword, section, tuples), 'Scalars');
  else if (lower === 'texture_coordinates')
    section.add(await readTexture(lines, keyword, section, tuples), 'TCoords');
  else if (lower === 'lookup_table') await passLookupTable(lines, keyword, section);
  else return false;
  return true;
}

async function readName(lines: KeywordLines, keyword: Word): Promise<string> {
  return decodePercent((await lines.word(`the name of ${keyword.text}`)).bytes);
}

async function readScalars(
  lines: KeywordLines,
  keyword: Word,
  { on }: Section,
  tuples: number,
): Promise<LegacyArray> {
  const name = await readName(lines, keyword);
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
  return lines.values({ name, on, ...type, components, tuples, lineOffset: keyword.offset });
}

async function readColors(
  lines: KeywordLines,
  keyword: Word,
  { on }: Section,
  tuples: number,
): Promise<LegacyArray> {
  const name = await readName(lines, keyword);
  const components = await lines.count(`the number of components of "${name}"`);
  checkComponents(lines, components, keyword, name);
  const type = { valueType: UINT8, statedType: 'unsigned_char' };
  return lines.values({ name, on, ...type, components, tuples, lineOffset: keyword.offset, isColor: true });
}

async function readTexture(
  lines: KeywordLines,
  keyword: Word,
  { on }: Section,
  tuples: number,
): Promise<LegacyArray> {
  const name = await readName(lines, keyword);
  const components = await lines.count(`the dimension of "${name}"`);
  checkComponents(lines, components, keyword, name);
  const type = await lines.type(`"${name}"`);
  return lines.values({ name, on, ...type, components, tuples, lineOffset: keyword.offset });
}

/** Passes over a table of colours: four numbers or bytes an entry. */
async function passLookupTable(lines: KeywordLines, keyword: Word, { on }: Section): Promise<void> {
  const name = await readName(lines, keyword);
  const tuples = await lines.count(`the size of the lookup table "${name}"`);
  const type = { valueType: UINT8, statedType: 'unsigned_char' };
  await lines.values({ name, on, ...type, components: 4, tuples, lineOffset: keyword.offset });
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
