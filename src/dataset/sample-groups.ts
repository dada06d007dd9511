import { TextColumn } from '../columns/text-column.ts';
import { TextIndex } from '../columns/text-index.ts';
import type { Captures } from '../core/path-template.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { withoutExtension } from '../metadata/sidecar.ts';
import { KeySearch } from './key-search.ts';
import type { PartTemplate, SampleTemplates } from './sample-templates.ts';

/** Rows and samples that are looked at between two looks at the time. */
const ROWS_PER_STEP = 64;

/** Files of a listing that may be parts of samples. */
export interface GroupedFiles {
  /** Rows of them, ascending. */
  readonly rows: Uint32Array;
  /** Gives the path of a row, from the folder of the dataset on. */
  pathAt(row: number): string;
}

/** Files of one part: their rows, and the texts of their captures. */
interface PartFiles {
  readonly part: PartTemplate;
  readonly rows: number[];
  /** Texts of the captures in the order of the first part's, joined by `/`. */
  readonly keys: TextColumn;
}

/** Files that are one part of samples: one more than their rows, by sample, 0 where there is none. */
interface PartColumn {
  readonly rows: Uint32Array;
  /** Second files for the same part. */
  readonly again: Uint32Array;
}

/** Part of a sample that is lacking, or there twice. */
export interface SampleFault {
  readonly sample: number;
  readonly part: PartTemplate;
  /** Rows of the files where there are two; none where the part is lacking. */
  readonly rows: readonly number[];
}

/** Facts of samples by their place, and the order of these. */
interface GroupFacts {
  readonly templates: SampleTemplates;
  readonly files: GroupedFiles;
  /** Texts of the captures of each sample, joined by `/`. */
  readonly keys: TextColumn;
  /** Places that have a key which others have too: the last one of these. */
  readonly twins: ReadonlyMap<number, number>;
  /** Parts whose templates match a file. */
  readonly matched: ReadonlySet<PartTemplate>;
  readonly parts: readonly PartColumn[];
  readonly rows: Uint32Array;
  /** Place of each sample; undefined where that is its number. */
  readonly places: Uint32Array | undefined;
}

/** Samples that templates make of the files of a listing, in the order of their paths. */
export class SampleGroups {
  readonly templates: SampleTemplates;
  /** Row of the file at each sample's path: of its first part, or, where that is lacking, the first one that it has. */
  readonly rows: Uint32Array;
  readonly #facts: GroupFacts;

  private constructor(facts: GroupFacts) {
    this.templates = facts.templates;
    this.rows = facts.rows;
    this.#facts = facts;
  }

  /** Makes samples of the files whose captures agree. */
  static async group(
    templates: SampleTemplates,
    files: GroupedFiles,
    signal: AbortSignal,
  ): Promise<SampleGroups> {
    const slice = new TimeSlice(signal);
    const found = await matchFiles(templates, files, slice);
    const matched = new Set(found.filter(({ rows }) => rows.length > 0).map(({ part }) => part));
    const [first, ...others] = found;
    const { keys, rows: own } = first as PartFiles;
    const search = new KeySearch(keys, own.length, slice);
    const names = templates.first.template.names.length;
    const twins = names > 0 ? await search.findTwins() : new Map<number, number>();
    const orphans = new Orphans();
    const columns = [toColumn(own)];
    for (const part of others) {
      columns.push(
        isSharedPart(part.part, templates)
          ? emptyColumn(own.length)
          : await joinFiles(part, columns.length, search, orphans, slice),
      );
    }
    shareAmongTwins(twins, columns.slice(1));
    const order =
      orphans.size === 0
        ? { rows: Uint32Array.from(own), places: undefined }
        : orphans.addTo(keys, own, columns);
    for (const [at, part] of others.entries()) {
      if (isSharedPart(part.part, templates))
        columns[at + 1] = await shareFiles(part, keys, order.rows.length, templates, slice);
    }
    return new SampleGroups({ templates, files, keys, matched, twins, parts: columns, ...order });
  }

  get length(): number {
    return this.rows.length;
  }

  /** True when ids are made of captures; else they are made of paths. */
  get hasCaptures(): boolean {
    return this.templates.first.template.names.length > 0;
  }

