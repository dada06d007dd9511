import { readSafetensors } from '../../graph/safetensors.ts';
import type { Plane } from '../../render/plane.ts';
import {
  FAULTS_HEADER,
  type ProbedValue,
  type ReportPage,
  type SampleDescription,
  type SamplePage,
  type SliceFacts,
  type SliceTensors,
  STATUS_HEADER,
  type SurfaceFacts,
  type SurfaceTensors,
  type ValueRange,
  type ValuesFacts,
  type ViewedOn,
  type ViewFault,
  type ViewSession,
} from '../view-protocol.ts';
import { bytesOf, type Geometry, geometryOf, type ShownValues } from './geometry.ts';
import { KeptAnswers } from './kept-answers.ts';

/** Bytes of values, of surfaces and of slices that the page keeps. */
const MAX_VALUES_BYTES = 256 * 2 ** 20;
const MAX_SURFACE_BYTES = 384 * 2 ** 20;
const MAX_SLICE_BYTES = 64 * 2 ** 20;

/** Array of a sample at a step, as it is asked for. */
export interface ValuesWish {
  readonly sample: string;
  readonly array: string;
  readonly on: ViewedOn;
  readonly component: string | undefined;
  readonly step: number | undefined;
  /** Sample whose values are taken away. */
  readonly minus?: string | undefined;
}

/** Surface and its name. */
export interface ReceivedSurface {
  readonly geometry: Geometry;
  readonly facts: SurfaceFacts;
}

/** Slice with its values. */
export interface ReceivedSlice {
  readonly geometry: Geometry;
  readonly values: ShownValues | undefined;
}

/** Answer of the server that says what is wrong. */
export class ViewRequestError extends Error {
  readonly fault: ViewFault;

  constructor(fault: ViewFault) {
    super(fault.message);
    this.name = 'ViewRequestError';
    this.fault = fault;
  }
}

/** Failure of the way to the server: it does not answer. */
export class ServerGoneError extends Error {
  constructor(cause: unknown) {
    super('The server does not answer: it has ended, or the line to it is cut.', { cause });
    this.name = 'ServerGoneError';
  }
}

type Query = Readonly<Record<string, string | number | undefined>>;

