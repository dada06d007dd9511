import { linkSignals } from '../../core/abort.ts';
import { NotFoundError } from '../../core/errors.ts';
import type { ParsedHeader } from '../../core/mesh.ts';
import type { FileEntry, ReadOptions } from '../../core/source.ts';
import { Turns } from '../../core/turns.ts';
import type { DecodePart } from '../../decode/decode-input.ts';
import { forgetSeries } from '../../decode/kept-series.ts';
import type { KeptPiece, WindowPart, WindowStep } from '../../decode/window-input.ts';
import type { DataStreamer } from '../../streamers/data-streamer.ts';
import type { HeldSample, HoldSampleOptions } from '../sample-files.ts';
import type { MeasuredFiles, SampleWish, WishedFiles } from '../wished-files.ts';
import { HeldPlaces } from './held-places.ts';
import type { KeptSteps } from './kept-steps.ts';
import { measuredSteps } from './measured-steps.ts';
import { SharedHolds } from './shared-holds.ts';
import { StepUses } from './step-uses.ts';
import type { TimeSamples, TimeSeries } from './time-series.ts';
import { type HeldUnit, WindowUnits } from './window-units.ts';
import { type PartWish, wishOf } from './window-wish.ts';

/** Options of {@link WindowFiles}. */
export interface WindowFilesOptions {
  readonly streamer: DataStreamer;
  readonly samples: TimeSamples;
  /** Function that tells whether files of a series have one mesh, by their paths. */
  readonly sharesMesh: (paths: readonly string[]) => boolean;
  /** Bytes of meshes and steps that are kept decoded in memory, over all threads. @defaultValue 256 MiB */
  readonly meshBytes?: number | undefined;
  /** Store of what is decoded, in the cache. @defaultValue nothing is kept there */
  readonly kept?: KeptSteps | undefined;
}

/** Bytes of meshes and steps that are kept where nobody says how many. */
const DEFAULT_MESH_BYTES = 256 * 1024 ** 2;

/** Samples for which a cache has room that does not make them take turns. */
const AMPLE_SAMPLES = 64;

/** Series that were told apart so far, in this process. */
let count = 0;

/**
 * Files of samples that are steps, or windows of steps, of series. What neighbours have in common, such as the mesh and the
 * steps between them, is held once; what was used is removed when no sample to come needs it.
 */
export class WindowFiles implements WishedFiles {
  readonly #options: WindowFilesOptions;
  readonly #wish: SampleWish;
  /** Files that these are of the samples of, with another wish; undefined for the first ones. */
  readonly #first: WindowFiles | undefined;
  readonly #turns = new Turns();
  readonly #holds = new SharedHolds<HeldUnit>();
  readonly #units: WindowUnits;
  readonly #uses: StepUses;
  /** Text that tells what is kept of these files in memory from what is kept of others. */
  readonly #name: string;
  /** Samples of each series, by its number, once that is asked for. */
  #samplesOfSeries: Uint32Array | undefined;

  constructor(options: WindowFilesOptions, wish: SampleWish, first?: WindowFiles) {
    this.#options = options;
    this.#wish = wish;
    this.#first = first;
    this.#name = `${first === undefined ? '' : first.#name}${count++} `;
    this.#units = new WindowUnits(options.streamer, wish);
    this.#uses = new StepUses(options.samples);
  }

