import type { CellKeyword, LegacyCells } from './header-model.ts';
import { integerLine, type KeywordLines, shown, type ValueLine } from './keyword-lines.ts';
import type { Word } from './word-scanner.ts';

/**
 * Reads the lines of a group of cells. Whether they are stored in the old or in the new style, the word OFFSETS tells, not
 * the version: both occur with either. Counts of old cells in a BINARY file cannot spell it.
 */
export async function readCellLines(lines: KeywordLines, keyword: Word): Promise<LegacyCells> {
  const { scanner } = lines;
  const of = keyword.text;
  const first = await lines.count(`the number of ${of}`);
  const size = await lines.count(`the size of ${of}`);
  const common = { keyword: keyword.lower as CellKeyword, lineOffset: keyword.offset };
  const next = await scanner.peek();
  if (next?.lower !== 'offsets') {
    if (size < first) {
      throw scanner.error(`has ${of} of size ${size}, too small for ${first} cells`, keyword.offset);
    }
    const list = await lines.values(integerLine(of, size, keyword.offset));
    return { ...common, style: 'listed', count: first, list };
  }
  await scanner.next();
  const offsets = await lines.values({
    ...integerLine('OFFSETS', first, next.offset),
    ...(await readIndexType(lines, 'OFFSETS')),
  });
  const word = await lines.word('CONNECTIVITY');
  if (word.lower !== 'connectivity')
    throw scanner.error(`has "${shown(word)}" where CONNECTIVITY belongs`, word.offset);
  const connectivity = await lines.values({
    ...integerLine('CONNECTIVITY', size, word.offset),
    ...(await readIndexType(lines, 'CONNECTIVITY')),
  });
  // One offset more than cells; some write none for no cells.
  return { ...common, style: 'indexed', count: Math.max(0, first - 1), offsets, connectivity };
}

/** Reads the type of indices, which must be one of integers. */
async function readIndexType(
  lines: KeywordLines,
  of: string,
): Promise<Pick<ValueLine, 'valueType' | 'statedType'>> {
  const word = await lines.scanner.peek();
  const type = await lines.type(of);
  if (/^U?Int/.test(type.valueType.type ?? '')) return type;
  throw lines.scanner.error(`has ${of} of type ${type.statedType}, which are no integers`, word?.offset ?? 0);
}