/** Client of the page's own server: asks once for what is there, and keeps it. */
export class ViewClient {
  readonly #descriptions = new KeptAnswers<SampleDescription>(2 ** 24, () => 2 ** 14);
  readonly #surfaces = new KeptAnswers<ReceivedSurface>(MAX_SURFACE_BYTES, ({ geometry }) =>
    bytesOf(geometry),
  );
  /** Geometries by name, as long as somebody holds them: what has one name is one thing. */
  readonly #geometries = new Map<string, WeakRef<Geometry>>();
  /** Names of the geometries that samples were last shown with. */
  readonly #meshOf = new Map<string, string>();
  readonly #values = new KeptAnswers<ShownValues>(MAX_VALUES_BYTES, ({ values }) => values.byteLength);
  readonly #ranges = new KeptAnswers<ValueRange>(2 ** 20, () => 64);
  readonly #slices = new KeptAnswers<ReceivedSlice>(MAX_SLICE_BYTES, ({ geometry }) => bytesOf(geometry));

  session(signal?: AbortSignal): Promise<ViewSession> {
    return this.#json<ViewSession>('session', {}, signal);
  }

  samples(where: string, from: number, count: number, signal?: AbortSignal): Promise<SamplePage> {
    return this.#json<SamplePage>(
      'samples',
      { where: where === '' ? undefined : where, from, count },
      signal,
    );
  }

  describe(sample: string, signal?: AbortSignal): Promise<SampleDescription> {
    return this.#descriptions.get(
      sample,
      (own) => this.#json<SampleDescription>('sample', { sample }, own),
      signal,
    );
  }

  surface(sample: string, step: number | undefined, signal?: AbortSignal): Promise<ReceivedSurface> {
    return this.#surfaces.get(
      JSON.stringify([sample, step]),
      async (own) => {
        const { tensors, facts } = await this.#tensors<SurfaceFacts>('surface', { sample, step }, own);
        const geometry = geometryOf(tensors as unknown as SurfaceTensors, facts);
        const known = this.#geometries.get(facts.mesh)?.deref();
        if (known === undefined) this.#geometries.set(facts.mesh, new WeakRef(geometry));
        this.#meshOf.set(sample, facts.mesh);
        return { geometry: known ?? geometry, facts };
      },
      signal,
    );
  }

  /** Gives the surface that a sample was shown with last, if it is here: its other steps may well have the same. */
  lastGeometryOf(sample: string): Geometry | undefined {
    const mesh = this.#meshOf.get(sample);
    return mesh === undefined ? undefined : this.knownGeometry(mesh);
  }

  /** Gives a surface that is here by its name. */
  knownGeometry(mesh: string): Geometry | undefined {
    return this.#geometries.get(mesh)?.deref();
  }

  values(wish: ValuesWish, ahead: -1 | 0 | 1 | undefined, signal?: AbortSignal): Promise<ShownValues> {
    return this.#values.get(
      keyOf(wish),
      async (own) => {
        const { tensors, facts } = await this.#tensors<ValuesFacts>(
          'values',
          { ...queryOf(wish), ahead },
          own,
        );
        return { values: tensors['values'] as Float32Array, facts };
      },
      signal,
    );
  }

  slice(
    wish: Omit<ValuesWish, 'array'> & { readonly array: string | undefined },
    plane: Plane,
    signal?: AbortSignal,
  ): Promise<ReceivedSlice> {
    const query = { ...queryOf({ ...wish, array: wish.array ?? '' }), plane: plane.join(',') };
    const key = JSON.stringify(query);
    return this.#slices.get(
      key,
      async (own) => {
        const { tensors, facts } = await this.#tensors<SliceFacts>('slice', query, own);
        const slice = tensors as unknown as SliceTensors;
        // It is framed by the surface that it is of, so that its own box does not matter.
        const box = { mesh: key, centre: facts.centre, bounds: { low: facts.centre, high: facts.centre } };
        const values =
          facts.values === undefined || slice.values === undefined
            ? undefined
            : { values: slice.values, facts: facts.values };
        return { geometry: geometryOf(slice, box), values };
      },
      signal,
    );
  }

  range(wish: ValuesWish, signal?: AbortSignal): Promise<ValueRange> {
    const { step: _, ...query } = queryOf(wish);
    return this.#ranges.get(
      JSON.stringify(query),
      (own) => this.#json<ValueRange>('range', query, own),
      signal,
    );
  }

  probe(
    wish: ValuesWish,
    number: { readonly point: number } | { readonly cell: number },
    signal?: AbortSignal,
  ): Promise<ProbedValue> {
    return this.#json<ProbedValue>('probe', { ...queryOf(wish), ...number }, signal);
  }

  report(from: number, signal?: AbortSignal): Promise<ReportPage> {
    return this.#json<ReportPage>('report', { from }, signal);
  }

  /** Forgets all that was kept: another server answers now. */
  clear(): void {
    for (const kept of [this.#descriptions, this.#surfaces, this.#values, this.#ranges, this.#slices])
      kept.clear();
    this.#geometries.clear();
    this.#meshOf.clear();
  }

  async #json<T>(route: string, query: Query, signal?: AbortSignal): Promise<T> {
    const response = await ask(route, query, signal);
    return (await whole(response.json(), signal)) as T;
  }

  async #tensors<Facts>(
    route: string,
    query: Query,
    signal?: AbortSignal,
  ): Promise<{ readonly tensors: Readonly<Record<string, unknown>>; readonly facts: Facts }> {
    const response = await ask(route, query, signal);
    const bytes = new Uint8Array(await whole(response.arrayBuffer(), signal));
    const { tensors, metadata } = readSafetensors(bytes, { path: `the answer of ${route}` });
    return {
      tensors: Object.fromEntries([...tensors].map(([name, { data }]) => [name, data])),
      facts: JSON.parse(metadata['facts'] ?? '{}') as Facts,
    };
  }
}

/** Makes the address of a thumbnail. */
export function thumbnailAddress(sample: string): string {
  return `api/thumbnail?${new URLSearchParams({ sample }).toString()}`;
}

function queryOf({ sample, array, on, component, step, minus }: ValuesWish): Query {
  return { sample, array, on: array === '' ? undefined : on, component, step, minus };
}

function keyOf(wish: ValuesWish): string {
  return JSON.stringify(queryOf(wish));
}

async function ask(route: string, query: Query, signal?: AbortSignal): Promise<Response> {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  const response = await whole(
    fetch(`api/${route}?${new URLSearchParams(given).toString()}`, {
      cache: 'no-store',
      headers: { [FAULTS_HEADER]: 'told' },
      ...(signal === undefined ? {} : { signal }),
    }),
    signal,
  );
  if (response.ok && !response.headers.has(STATUS_HEADER)) return response;
  const fault: unknown = await response.json().catch(() => undefined);
  throw new ViewRequestError(
    isFault(fault)
      ? fault
      : {
          code: 'INTERNAL',
          message: `The server answered ${response.status} to ${route}.`,
          path: undefined,
          offset: undefined,
        },
  );
}

function isFault(value: unknown): value is ViewFault {
  return typeof value === 'object' && value !== null && 'message' in value && 'code' in value;
}

/** Waits for something of the network; what fails there is said as such. */
async function whole<T>(part: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await part;
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw error instanceof TypeError ? new ServerGoneError(error) : error;
  }
}