  withWish(wish: Partial<SampleWish>): WindowFiles {
    return new WindowFiles(this.#options, { ...this.#wish, ...wish }, this.#first ?? this);
  }

  /** Lists the files of a sample, each once; of one that has many steps the size is that of the steps alone. */
  entries(index: number): readonly FileEntry[] {
    const { series, positions } = this.#sample(index);
    const entries = new Map<string, FileEntry>();
    for (const [at, { isStatic }] of series.parts.entries()) {
      for (const position of isStatic ? positions.slice(0, 1) : positions) {
        const source = series.sourceAt(at, position);
        if (source === undefined) continue;
        const isShared = source.names !== undefined || source.timeStep !== undefined;
        const share = isShared ? positions.length / series.steps.length : 1;
        for (const entry of source.files)
          entries.set(entry.path, share === 1 ? entry : { ...entry, size: Math.ceil(entry.size * share) });
      }
    }
    return [...entries.values()];
  }

  sharedEntries(index: number): readonly FileEntry[] {
    return this.entries(index);
  }

  /** Counts the bytes by which a sample adds to those before it, on an average: those of all samples are those of all files. */
  bytes(index: number): number {
    const { series, positions } = this.#sample(index);
    const bytes = this.entries(index).reduce((sum, { size }) => sum + size, 0);
    const samples = this.#samplesOf(index);
    return Math.ceil((bytes * Math.max(1, series.steps.length / samples)) / positions.length);
  }

  async hold(index: number, options: HoldSampleOptions = {}): Promise<HeldSample> {
    const holdAll = (): Promise<HeldSample> => this.#hold(index, options);
    const first = this.#first ?? this;
    return (await this.#isRoomScarce(index)) ? first.#turns.run(holdAll, options.signal) : holdAll();
  }

  /** Tells whether all files of a sample are here as a whole; of others it is found out when they are asked for. */
  async isCached(index: number, { signal }: ReadOptions = {}): Promise<boolean> {
    const { series, positions } = this.#sample(index);
    for (const at of series.parts.keys())
      for (const position of positions)
        for (const entry of series.sourceAt(at, position)?.files ?? [])
          if (!(await this.#options.streamer.isHere(entry, { signal }))) return false;
    return true;
  }

  follow(order: Iterable<number>): Disposable {
    return this.#uses.follow(order);
  }

  measured(places: Uint32Array | undefined, wish: Partial<SampleWish>): MeasuredFiles {
    const { samples, table, inputOf } = measuredSteps(this.#options.samples, places);
    const options = { ...this.#options, samples, kept: undefined, sharesMesh: () => false };
    return {
      files: new WindowFiles(options, { ...this.#wish, ...wish }, this.#first ?? this),
      table,
      inputOf,
    };
  }

  async keepPieces(index: number, pieces: readonly KeptPiece[]): Promise<void> {
    const { series, positions } = this.#sample(index);
    const { attributes, graphOf = 'points' } = this.#wish;
    const wish = wishOf(series, positions, attributes, graphOf);
    for (const piece of pieces) {
      const part = wish[piece.part];
      const files = part?.steps.flatMap(({ source }) => source.files) ?? [];
      // What was made of another version than the listed one must not be found under that.
      if (part === undefined || files.some(({ path }) => this.#options.streamer.hasChanged(path))) continue;
      await this.#options.kept?.keep(part, piece);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    forgetSeries(this.#name);
    if (this.#first === undefined) await this.#options.streamer.close();
  }

  async #hold(index: number, { signal, onProgress }: HoldSampleOptions): Promise<HeldSample> {
    const { series, positions } = this.#sample(index);
    const { attributes, graphOf = 'points' } = this.#wish;
    const wish = wishOf(series, positions, attributes, graphOf);
    refuseHoles(wish, series, positions);
    const places = new HeldPlaces();
    const stop = new AbortController();
    const link = linkSignals(signal, stop.signal);
    // In a series of files of one mesh the first one's is fetched.
    const owners = this.#sharesMesh(wish, series) ? wishOf(series, [0], attributes, graphOf) : [];
    let failure: { readonly error: unknown } | undefined;
    await Promise.all(
      wish.map(async (part) => {
        try {
          const owner = owners.find(({ at }) => at === part.at)?.steps[0]?.source.files;
          const kept = await this.#options.kept?.open(part, link.signal);
          if (kept !== undefined) places.add(part, kept);
          const units = this.#units.of(part, owner, kept, this.#uses.isFollowing);
          await places.hold(part, units, this.#holds, link.signal);
        } catch (error) {
          failure ??= { error };
          stop.abort(error);
        }
      }),
    );
    link.unlink();
    if (failure !== undefined) {
      places.release(() => false);
      throw failure.error;
    }
    onProgress?.(places.bytes);
    return this.#toHeld(index, wish, places);
  }

  #toHeld(index: number, wish: readonly PartWish[], places: HeldPlaces): HeldSample {
    let isHeld = true;
    const release: HeldSample['release'] = ({ remove = false, shared = false } = {}) => {
      if (!isHeld) return;
      isHeld = false;
      // What could not be read is of no use to others either.
      if (remove && shared) return places.release(() => 'now');
      if (remove) this.#uses.use(index);
      places.release((position) => remove && !this.#uses.isNeeded(index, position));
    };
    return {
      files: places.files,
      bytes: places.bytes,
      steps: this.#stepsOf(index, wish, places),
      release,
      [Symbol.dispose]: () => release(),
    };
  }

  /** Says how a sample is decoded. */
  #stepsOf(index: number, wish: readonly PartWish[], places: HeldPlaces): HeldSample['steps'] {
    const { samples, meshBytes = DEFAULT_MESH_BYTES } = this.#options;
    const { series, positions } = this.#sample(index);
    const parts: DecodePart[] = [];
    const parsed = new Map<string, ParsedHeader>();
    const numbers = new Map<string, number>();
    const fileOf = (part: PartWish, path: string): number => {
      const key = `${part.at} ${path}`;
      const known = numbers.get(key);
      if (known !== undefined) return known;
      const held = places.partOf(part, path);
      for (const [file, header] of held.parsed) parsed.set(file, header);
      numbers.set(key, parts.length);
      const name = part.part.name === '' ? undefined : part.part.name;
      parts.push({ name, path, file: held.file, pieces: held.pieces, graphOf: part.graphOf });
      return parts.length - 1;
    };
    const { attributes } = this.#wish;
    const windowParts = wish.map((part): WindowPart => {
      const { name, isStatic, stepped } = part.part;
      const steps = part.steps.map(({ position, source, arrays }, step): WindowStep => {
        const { path, timeStep } = source;
        return { file: fileOf(part, path), position, arrays, timeStep, ...places.keptStep(part, step) };
      });
      return {
        name: name === '' ? undefined : name,
        graphOf: part.graphOf,
        isStatic,
        statics: part.statics,
        logical: logicalNames(part),
        ...(attributes === undefined && stepped !== undefined
          ? { stepped: new Set([...stepped.node, ...stepped.cell]) }
          : undefined),
        steps,
        kept: places.keptMesh(part),
      };
    });
    const [first = 0] = positions;
    const last = positions.at(-1) ?? first;
    const { times } = series;
    return {
      parts,
      parsed,
      lacksParts: wish.length < series.parts.length,
      window: {
        series: `${this.#name}${series.id}`,
        steps: positions.map((position) => series.steps[position] as number),
        times: times && positions.map((position) => times[position] as number),
        parts: windowParts,
        isStacked: samples.isWindowed,
        sharesMesh: this.#sharesMesh(wish, series),
        keptSteps: last - first + 1,
        maxBytes: meshBytes,
        keep: this.#options.kept !== undefined,
      },
    };
  }

  /** Tells whether the steps of a sample, and the first one of their series, have one mesh. */
  #sharesMesh(wish: readonly PartWish[], series: TimeSeries): boolean {
    const first = series.sourceAt(0, 0)?.path;
    const paths = wish[0]?.steps.map(({ source }) => source.path) ?? [];
    return this.#options.sharesMesh(first === undefined ? paths : [first, ...paths]);
  }

  #sample(index: number): { readonly series: TimeSeries; readonly positions: readonly number[] } {
    const { samples } = this.#options;
    return { series: samples.series(samples.seriesOf(index)), positions: samples.positionsAt(index) };
  }

  /** Counts the samples of the series that a sample is of. */
  #samplesOf(index: number): number {
    const { samples } = this.#options;
    if (this.#samplesOfSeries === undefined) {
      this.#samplesOfSeries = new Uint32Array(samples.seriesCount);
      for (let each = 0; each < samples.length; each++) {
        const series = samples.seriesOf(each);
        this.#samplesOfSeries[series] = 1 + (this.#samplesOfSeries[series] as number);
      }
    }
    return this.#samplesOfSeries[samples.seriesOf(index)] as number;
  }

  async #isRoomScarce(index: number): Promise<boolean> {
    const capacity = (await this.#options.streamer.capacity()) ?? Infinity;
    if (capacity === Infinity) return false;
    const bytes = this.entries(index).reduce((sum, { size }) => sum + size, 0);
    return AMPLE_SAMPLES * bytes > capacity;
  }
}

/** Lists the names in samples of the arrays of a part that have steps. */
function logicalNames({ steps }: PartWish): readonly string[] {
  const { names } = steps[0]?.source ?? {};
  return names === undefined ? [] : [...new Set([...names.node.keys(), ...names.cell.keys()])];
}

/** @throws NotFoundError where a part lacks some steps of a sample and not others */
function refuseHoles(wish: readonly PartWish[], series: TimeSeries, positions: readonly number[]): void {
  for (const { part, steps } of wish) {
    if (part.isStatic || steps.length === positions.length) continue;
    const there = new Set(steps.map(({ position }) => position));
    const missing = positions.find((position) => !there.has(position)) as number;
    const name = part.name === '' ? '' : `part "${part.name}" of the `;
    throw new NotFoundError(
      `The ${name}series ${series.id} lacks the step ${series.steps[missing]}, and has others of the same window, such as ${steps[0]?.source.path}. Set time.missing to 'skip', or leave the part out.`,
    );
  }
}
