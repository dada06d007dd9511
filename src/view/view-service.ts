import { NotFoundError } from '../core/errors.ts';
import type { VascuDataset } from '../data.ts';
import { didYouMean } from '../io.ts';
import type { MeasuredHeader, Plane } from '../mesh.ts';
import { MeshDesk, type MeshPlace } from './mesh-desk.ts';
import { arraysOf, describeSample, type ViewHabits } from './sample-description.ts';
import { SampleList } from './sample-list.ts';
import { SharedHeaders } from './shared-headers.ts';
import { StepsAhead } from './steps-ahead.ts';
import { Thumbnails } from './thumbnails.ts';
import type {
  ProbedValue,
  SampleDescription,
  SamplePage,
  ValueRange,
  ValuesFacts,
  ViewBounds,
  ViewedArray,
  ViewedOn,
} from './view-protocol.ts';
import type { ShownWish } from './view-task.ts';
import type { ViewThread } from './view-thread.ts';
import { type StepPlace, storedName, type ViewedSampleFiles } from './viewed-sample.ts';

/** Bytes of a number, about, in a file. */
const BYTES_PER_NUMBER = 8;

/** Array of a request, as its address names it. */
export interface ArrayRequest {
  readonly sample: string;
  readonly array: string;
  readonly on: ViewedOn | undefined;
  readonly component: string | undefined;
  readonly step: number;
  /** Id of the sample whose values are taken away. */
  readonly minus: string | undefined;
}

/** Sample at a step, with what its file says. */
interface PlacedSample {
  readonly sample: ViewedSampleFiles;
  readonly step: number;
  readonly files: StepPlace;
  readonly header: MeasuredHeader;
  readonly place: MeshPlace;
}

/** Options of {@link ViewService}. */
export interface ViewServiceOptions extends ViewHabits {
  readonly columns?: readonly string[] | undefined;
  /** Array that is shown first. */
  readonly array?: string | undefined;
  /** Choice of thumbnails: `auto` where no byte of the network is needed, `on` of all. */
  readonly thumbnails: 'auto' | 'on' | 'off';
}

/** Answers to what a page asks of a dataset. */
export class ViewService {
  readonly #list: SampleList;
  readonly #desk: MeshDesk;
  readonly #headers: SharedHeaders;
  readonly #ahead = new StepsAhead();
  readonly #thumbnails: Thumbnails;
  readonly #options: ViewServiceOptions;
  readonly #bounds = new Map<string, ViewBounds>();

  constructor(dataset: VascuDataset, thread: ViewThread, options: ViewServiceOptions) {
    const { streamer } = dataset;
    this.#options = options;
    this.#list = new SampleList(dataset, options.columns);
    this.#desk = new MeshDesk(thread, streamer);
    this.#headers = new SharedHeaders(streamer);
    this.#thumbnails = new Thumbnails(streamer, this.#desk, options.thumbnails === 'on');
  }

  get total(): number {
    return this.#list.total;
  }

  page(
    query: { readonly where: string; readonly from: number; readonly count: number },
    signal: AbortSignal,
  ): Promise<SamplePage> {
    return this.#list.page(query, signal);
  }

