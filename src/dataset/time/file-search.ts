import { TimeSlice } from '../../core/time-slice.ts';
import { findTimeArrays, type TimeArrays } from '../../formats/time-arrays.ts';
import { withoutExtension } from '../../metadata/sidecar.ts';
import type { DataStreamer } from '../../streamers/data-streamer.ts';
import type { Listing } from '../sample-listing.ts';
import type { SampleTable } from '../sample-table.ts';
import type { Findings } from './findings.ts';
import { ArraySeries, FileSeries, type FoundSeries, ONLY_PART, steppedOf } from './found-series.ts';
import { groupByNumber, kinOf, type NumberedGroup, numberingOf } from './numbered-files.ts';
import { type MeshHead, readHeads } from './read-heads.ts';
import { arrayFault, twiceFault } from './series-faults.ts';
import type { TimeRules } from './time-options.ts';
import type { SeriesPart, StepNames } from './time-series.ts';

/** Heads that are read of groups whose files are called alike, as long as they agree. */
const MAX_HEADS_OF_KIN = 32;

/** Place in which series are looked for. */
export interface SearchPlace {
  readonly streamer: DataStreamer;
  readonly listing: Listing;
  /** Rows of the pieces of meshes, by their rows. */
  readonly pieces: ReadonlyMap<number, readonly number[]>;
  /** Finds the pieces of meshes that are not among these. */
  findPieces(rows: Uint32Array, signal: AbortSignal): Promise<ReadonlyMap<number, readonly number[]>>;
  /** Names of the arrays that are wanted; undefined for all. */
  readonly attributes: readonly string[] | undefined;
}

/** Head of a file. */
interface KnownHead {
  readonly path: string;
  readonly head: MeshHead | undefined;
}

/** Search among files that no list names. */
export class FileSearch {
  readonly #units: SampleTable;
  readonly #place: SearchPlace;
  readonly #rules: TimeRules;
  readonly #findings: Findings;
  readonly #idOf: (unit: number, own: string) => string;
  /** Arrays that were found, by the names of which they were: those of many cases are called the same. */
  readonly #known = new Map<string, TimeArrays | undefined>();

  constructor(
    units: SampleTable,
    place: SearchPlace,
    rules: TimeRules,
    findings: Findings,
    idOf: (unit: number, own: string) => string,
  ) {
    this.#units = units;
    this.#place = place;
    this.#rules = rules;
    this.#findings = findings;
    this.#idOf = idOf;
  }

