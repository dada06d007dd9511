import type { FileEntry } from '../../core/source.ts';
import type { StepKind, TimeArrays } from '../../formats/time-arrays.ts';
import type { SampleTable } from '../sample-table.ts';
import type { SeriesPart, StepNames, StepSource, TimeOrigin, TimeSeries } from './time-series.ts';

/** Series as it was found: it also knows which samples of the catalogue, its units, it is made of. */
export interface FoundSeries extends TimeSeries {
  id: string;
  /** Path of the file that tells of its steps, for messages. */
  readonly path: string;
  /** Finds the unit whose metadata those of a step are. */
  unitAt(position: number): number;
  /** Finds the rows in the listing of all files of a step. */
  rowsAt(position: number): readonly number[];
  /** Positions of steps that are lacking. @defaultValue none */
  readonly lacking?: ReadonlySet<number> | undefined;
  times: ArrayLike<number> | undefined;
  /** Error for which it has to be refused, unless a filter leaves out all of its samples. */
  fault: Error | undefined;
}

/** Facts of a series that every kind of it has. */
export interface SeriesFacts
  extends Pick<FoundSeries, 'id' | 'path' | 'steps' | 'times' | 'lacking' | 'parts'> {
  readonly fault?: Error | undefined;
}

const NO_PART = '';

/** Part of samples that have none. */
export const ONLY_PART: readonly SeriesPart[] = [{ name: NO_PART, isStatic: false }];

/** Finds the files of a part of a unit. */
function partOf(units: SampleTable, unit: number, name: string): StepSource | undefined {
  const parts = units.partsAt(unit);
  if (parts === undefined) return { path: units.pathAt(unit), files: units.filesAt(unit) };
  const found = parts.find((part) => part.name === name);
  return found && { path: found.path, files: found.files };
}

/** Facts that a series of any origin keeps. */
abstract class SeriesFromFacts {
  id: string;
  readonly path: string;
  readonly steps: ArrayLike<number>;
  times: ArrayLike<number> | undefined;
  readonly parts: readonly SeriesPart[];
  readonly lacking: ReadonlySet<number> | undefined;
  fault: Error | undefined;

  constructor({ id, path, steps, times, parts, lacking, fault }: SeriesFacts) {
    this.id = id;
    this.path = path;
    this.steps = steps;
    this.times = times;
    this.parts = parts;
    this.lacking = lacking;
    this.fault = fault;
  }
}

/** Series of a file, or a group of them, for each step. */
export class FileSeries extends SeriesFromFacts implements FoundSeries {
  readonly from: TimeOrigin = 'files';
  readonly #table: SampleTable;
  readonly #units: ArrayLike<number>;
  readonly #namesAt: ((path: string) => StepNames) | undefined;

  /**
   * @param units - of the steps
   * @param namesAt - gives the stored names of fields by the path of their file, where these carry its number
   */
  constructor(
    facts: SeriesFacts,
    table: SampleTable,
    units: ArrayLike<number>,
    namesAt?: (path: string) => StepNames,
  ) {
    super(facts);
    this.#table = table;
    this.#units = units;
    this.#namesAt = namesAt;
  }

  unitAt(position: number): number {
    return this.#units[position] as number;
  }

  rowsAt(position: number): readonly number[] {
    return this.#table.rowsOfFiles(this.unitAt(position));
  }

  sourceAt(part: number, position: number): StepSource | undefined {
    const source = partOf(this.#table, this.unitAt(position), this.parts[part]?.name ?? NO_PART);
    return source && this.#namesAt ? { ...source, names: this.#namesAt(source.path) } : source;
  }
}

/** Series whose steps are arrays of one file. */
export class ArraySeries extends SeriesFromFacts implements FoundSeries {
  readonly from: TimeOrigin = 'arrays';
  readonly #table: SampleTable;
  readonly #unit: number;
  readonly #arrays: readonly (TimeArrays | 'own' | undefined)[];
  #sources: (StepSource | undefined)[] | undefined;

  /** @param arrays - of its parts: undefined where a part is static, `'own'` in VTK's own form */
  constructor(
    facts: SeriesFacts,
    table: SampleTable,
    unit: number,
    arrays: readonly (TimeArrays | 'own' | undefined)[],
  ) {
    super(facts);
    this.#table = table;
    this.#unit = unit;
    this.#arrays = arrays;
  }

  unitAt(): number {
    return this.#unit;
  }

  rowsAt(): readonly number[] {
    return this.#table.rowsOfFiles(this.#unit);
  }

  sourceAt(part: number, position: number): StepSource | undefined {
    this.#sources ??= this.parts.map(({ name }) => partOf(this.#table, this.#unit, name));
    const source = this.#sources[part];
    const arrays = this.#arrays[part];
    if (source === undefined || arrays === undefined) return source;
    if (arrays === 'own') return { ...source, timeStep: position };
    return { ...source, names: namesOf(arrays, this.steps[position] as number) };
  }
}

/** Gives the stored names of fields at a step. */
function namesOf({ fields }: TimeArrays, step: number): StepNames {
  const names = { node: new Map<string, string>(), cell: new Map<string, string>() };
  for (const { on, name, stored } of fields) {
    const full = stored.get(step);
    if (full !== undefined) names[on].set(name, full);
  }
  return names;
}

/** Gives the stored names of all arrays that are of some step. */
export function steppedOf({ fields }: TimeArrays): NonNullable<SeriesPart['stepped']> {
  const of = (kind: StepKind): Set<string> =>
    new Set(fields.filter(({ on }) => on === kind).flatMap(({ stored }) => [...stored.values()]));
  return { node: of('node'), cell: of('cell') };
}

/** Files of a series that a list names. */
export interface CollectionFiles {
  /** Makes the entry of a row of the listing. */
  entryAt(row: number): FileEntry;
  pathAt(row: number): string;
  /** Finds the rows of the pieces of a mesh. */
  piecesOf(row: number): readonly number[];
}

/** Series that a file lists. */
export class CollectionSeries extends SeriesFromFacts implements FoundSeries {
  readonly from: TimeOrigin = 'collection';
  readonly #files: CollectionFiles;
  readonly #unit: number;
  /** One more than the row of the file of each part, by step; 0 where it lacks the part. */
  readonly #rows: readonly Uint32Array[];

  constructor(facts: SeriesFacts, files: CollectionFiles, unit: number, rows: readonly Uint32Array[]) {
    super(facts);
    this.#files = files;
    this.#unit = unit;
    this.#rows = rows;
  }

  unitAt(): number {
    return this.#unit;
  }

  rowsAt(position: number): readonly number[] {
    return this.#rows.flatMap((rows) => {
      const row = rows[position] ?? 0;
      return row === 0 ? [] : [row - 1, ...this.#files.piecesOf(row - 1)];
    });
  }

  sourceAt(part: number, position: number): StepSource | undefined {
    const row = (this.#rows[part]?.[position] ?? 0) - 1;
    if (row < 0) return undefined;
    const files = [row, ...this.#files.piecesOf(row)].map((each) => this.#files.entryAt(each));
    return { path: this.#files.pathAt(row), files };
  }
}
