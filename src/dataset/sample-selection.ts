import { TimeSlice } from '../core/time-slice.ts';
import { isCollection } from '../formats/registry.ts';
import { checkGroups } from './group-faults.ts';
import { type ListedPaths, noChoice, noMatch } from './no-match.ts';
import { type ChoiceOptions, SampleChoice } from './sample-choice.ts';
import { SampleGroups } from './sample-groups.ts';
import type { ListedSamples } from './sample-listing.ts';
import { parseSamples, type SamplesOption, type SampleTemplates } from './sample-templates.ts';

/** Rows that are looked at between two looks at the time. */
const ROWS_PER_STEP = 64;

/** Options that say which mesh files are samples; see `VascuDatasetOptions`. */
export interface SelectionOptions extends ChoiceOptions {
  readonly samples?: SamplesOption | undefined;
}

/** Rules that say which mesh files are samples. */
export class SampleRules {
  readonly choice: SampleChoice;
  /** Templates of samples; undefined where each mesh is one. */
  readonly templates: SampleTemplates | undefined;
  /** True where a pattern names files of stored graphs, which are then samples beside meshes as well. */
  readonly namesGraphs: boolean;

  /** @throws ConfigError for an option that cannot be used */
  constructor(options: SelectionOptions) {
    this.choice = new SampleChoice(options);
    this.templates = parseSamples(options.samples);
    this.namesGraphs = /\.safetensors\b/i.test(JSON.stringify([options.include, options.samples]));
  }

  /**
   * Begins the selection of samples among meshes.
   *
   * @param folder - of the dataset: empty or with `/` at its end
   * @param source - that was listed, as messages name it
   */
  select(meshes: ListedSamples, folder: string, source: string): SampleSelection {
    return new SampleSelection(this, meshes, folder, source);
  }
}

/** Selection of samples among the mesh files of a listing, by their paths from the dataset's folder on. */
export class SampleSelection {
  readonly #rules: SampleRules;
  readonly #meshes: ListedSamples;
  readonly #folder: string;
  readonly #source: string;

  constructor(rules: SampleRules, meshes: ListedSamples, folder: string, source: string) {
    this.#rules = rules;
    this.#meshes = meshes;
    this.#folder = folder;
    this.#source = source;
  }

  /**
   * Chooses the meshes that may be samples, by `include` and `exclude`.
   *
   * @throws NotFoundError where none is left
   */
  async choose(signal: AbortSignal): Promise<Uint32Array> {
    const { rows } = this.#meshes;
    const { choice } = this.#rules;
    if (choice.isAll) return rows;
    const chosen = await this.#where(rows, (path) => choice.refusalOf(path) === undefined, signal);
    if (chosen.length === 0) throw noChoice(choice, this.#pathsOf(rows));
    return chosen;
  }

  /** Finds those of the meshes that name their pieces and are not passed over by the templates. */
  async collections(rows: Uint32Array, signal: AbortSignal): Promise<Uint32Array> {
    const { templates } = this.#rules;
    const all = templates === undefined ? [] : [templates.first, ...templates.others];
    // The end of a template may say of all paths that they are none.
    const areNone = all.every(({ template: { suffix } }) => suffix.includes('.') && !isCollection(suffix));
    if (templates !== undefined && areNone) return new Uint32Array(0);
    const isWanted = (path: string): boolean =>
      isCollection(path) &&
      (templates === undefined || all.some(({ template }) => template.match(path) !== undefined));
    return this.#where(rows, isWanted, signal);
  }

  /**
   * Makes samples of meshes whose captures agree; undefined where each mesh is one.
   *
   * @throws NotFoundError for a template that matches none of them
   */
  async group(rows: Uint32Array, signal: AbortSignal): Promise<SampleGroups | undefined> {
    const { templates } = this.#rules;
    if (templates === undefined) return undefined;
    const files = { rows, pathAt: (row: number): string => this.#pathAt(row) };
    const groups = await SampleGroups.group(templates, files, signal);
    for (const part of [templates.first, ...templates.others]) {
      if (!part.isOptional && !groups.hasFiles(part)) throw noMatch(part, this.#pathsOf(rows));
    }
    return groups;
  }

  /**
   * Checks that samples have their parts, each once, and ids of their own.
   *
   * @param kept - samples that the filter keeps; undefined for all
   * @throws what {@link checkGroups} throws
   */
  async check(groups: SampleGroups, kept: Uint32Array | undefined, signal: AbortSignal): Promise<void> {
    const { files } = this.#meshes.listing;
    await checkGroups(groups, kept, (row) => files.pathAt(row), signal);
  }

  #pathAt(row: number): string {
    const path = this.#meshes.listing.files.pathAt(row);
    return this.#folder === '' ? path : path.slice(this.#folder.length);
  }

  async #where(
    rows: Uint32Array,
    isWanted: (path: string) => boolean,
    signal: AbortSignal,
  ): Promise<Uint32Array> {
    const slice = new TimeSlice(signal);
    const found = new Uint32Array(rows.length);
    let count = 0;
    for (const [at, row] of rows.entries()) {
      if (isWanted(this.#pathAt(row))) found[count++] = row;
      if (at % ROWS_PER_STEP === 0) await slice.pause();
    }
    return found.slice(0, count);
  }

  #pathsOf(rows: Uint32Array): ListedPaths {
    const pathAt = (row: number): string => this.#pathAt(row);
    const { length } = this.#meshes.listing;
    return {
      *meshes() {
        for (const row of rows) yield pathAt(row);
      },
      *all() {
        for (let row = 0; row < length; row++) yield pathAt(row);
      },
      refusalOf: (path) => this.#rules.choice.describeRefusal(path) ?? 'it is a piece of another file',
      count: rows.length,
      place: `${this.#source.replace(/\/+$/, '')}${this.#folder === '' ? '' : `/${this.#folder.replace(/\/+$/, '')}`}`,
    };
  }
}
