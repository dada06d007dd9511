import type { TimeArrays } from '../../formats/time-arrays.ts';
import type { FoundSeries } from './found-series.ts';
import { describeSteps } from './series-samples.ts';

/** Way in which a series was found. */
export type FoundBy = 'collection' | 'arrays' | 'files' | 'template' | 'alone';

/** Series that were found in one way: how many, of how many steps, and the first of them. */
interface Found {
  count: number;
  least: number;
  most: number;
  readonly first: FoundSeries;
  readonly arrays: TimeArrays | undefined;
}

/** Names that a sentence shows. */
const MAX_SHOWN = 4;

const WHERE: Readonly<Record<FoundBy, string>> = {
  collection: 'in lists of files',
  arrays: 'as arrays of one file',
  files: 'as files whose paths differ in one number',
  template: 'by the template',
  alone: 'as single files without arrays of steps and without companions',
};

/** Account of where steps were found, and of what was left out. */
export class Findings {
  readonly #found = new Map<FoundBy, Found>();
  readonly #leftOut: string[] = [];
  readonly #passedOver: string[] = [];
  #leftOutCount = 0;

  /** @param arrays - in which the steps of a series are */
  add(series: FoundSeries, by: FoundBy, arrays?: TimeArrays): void {
    const { length } = series.steps;
    const known = this.#found.get(by);
    if (known === undefined) {
      this.#found.set(by, { count: 1, least: length, most: length, first: series, arrays });
      return;
    }
    known.count++;
    known.least = Math.min(known.least, length);
    known.most = Math.max(known.most, length);
  }

  /** Notes a file that is left out, since a list names others of its numbering. */
  leaveOut(path: string): void {
    if (this.#leftOutCount++ < MAX_SHOWN) this.#leftOut.push(path);
  }

  /** Notes a list of files that another list names, too. */
  passOver(path: string): void {
    this.#passedOver.push(path);
  }

  toString(): string {
    const parts = [...this.#found].map(([by, found]) => this.#describe(by, found));
    const count = this.#leftOutCount;
    const files = count === 1 ? '1 other file' : `${count} other files`;
    const left =
      count === 0
        ? []
        : [`Left out ${files} of the numbering of those in lists: ${listShown(this.#leftOut, count)}.`];
    const lists = this.#passedOver;
    const passed =
      lists.length === 0
        ? []
        : [
            `Not read as well: ${listShown(lists, lists.length)}, which ${lists.length === 1 ? 'lists' : 'list'} the same files.`,
          ];
    return [
      parts.length === 0 ? 'There are no series.' : `Steps were found ${parts.join('; ')}.`,
      ...left,
      ...passed,
    ].join(' ');
  }

  #describe(by: FoundBy, { count, least, most, first, arrays }: Found): string {
    const series = count === 1 ? '1 series' : `${count} series`;
    if (by === 'alone') return `${WHERE[by]}: ${series} of 1 step (${first.path}${count === 1 ? '' : ', …'})`;
    const steps =
      count === 1
        ? describeSteps(first.steps)
        : least === most
          ? `${least} steps each`
          : `${least} to ${most} steps`;
    const names = [...new Set(arrays?.fields.map(({ name }) => name))];
    const of = names.length === 0 ? '' : ` of ${listShown(names, names.length)}`;
    return `${WHERE[by]}: ${series}, ${steps}${of} (${first.path}${count === 1 ? '' : ', …'})`;
  }
}

/** Lists names, of many only the first ones. */
function listShown(names: readonly string[], count: number): string {
  return `${names.slice(0, MAX_SHOWN).join(', ')}${count > MAX_SHOWN ? ', …' : ''}`;
}