  async describe(id: string, signal: AbortSignal): Promise<SampleDescription> {
    const { sample, header, place } = await this.#place(id, 0, signal);
    const bounds = this.#bounds.get(place.id.key);
    return describeSample(sample, header, bounds, this.#options.array, this.#options);
  }

  async surface(id: string, step: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    using _busy = this.#thumbnails.pause();
    const { place } = await this.#place(id, step, signal);
    const made = await this.#desk.answer({ do: 'surface', mesh: place.id }, [place], signal);
    const bytes = bytesOf(made);
    this.#bounds.set(place.id.key, factsIn<{ readonly bounds: ViewBounds }>(bytes).bounds);
    return bytes;
  }

  /** @param ahead - direction of play, as far as the page tells it */
  async values(
    request: ArrayRequest,
    ahead: 1 | -1 | 0 | undefined,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    using _busy = this.#thumbnails.pause();
    const bytes = await this.#values(request, signal);
    await this.#lookAhead(request, ahead, signal);
    return bytes;
  }

  async slice(
    request: Omit<ArrayRequest, 'array'> & { readonly array: string | undefined },
    plane: Plane,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    using _busy = this.#thumbnails.pause();
    const { array } = request;
    if (array === undefined) {
      const { place } = await this.#place(request.sample, request.step, signal);
      const task = { do: 'slice', mesh: place.id, plane, shown: undefined } as const;
      return bytesOf(await this.#desk.answer(task, [place], signal));
    }
    const { wish, places } = await this.#wish({ ...request, array }, signal);
    const task = { do: 'slice', mesh: wish.mesh, plane, shown: wish } as const;
    return bytesOf(await this.#desk.answer(task, places, signal));
  }

  /** Finds the range of values over all steps. */
  async range(request: ArrayRequest, signal: AbortSignal): Promise<ValueRange> {
    using _busy = this.#thumbnails.pause();
    const numSteps = Math.max(1, this.#find(request.sample).steps.length);
    let range: ValueRange = { range: undefined, leastPositive: undefined, notFinite: 0 };
    for (let step = 0; step < numSteps; step++)
      range = joinRanges(range, factsIn<ValuesFacts>(await this.#values({ ...request, step }, signal)));
    return range;
  }

  async probe(
    request: ArrayRequest,
    of: ViewedOn,
    number: number,
    signal: AbortSignal,
  ): Promise<ProbedValue> {
    const { wish, places, array, sample } = await this.#wish(request, signal);
    const task = { do: 'probe', number, of, ...wish } as const;
    const outcome = await this.#desk.answer(task, places, signal);
    if (!('probed' in outcome)) throw new Error('a value was asked for, and something else came');
    const unit = this.#options.unitOf(sample.metadata, array.name);
    return { array: array.name, on: array.on, unit, number, ...outcome.probed };
  }

  /** Draws a small picture of a sample; undefined where that would need the network, or there is nothing to draw. */
  async thumbnail(id: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
    if (this.#options.thumbnails === 'off') return undefined;
    const sample = this.#find(id);
    const drawn = this.#thumbnails.get(
      sample.placeAt(0).files,
      async (own) => {
        const { files, header, place } = await this.#place(id, 0, own);
        const { first, arrays } = describeSample(sample, header, undefined, undefined, this.#options);
        const array = arrays.find(({ name }) => name === first);
        const name = array && storedName(files, array.name, array.on);
        return { place, array: array && name !== undefined ? { name, on: array.on } : undefined };
      },
      signal,
    );
    // What is wrong with a sample is told to whoever looks at it.
    return drawn.catch((error: unknown) => {
      if (signal.aborted) throw error;
      return undefined;
    });
  }

  /** Gives up what is fetched ahead. */
  close(): void {
    this.#ahead.stop();
  }

  async #values(request: ArrayRequest, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const { wish, places } = await this.#wish(request, signal);
    return bytesOf(await this.#desk.answer({ do: 'values', ...wish }, places, signal));
  }

  async #lookAhead(request: ArrayRequest, ahead: 1 | -1 | 0 | undefined, signal: AbortSignal): Promise<void> {
    const placed = await this.#place(request.sample, request.step, signal);
    const { sample, header } = placed;
    const numSteps = sample.steps.length;
    if (numSteps < 2) return;
    const array = findArray(placed, request.array, request.on);
    if (!array.hasSteps) return;
    const rows = (array.on === 'node' ? header.points : header.cells) ?? 0;
    const { step, ...rest } = request;
    this.#ahead.look(
      {
        key: JSON.stringify(rest),
        numSteps,
        bytes: rows * array.components * BYTES_PER_NUMBER,
        bring: (next, own) => this.#values({ ...request, step: next }, own),
      },
      step,
      ahead,
    );
  }

  /** Finds the arrays of a request where they lie. */
  async #wish(
    { sample: id, array: name, on, component, step, minus }: ArrayRequest,
    signal: AbortSignal,
  ): Promise<{
    readonly wish: ShownWish;
    readonly places: readonly MeshPlace[];
    readonly array: Omit<ViewedArray, 'unit'>;
    readonly sample: ViewedSampleFiles;
  }> {
    const own = await this.#place(id, step, signal);
    const array = findArray(own, name, on);
    const shown = (of: PlacedSample): Pick<ShownWish, 'mesh' | 'array'> => ({
      mesh: of.place.id,
      array: { name: storedName(of.files, name, array.on), on: array.on },
    });
    const stepShown = own.sample.steps.length === 0 ? undefined : own.step;
    const wish = { ...shown(own), called: name, component, step: stepShown };
    if (minus === undefined) return { wish, places: [own.place], array, sample: own.sample };
    const last = Math.max(0, this.#find(minus).steps.length - 1);
    const other = await this.#place(minus, Math.min(step, last), signal);
    findArray(other, name, array.on);
    const places = [own.place, other.place];
    return { wish: { ...wish, minus: shown(other) }, places, array, sample: own.sample };
  }

  async #place(id: string, given: number, signal: AbortSignal): Promise<PlacedSample> {
    const sample = this.#find(id);
    const numSteps = sample.steps.length;
    const step = numSteps === 0 ? 0 : given;
    if (numSteps > 0 && step >= numSteps)
      throw new NotFoundError(`${id} has no step ${step}: its steps are 0 … ${numSteps - 1}.`);
    const files = sample.placeAt(step);
    const [first] = files.files;
    if (first === undefined) throw new NotFoundError(`${id} has no file.`);
    const header = await this.#headers.get(first, signal);
    const isOnePiece = header.pieceCount === 1 && header.pieceFiles.length === 0;
    const { timeStep } = files;
    const versions = files.files.map(({ path, version }) => `${version} ${path}`);
    const mesh = { key: [timeStep ?? '', ...versions].join('\0'), path: first.path };
    const place = { id: mesh, files: files.files, isOnePiece, timeStep };
    return { sample, step, files, header, place };
  }

  #find(id: string): ViewedSampleFiles {
    const sample = this.#list.find(id);
    if (sample !== undefined) return sample;
    throw new NotFoundError(`There is no sample "${id}"${didYouMean(id, this.#list.someIds())}.`);
  }
}

function findArray(
  { sample, header, files }: PlacedSample,
  name: string,
  on: ViewedOn | undefined,
): Omit<ViewedArray, 'unit'> {
  const arrays = arraysOf(header, sample, files);
  const own = arrays.filter((array) => array.name === name && (on === undefined || array.on === on));
  const found = own.find((array) => array.on === 'node') ?? own[0];
  if (found !== undefined) return found;
  const names = arrays.map((array) => array.name);
  const has = names.length === 0 ? 'It has none' : `It has ${names.slice(0, 12).join(', ')}`;
  throw new NotFoundError(
    `${sample.id} has no array "${name}"${didYouMean(name, names)}. ${has}${names.length > 12 ? ', …' : ''}.`,
  );
}

function bytesOf(outcome: Awaited<ReturnType<MeshDesk['answer']>>): Uint8Array<ArrayBuffer> {
  if ('bytes' in outcome) return outcome.bytes;
  throw new Error('bytes were asked for, and something else came');
}

/** Reads the facts of an answer. */
function factsIn<Facts>(bytes: Uint8Array<ArrayBuffer>): Facts {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as {
    readonly __metadata__: { readonly facts: string };
  };
  return JSON.parse(header.__metadata__.facts) as Facts;
}

function joinRanges(one: ValueRange, other: ValueRange): ValueRange {
  const [a, b] = [one.range, other.range];
  const least = Math.min(one.leastPositive ?? Infinity, other.leastPositive ?? Infinity);
  return {
    range: a && b ? [Math.min(a[0], b[0]), Math.max(a[1], b[1])] : (a ?? b),
    leastPositive: least === Infinity ? undefined : least,
    notFinite: one.notFinite + other.notFinite,
  };
}
