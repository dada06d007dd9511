import { ConfigError, NotFoundError } from '../../core/errors.ts';
import type { Metadata } from '../../core/graph.ts';
import { mapLimited } from '../../core/limit.ts';
import { showNames, showValue } from '../../core/show-value.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { isCollection, isMeshPath } from '../../formats/registry.ts';

import { withoutExtension } from '../../metadata/sidecar.ts';
import type { SampleGroups } from '../sample-groups.ts';
import type { SampleTable } from '../sample-table.ts';
import { FileSearch, type SearchPlace } from './file-search.ts';
import { Findings } from './findings.ts';
import { CollectionSeries, type FoundSeries } from './found-series.ts';
import { numberingOf } from './numbered-files.ts';

import { isStepList, type ListedSeries, readStepList } from './read-step-list.ts';
import { dtFault } from './series-faults.ts';
import { templateSeries } from './template-series.ts';
import type { TimeRules } from './time-options.ts';

/** Lists of steps that are read at a time. */
const LISTS_AT_ONCE = 32;

/** Units that are looked at between two looks at the time. */
const UNITS_PER_STEP = 256;

/** Search for the series among the files of a listing. */
export class SeriesSearch {
  readonly #rules: TimeRules;
  readonly #findings = new Findings();
  #place: SearchPlace | undefined;
  #pieces: ReadonlyMap<number, readonly number[]> = new Map();
  /** Lists that were read, by their rows. */
  readonly #lists = new Map<number, ListedSeries>();
  /** True when files were seen that list steps. */
  #hasLists = false;

  constructor(rules: TimeRules) {
    this.#rules = rules;
  }

  /** Says whether a file may be a unit: a mesh, or a list of steps. */
  mayBeUnit(path: string): boolean {
    const { from } = this.#rules;
    if (isMeshPath(path)) return true;
    const isList = (from === 'auto' || from === 'collection') && isStepList(path);
    this.#hasLists ||= isList;
    return isList;
  }

  /** Sentences that say what was found. */
  get why(): string {
    return this.#findings.toString();
  }