  /** Names a sample by the texts of its captures, or its path. */
  idAt(sample: number): string {
    const key = this.#facts.keys.at(this.#placeOf(sample));
    return this.hasCaptures ? key : withoutExtension(this.#facts.files.pathAt(this.rows[sample] as number));
  }

  /** Gives what the template captured of a sample. */
  capturesAt(sample: number): Captures {
    const { template } = this.templates.first;
    return this.hasCaptures ? template.valuesOf(this.#facts.keys.at(this.#placeOf(sample)).split('/')) : {};
  }

  /** Finds the row of the file of a part, which is counted from the first one, 0, on; undefined where it is lacking. */
  partRow(part: number, sample: number): number | undefined {
    const row = this.#facts.parts[part]?.rows[this.#placeOf(sample)] ?? 0;
    return row === 0 ? undefined : row - 1;
  }

  /** Finds the rows of the parts that a sample has, in their order. */
  rowsOfParts(sample: number): readonly { readonly part: PartTemplate; readonly row: number }[] {
    const { first, others } = this.templates;
    return [first, ...others].flatMap((part, at) => {
      const row = this.partRow(at, sample);
      return row === undefined ? [] : [{ part, row }];
    });
  }

  /** True when samples may have files in common. */
  get hasShared(): boolean {
    return this.templates.others.some((part) => this.isShared(part));
  }

  /** Says whether samples may have the files of a part in common. */
  isShared(part: PartTemplate): boolean {
    return part !== this.templates.first && isSharedPart(part, this.templates);
  }

  /** Says whether any file matches the template of a part. */
  hasFiles(part: PartTemplate): boolean {
    return this.#facts.matched.has(part);
  }

  /** Yields what is wrong with samples: parts that are lacking, or there twice. */
  *faultsOf(sample: number): Generator<SampleFault, void, void> {
    const place = this.#placeOf(sample);
    const all = [this.templates.first, ...this.templates.others];
    for (const [at, part] of all.entries()) {
      const { rows, again } = this.#facts.parts[at] as PartColumn;
      const [row, second] = [rows[place] as number, again[place] as number];
      if (row === 0 && !part.isOptional) yield { sample, part, rows: [] };
      if (second !== 0) yield { sample, part, rows: [row - 1, second - 1] };
    }
  }

  /** Gives the place that samples of the same id have in common; undefined where no other sample has its id. */
  twinOf(sample: number): number | undefined {
    return this.#facts.twins.get(this.#placeOf(sample));
  }

  #placeOf(sample: number): number {
    return this.#facts.places?.[sample] ?? sample;
  }
}

/** Says whether a part has only some of the captures of samples, so that it is of all that agree in them. */
function isSharedPart({ template }: PartTemplate, { first }: SampleTemplates): boolean {
  const { length } = first.template.names;
  return length === 0 || template.names.length < length;
}

/** Matches every file with the template of every part. */
async function matchFiles(
  { first, others }: SampleTemplates,
  { rows, pathAt }: GroupedFiles,
  slice: TimeSlice,
): Promise<PartFiles[]> {
  const parts = [first, ...others].map((part) => {
    const { template } = part;
    // Texts are joined in the order of the first part's names.
    const places = first.template.names.map((name) => template.names.indexOf(name)).filter((at) => at >= 0);
    const isInOrder = places.every((place, at) => place === at);
    return {
      part,
      template,
      places: isInOrder ? undefined : places,
      rows: [] as number[],
      keys: new TextColumn(),
    };
  });
  for (const [at, row] of rows.entries()) {
    const path = pathAt(row);
    for (const { template, places, rows: own, keys } of parts) {
      const texts = template.match(path);
      if (texts === undefined) continue;
      own.push(row);
      keys.push((places === undefined ? texts : places.map((place) => texts[place])).join('/'));
    }
    if (at % ROWS_PER_STEP === 0) await slice.pause();
  }
  return parts;
}

function toColumn(rows: readonly number[]): PartColumn {
  return { rows: Uint32Array.from(rows, (row) => row + 1), again: new Uint32Array(rows.length) };
}

/** Files whose first part is lacking, which is an error unless a filter leaves them out: rows by part, by key. */
class Orphans {
  readonly #found = new Map<string, Map<number, [row: number, again?: number]>>();