  /** Finds the series of files. */
  async find(files: Uint32Array, signal: AbortSignal): Promise<FoundSeries[]> {
    const { from } = this.#rules;
    const units = this.#units;
    const { length } = files;
    const pathAt = (place: number): string => units.pathAt(files[place] as number);
    const { groups, alone } =
      from === 'arrays'
        ? { groups: [], alone: [...files.keys()] }
        : await groupByNumber({ length, pathAt }, new TimeSlice(signal));
    const unitsOf = ({ places }: NumberedGroup): Uint32Array =>
      // Units are the files themselves, unless there are lists among them.
      files.length === units.length ? places : places.map((place) => files[place] as number);
    const areAsked = from !== 'files';
    const heads = areAsked
      ? await this.#headsOf(
          alone.map((place) => files[place] as number),
          signal,
        )
      : [];
    const found: FoundSeries[] = [];
    for (const [at, place] of alone.entries())
      found.push(await this.#ofFile(files[place] as number, heads[at], false, signal));
    const firsts = groups.map(({ places }) => files[places[0] as number] as number);
    const headOf = areAsked ? await this.#headsOfFirsts(firsts, groups, signal) : () => undefined;
    for (const [at, group] of groups.entries()) {
      const own = unitsOf(group);
      const known = headOf(at);
      const head = known?.head;
      const hasCompanions = group.places.length > 1;
      if (!this.#hasSteps(head, hasCompanions)) {
        found.push(this.#ofGroup(group, own, known));
        continue;
      }
      const rest = await this.#headsOf([...own.subarray(1)], signal);
      for (const [each, unit] of own.entries())
        found.push(await this.#ofFile(unit, each === 0 ? head : rest[each - 1], hasCompanions, signal));
    }
    return found;
  }

  #hasSteps(head: MeshHead | undefined, hasCompanions: boolean): boolean {
    return this.#arraysOf(head, hasCompanions) !== undefined || head?.time?.values !== undefined;
  }

  /**
   * Reads the heads of the first files of groups. Of many groups whose files are called alike some tell of all, unless one of
   * these has steps in its arrays.
   */
  async #headsOfFirsts(
    units: readonly number[],
    groups: readonly NumberedGroup[],
    signal: AbortSignal,
  ): Promise<(group: number) => KnownHead | undefined> {
    const kin = new Map<string, number[]>();
    for (const [group, unit] of units.entries()) {
      const key = kinOf(this.#units.pathAt(unit));
      const known = kin.get(key);
      if (known === undefined) kin.set(key, [group]);
      else known.push(group);
    }
    const heads = new Map<number, KnownHead>();
    const read = async (wanted: readonly number[]): Promise<boolean> => {
      const unread = wanted.filter((group) => !heads.has(group));
      const found = await this.#headsOf(
        unread.map((group) => units[group] as number),
        signal,
      );
      for (const [at, group] of unread.entries())
        heads.set(group, { head: found[at], path: this.#units.pathAt(units[group] as number) });
      return unread.some((group) =>
        this.#hasSteps(heads.get(group)?.head, (groups[group] as NumberedGroup).places.length > 1),
      );
    };
    for (const alike of kin.values()) {
      const every = Math.max(1, Math.floor(alike.length / MAX_HEADS_OF_KIN));
      const haveSteps = await read(every === 1 ? alike : alike.filter((_, at) => at % every === 0));
      if (haveSteps && every > 1) await read(alike);
    }
    return (group) => {
      const own = heads.get(group);
      if (own !== undefined) return own;
      const [first] = kin.get(kinOf(this.#units.pathAt(units[group] as number))) ?? [];
      return first === undefined ? undefined : heads.get(first);
    };
  }

  async #headsOf(units: readonly number[], signal: AbortSignal): Promise<readonly (MeshHead | undefined)[]> {
    const entries = units.map((unit) => {
      const [first] = this.#units.partsAt(unit)?.[0]?.files ?? this.#units.filesAt(unit);
      return first as NonNullable<typeof first>;
    });
    return readHeads(this.#place.streamer, entries, signal);
  }

  #arraysOf(head: MeshHead | undefined, hasCompanions: boolean): TimeArrays | undefined {
    const { names, from } = this.#rules;
    if (head === undefined || (head.time?.isStep === true && names === undefined)) return undefined;
    const { pointArrays: node, cellArrays: cell } = head;
    const key = JSON.stringify([hasCompanions, node, cell]);
    if (!this.#known.has(key)) {
      const options = { names, isAsked: from === 'arrays', hasCompanions };
      this.#known.set(key, findTimeArrays({ node, cell }, options));
    }
    return this.#known.get(key);
  }

  /** Makes the series of one file: of its arrays, or of one step. */
  async #ofFile(
    unit: number,
    head: MeshHead | undefined,
    hasCompanions: boolean,
    signal: AbortSignal,
  ): Promise<FoundSeries> {
    const units = this.#units;
    const path = units.pathAt(unit);
    const id = this.#idOf(unit, withoutExtension(path));
    const values = head?.time?.values;
    if (values !== undefined) {
      const steps = values.map((_, at) => at);
      const series = new ArraySeries(
        { id, path, steps, times: values, parts: this.#partsOf(unit) },
        units,
        unit,
        ['own'],
      );
      this.#findings.add(series, 'arrays');
      return series;
    }
    const arrays = this.#arraysOf(head, hasCompanions);
    if (arrays !== undefined) {
      const others = await this.#arraysOfOthers(unit, arrays, signal);
      return this.#ofArrays(unit, id, path, [arrays, ...others]);
    }
    const series = new FileSeries(
      { id, path, steps: [0], times: undefined, parts: this.#partsOf(unit) },
      units,
      [unit],
    );
    this.#findings.add(series, 'alone');
    return series;
  }

  /** Finds the steps in the files of the other parts of a unit: those that the first one has. */
  async #arraysOfOthers(
    unit: number,
    { steps }: TimeArrays,
    signal: AbortSignal,
  ): Promise<readonly (TimeArrays | undefined)[]> {
    const others = (this.#units.partsAt(unit) ?? []).slice(1);
    const entries = others.flatMap(({ files: [entry] }) => entry ?? []);
    const heads = others.length === 0 ? [] : await readHeads(this.#place.streamer, entries, signal);
    return heads.map((head) => {
      if (head === undefined) return undefined;
      return findTimeArrays({ node: head.pointArrays, cell: head.cellArrays }, { steps });
    });
  }

  /** @param all - arrays of steps in each part; undefined where a part has none */
  #ofArrays(
    unit: number,
    id: string,
    path: string,
    all: readonly [TimeArrays, ...(TimeArrays | undefined)[]],
  ): FoundSeries {
    const { attributes } = this.#place;
    const [arrays] = all;
    const parts = this.#partsOf(unit).map((part, at) => {
      const own = all[at];
      return { ...part, isStatic: own === undefined, ...(own && { stepped: steppedOf(own) }) };
    });
    const isWanted = (name: string): boolean => attributes === undefined || attributes.includes(name);
    const paths = this.#units.partsAt(unit)?.map((part) => part.path) ?? [path];
    const faulty = all.map((own) => (own?.faults ?? []).filter(({ name }) => isWanted(name)));
    const faults = faulty.flat();
    const isSkipped = this.#rules.missing === 'skip';
    const missing = faults.flatMap((fault) => (fault.kind === 'missing' ? fault.steps : []));
    const lacking = new Set(missing.map((step) => arrays.steps.indexOf(step)));
    const serious = isSkipped ? faults.filter(({ kind }) => kind !== 'missing') : faults;
    const faultyPart = faulty.findIndex((own) => serious.some((fault) => own.includes(fault)));
    const facts = {
      id,
      path,
      steps: arrays.steps,
      times: arrays.steps,
      parts,
      lacking: isSkipped && lacking.size > 0 ? lacking : undefined,
      fault:
        serious.length === 0
          ? undefined
          : arrayFault(paths[faultyPart] ?? path, serious, arrays.steps.length),
    };
    const series = new ArraySeries(facts, this.#units, unit, all);
    this.#findings.add(series, 'arrays', arrays);
    return series;
  }

  /** Makes the series of files whose paths differ in a number. */
  #ofGroup(group: NumberedGroup, units: Uint32Array, known: KnownHead | undefined): FoundSeries {
    const [first = 0] = units;
    const path = this.#units.pathAt(first);
    const twice = group.steps.findIndex((step, at) => at > 0 && step === group.steps[at - 1]);
    const facts = {
      id: group.id,
      path,
      steps: group.steps,
      times: group.areTimes ? group.steps : undefined,
      parts: this.#partsOf(first),
      fault:
        twice < 0
          ? undefined
          : twiceFault(
              this.#units.pathAt(units[twice - 1] as number),
              this.#units.pathAt(units[twice] as number),
              group.steps[twice] as number,
            ),
    };
    const namesAt = numberedNames(known);
    const stepped = namesAt && this.#storedNames(units, namesAt);
    const parts = facts.parts.map((part, at) => (at === 0 && stepped ? { ...part, stepped } : part));
    const series = new FileSeries({ ...facts, parts }, this.#units, units, namesAt);
    this.#findings.add(series, 'files');
    return series;
  }

  /** Gives the stored names of fields in all files of a series. */
  #storedNames(units: Uint32Array, namesAt: (path: string) => StepNames): NonNullable<SeriesPart['stepped']> {
    const all = Array.from(units, (unit) => namesAt(this.#units.pathAt(unit)));
    const of = (on: keyof StepNames): Set<string> => new Set(all.flatMap((names) => [...names[on].values()]));
    return { node: of('node'), cell: of('cell') };
  }

  #partsOf(unit: number): readonly SeriesPart[] {
    const parts = this.#units.partsAt(unit);
    if (parts === undefined) return ONLY_PART;
    return parts.map(({ name, graphOf }) => ({ name, isStatic: false, ...(graphOf && { graphOf }) }));
  }
}

/**
 * Gives what tells the stored names of fields whose arrays carry the number of their own file: `pressure_01000` in
 * `all_results_01000.vtu`; undefined where they do not.
 */
function numberedNames(known: KnownHead | undefined): ((path: string) => StepNames) | undefined {
  const head = known?.head;
  const number = known && numberingOf(known.path)?.text;
  if (head === undefined || number === undefined || head.time?.isStep === true) return undefined;
  const { pointArrays: node, cellArrays: cell } = head;
  const arrays = findTimeArrays({ node, cell }, { isAsked: true });
  if (arrays === undefined || arrays.steps.length !== 1) return undefined;
  const own = arrays.fields.filter(({ name, stored }) => [...stored.values()].includes(`${name}_${number}`));
  if (own.length === 0 || own.length < arrays.fields.length) return undefined;
  return (file) => {
    const names = { node: new Map<string, string>(), cell: new Map<string, string>() };
    const text = numberingOf(file)?.text ?? number;
    for (const { on, name } of own) names[on].set(name, `${name}_${text}`);
    return names;
  };
}