  /**
   * Takes those of the rows that are units: not the files that lists name, and others of their numbering.
   *
   * @param areGrouped - whether templates say which files belong together
   * @throws NotFoundError where there is no list, and nothing else is wanted
   */
  async begin(
    place: SearchPlace,
    rows: Uint32Array,
    areGrouped: boolean,
    signal: AbortSignal,
  ): Promise<Uint32Array> {
    this.#place = place;
    this.#pieces = place.pieces;
    if (areGrouped || (!this.#hasLists && this.#rules.from !== 'collection')) return rows;
    const { files } = place.listing;
    const lists = rows.filter((row) => isStepList(files.pathAt(row)));
    if (lists.length === 0 && this.#rules.from === 'collection') {
      throw new NotFoundError(
        `There is no list of steps (.pvd, .vtu.series, .vtp.series) among the ${rows.length} files that may be samples. With time.from: 'auto' steps are found by arrays and by files.`,
      );
    }
    if (lists.length === 0) return rows;
    const claimed = await this.#readLists(lists, signal);
    const numberings = new Set<string>();
    for (const row of claimed) {
      const numbering = numberingOf(files.pathAt(row));
      if (numbering !== undefined) numberings.add(numbering.key);
    }
    const slice = new TimeSlice(signal);
    const units: number[] = [];
    for (const [at, row] of rows.entries()) {
      if (at % UNITS_PER_STEP === 0) await slice.pause();
      if (this.#lists.has(row)) units.push(row);
      else if (!claimed.has(row) && !isStepList(files.pathAt(row))) {
        if (numberings.has(numberingOf(files.pathAt(row))?.key ?? ''))
          this.#findings.leaveOut(files.pathAt(row));
        else if (this.#rules.from !== 'collection') units.push(row);
      }
    }
    return Uint32Array.from(units);
  }

  /**
   * Finds the series that units make, in the order of their first files.
   *
   * @throws ConfigError where there are no steps of the kind that is asked for
   */
  async find(
    units: SampleTable,
    groups: SampleGroups | undefined,
    signal: AbortSignal,
  ): Promise<readonly FoundSeries[]> {
    const place = this.#place as SearchPlace;
    const slice = new TimeSlice(signal);
    const ofTemplate =
      groups === undefined ? undefined : await templateSeries(units, groups, this.#rules, slice);
    if (ofTemplate !== undefined) {
      for (const series of ofTemplate) this.#findings.add(series, 'template');
      return ofTemplate;
    }
    const found: FoundSeries[] = [];
    let files = Uint32Array.from({ length: units.length }, (_, unit) => unit);
    const lists: number[] = [];
    if (this.#hasLists) {
      for (const unit of files) {
        if (isStepList(units.pathAt(unit))) lists.push(unit);
        if (unit % UNITS_PER_STEP === 0) await slice.pause();
      }
      const areLists = new Set(lists);
      files = files.filter((unit) => !areLists.has(unit));
    }
    const rowOf = (unit: number): number => units.rowsOfFiles(unit)[0] as number;
    const unread = lists.map(rowOf).filter((row) => !this.#lists.has(row));
    if (unread.length > 0) await this.#readLists(Uint32Array.from(unread), signal);
    const idOf = (unit: number, own: string): string =>
      groups?.hasCaptures === true ? groups.idAt(unit) : own;
    for (const unit of lists) {
      const list = this.#lists.get(rowOf(unit));
      if (list !== undefined) found.push(this.#collection({ ...list, id: idOf(unit, list.id) }, unit));
    }
    const own = new FileSearch(units, place, this.#rules, this.#findings, idOf);
    for (const series of await own.find(files, signal)) found.push(series);
    found.sort((a, b) => a.unitAt(0) - b.unitAt(0));
    this.#refuseNone(found);
    return giveOwnIds(found);
  }

  /** Gives times by `dt`, once the metadata of units are known. */
  applyDt(series: readonly FoundSeries[], metadataAt: (unit: number) => Metadata): void {
    const { dt, t0 } = this.#rules;
    if (dt === undefined) return;
    for (const each of series) {
      const value: unknown =
        typeof dt === 'number'
          ? dt
          : typeof dt === 'string'
            ? metadataAt(each.unitAt(0))[dt]
            : dt(metadataAt(each.unitAt(0)));
      const own = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof own === 'number' && Number.isFinite(own) && own !== 0)
        each.times = Float64Array.from(each.steps, (step) => own * step + t0);
      else each.fault ??= dtFault(each.id, dt, value, metadataAt(each.unitAt(0)));
    }
  }

  /** Reads lists. @returns the rows of the files that they name */
  async #readLists(rows: Uint32Array, signal: AbortSignal): Promise<ReadonlySet<number>> {
    const { streamer, listing } = this.#place as SearchPlace;
    const index = await listing.index(signal);
    const { missing, window } = this.#rules;
    const place = { streamer, index, missing, isWindowed: window !== undefined };
    const read = await mapLimited([...rows], LISTS_AT_ONCE, async (row) =>
      readStepList(place, listing.entryAt(row), signal),
    );
    const claimed = new Set<number>();
    for (const [at, list] of read.entries()) {
      const named = list.rows.flatMap((column) => [...new Set(column)]).filter((row) => row !== 0);
      // A second list of the same files, in another format.
      if (named.length > 0 && named.every((row) => claimed.has(row - 1))) {
        this.#findings.passOver(list.path);
        continue;
      }
      this.#lists.set(rows[at] as number, list);
      for (const row of named) claimed.add(row - 1);
    }
    await this.#addPieces(claimed, signal);
    return claimed;
  }

  /** Finds the pieces of meshes that lists name, where these may be no samples themselves. */
  async #addPieces(rows: ReadonlySet<number>, signal: AbortSignal): Promise<void> {
    const { listing, findPieces } = this.#place as SearchPlace;
    const unknown = [...rows].filter(
      (row) => isCollection(listing.files.pathAt(row)) && !this.#pieces.has(row),
    );
    if (unknown.length === 0) return;
    const more = await findPieces(Uint32Array.from(unknown.sort((a, b) => a - b)), signal);
    this.#pieces = new Map([...this.#pieces, ...more]);
  }

  #collection(list: ListedSeries, unit: number): FoundSeries {
    const { listing } = this.#place as SearchPlace;
    const steps = Float64Array.from({ length: list.length }, (_, at) => at);
    const files = {
      entryAt: (row: number) => listing.entryAt(row),
      pathAt: (row: number) => listing.files.pathAt(row),
      piecesOf: (row: number) => this.#pieces.get(row) ?? [],
    };
    const series = new CollectionSeries({ ...list, steps }, files, unit, list.rows);
    this.#findings.add(series, 'collection');
    return series;
  }

  #refuseNone(found: readonly FoundSeries[]): void {
    const { from, names } = this.#rules;
    const isThere = found.some((series) => series.from === 'arrays');
    if (from === 'arrays' && !isThere) {
      throw new ConfigError(
        'time.from',
        `No file has arrays of steps (NAME_00100, NAME_0.0101, NAME_t0.000, NAME_step07)${names === undefined ? '' : ` that are called ${showNames(names)}`}. ${this.why}`,
      );
    }
    if (names !== undefined && !isThere && found.some((series) => series.from === 'files')) {
      throw new ConfigError(
        'time.names',
        `No file has arrays of steps that are called ${showNames(names)} (NAME_00100, NAME_0.0101, NAME_t0.000, NAME_step07). ${this.why}`,
      );
    }
  }
}

/** Gives series ids of their own: with the extension of their files, or all of the path, where they would have the same. */
function giveOwnIds(series: readonly FoundSeries[]): readonly FoundSeries[] {
  const extensionOf = ({ path }: FoundSeries): string => path.slice(withoutExtension(path).length);
  renameTwins(series, (each) => each.id + extensionOf(each));
  renameTwins(series, (each) => each.path);
  const first = new Map<string, FoundSeries>();
  for (const each of series) {
    const other = first.get(each.id);
    if (other !== undefined) {
      each.fault ??= new ConfigError(
        'time',
        `Series need ids of their own: ${showValue(other.path)} and ${showValue(each.path)} are both ${showValue(each.id)}. Leave one of them out by exclude.`,
      );
    } else first.set(each.id, each);
  }
  return series;
}

function renameTwins(series: readonly FoundSeries[], nameOf: (series: FoundSeries) => string): void {
  const counts = new Map<string, number>();
  for (const { id } of series) counts.set(id, (counts.get(id) ?? 0) + 1);
  if (counts.size === series.length) return;
  for (const each of series) if ((counts.get(each.id) ?? 0) > 1) each.id = nameOf(each);
}