  get size(): number {
    return this.#found.size;
  }

  add(key: string, part: number, row: number): void {
    const own = this.#found.get(key) ?? new Map<number, [number, number?]>();
    const known = own.get(part);
    if (known === undefined) own.set(part, [row]);
    else known[1] ??= row;
    this.#found.set(key, own);
  }

  /** Adds samples of these files behind the others, and finds the order of all. */
  addTo(
    keys: TextColumn,
    rows: readonly number[],
    columns: PartColumn[],
  ): Pick<GroupFacts, 'rows' | 'places'> {
    const length = rows.length + this.size;
    for (const [at, column] of columns.entries()) {
      const grown = emptyColumn(length);
      grown.rows.set(column.rows);
      grown.again.set(column.again);
      columns[at] = grown;
    }
    const own = new Uint32Array(length);
    own.set(rows);
    let place = rows.length;
    for (const [key, found] of this.#found) {
      keys.push(key);
      for (const [part, [row, again]] of found) {
        const column = columns[part] as PartColumn;
        column.rows[place] = row + 1;
        if (again !== undefined) column.again[place] = again + 1;
      }
      own[place++] = Math.min(...[...found.values()].map(([row]) => row));
    }
    const places = Uint32Array.from(own.keys());
    places.sort((a, b) => (own[a] as number) - (own[b] as number));
    return { rows: places.map((at) => own[at] as number), places };
  }
}

function emptyColumn(length: number): PartColumn {
  return { rows: new Uint32Array(length), again: new Uint32Array(length) };
}

/** Gives samples of one key the same parts: a search found only one of them. */
function shareAmongTwins(twins: ReadonlyMap<number, number>, columns: readonly PartColumn[]): void {
  for (const { rows, again } of columns) {
    for (const [sample, last] of twins) {
      rows[last] = (rows[last] as number) || (rows[sample] as number);
      again[last] = (again[last] as number) || (again[sample] as number);
    }
    for (const [sample, last] of twins) {
      rows[sample] = rows[last] as number;
      again[sample] = again[last] as number;
    }
  }
}

/** Joins files that have all captures with the samples of the same ones. */
async function joinFiles(
  { rows, keys }: PartFiles,
  part: number,
  search: KeySearch,
  orphans: Orphans,
  slice: TimeSlice,
): Promise<PartColumn> {
  const column = { rows: new Uint32Array(search.length), again: new Uint32Array(search.length) };
  search.restart();
  for (const [at, row] of rows.entries()) {
    const key = keys.at(at);
    const searched = search.find(key);
    const sample = searched instanceof Promise ? await searched : searched;
    if (sample === undefined) orphans.add(key, part, row);
    else if (column.rows[sample] === 0) column.rows[sample] = row + 1;
    else column.again[sample] = row + 1;
    if (at % ROWS_PER_STEP === 0) await slice.pause();
  }
  return column;
}

/** Gives each sample the file whose captures, which are only some of its own, agree with it. */
async function shareFiles(
  { part, rows, keys }: PartFiles,
  samples: TextColumn,
  length: number,
  { first }: SampleTemplates,
  slice: TimeSlice,
): Promise<PartColumn> {
  const index = await TextIndex.build((row) => keys.at(row), rows.length, slice);
  const again = new Map<number, number>();
  for (let at = 0; at < rows.length; at++) {
    const found = index.find(keys.at(at)) as number;
    if (found !== at && !again.has(found)) again.set(found, at);
    if (at % ROWS_PER_STEP === 0) await slice.pause();
  }
  const column = { rows: new Uint32Array(length), again: new Uint32Array(length) };
  const places = first.template.names.flatMap((name, at) => (part.template.names.includes(name) ? [at] : []));
  for (let sample = 0; sample < length; sample++) {
    const texts = samples.at(sample).split('/');
    const found = index.find(places.map((place) => texts[place]).join('/'));
    if (found !== undefined) {
      const other = again.get(found);
      column.rows[sample] = (rows[other ?? found] as number) + 1;
      if (other !== undefined) column.again[sample] = (rows[found] as number) + 1;
    }
    if (sample % ROWS_PER_STEP === 0) await slice.pause();
  }
  return column;
}
