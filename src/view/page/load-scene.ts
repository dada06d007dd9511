import type { Plane } from '../../render/plane.ts';
import type { SampleDescription, ViewedArray } from '../view-protocol.ts';
import { type Geometry, isEmptyGeometry, type ShownValues } from './geometry.ts';
import type { Link } from './link.ts';
import { joinRanges, type KnownRange } from './value-scale.ts';
import { type ReceivedSlice, ServerGoneError, type ValuesWish, type ViewClient } from './view-client.ts';

/** Mesh of a sample with its values, ready to be drawn. */
export interface LoadedPart {
  readonly sample: string;
  readonly description: SampleDescription;
  readonly array: ViewedArray | undefined;
  /** Wish by which a point of it can be asked for; undefined where it is plain. */
  readonly wish: ValuesWish | undefined;
  /** Surface, by which the picture is framed. */
  readonly whole: Geometry;
  /** Surface, or what a plane cuts. */
  readonly drawn: Geometry;
  readonly values: ShownValues | undefined;
  readonly isSlice: boolean;
}

/** Scene that a link asks for, as far as it is there. */
export interface LoadedScene {
  /** Link that it was loaded for. */
  readonly asked: Link;
  readonly parts: readonly LoadedPart[];
  readonly component: string | undefined;
  readonly step: number;
  readonly isDifference: boolean;
  /** Range of the values of this step, or of all. */
  readonly known: KnownRange;
  /** Sentences on what was asked for and is not there. */
  readonly faults: readonly string[];
  /** Sentence on a picture that has nothing in it. */
  readonly note: string | undefined;
}

/** Things that loading asks for besides the link. */
export interface LoadContext {
  readonly client: ViewClient;
  /** Function that gives the id of the first sample, as soon as it is known. */
  readonly firstSample: () => Promise<string | undefined>;
  readonly ahead: -1 | 0 | 1 | undefined;
  readonly onDescribed: (description: SampleDescription) => void;
}

/** Loads what a link asks for. What is not there is said in `faults`, and the rest is loaded. */
export async function loadScene(link: Link, context: LoadContext, signal: AbortSignal): Promise<LoadedScene> {
  return new SceneLoading(link, context, signal).run();
}

class SceneLoading {
  readonly #link: Link;
  readonly #context: LoadContext;
  readonly #signal: AbortSignal;
  readonly #faults: string[] = [];

  constructor(link: Link, context: LoadContext, signal: AbortSignal) {
    this.#link = link;
    this.#context = context;
    this.#signal = signal;
  }

  async run(): Promise<LoadedScene> {
    const link = this.#link;
    const description = await this.#describe();
    this.#context.onDescribed(description);
    const array = this.#findArray(description, link.field);
    const component = this.#findComponent(array);
    const step = this.#findStep(description);
    const other = await this.#other(description);
    let minus = link.isDifference && array !== undefined ? other?.id : undefined;
    if (link.isDifference && other === undefined)
      this.#faults.push('A difference needs a second sample: choose one to compare with.');
    let part: LoadedPart;
    try {
      part = await this.#part(description, array, component, step, minus);
    } catch (error) {
      if (minus === undefined || !this.#canGoOn(error)) throw error;
      this.#faults.push(error.message);
      minus = undefined;
      part = await this.#part(description, array, component, step, minus);
    }
    if (minus !== undefined && part.values === undefined && part.array === undefined) minus = undefined;
    const parts = [part];
    if (other !== undefined && minus === undefined) {
      const second = await this.#second(other, array, component, step);
      if (second !== undefined) parts.push(second);
    }
    const wishes = parts.flatMap(({ wish }) => (wish === undefined ? [] : [wish]));
    const isAll = link.range === 'all' && (description.steps.length > 0 || (other?.steps.length ?? 0) > 0);
    const known = isAll
      ? joinRanges(await Promise.all(wishes.map((wish) => this.#context.client.range(wish, this.#signal))))
      : joinRanges(parts.flatMap(({ values }) => (values === undefined ? [] : [values.facts])));
    const isEmpty = parts.every(({ drawn }) => isEmptyGeometry(drawn));
    return {
      asked: link,
      parts,
      component,
      step,
      isDifference: minus !== undefined,
      known,
      faults: this.#faults,
      note: !isEmpty
        ? undefined
        : link.slice === undefined
          ? `${part.sample} has nothing that can be drawn.`
          : 'The plane meets nothing here: move its position.',
    };
  }

  async #describe(): Promise<SampleDescription> {
    const { client, firstSample } = this.#context;
    const sample = this.#link.sample ?? (await firstSample());
    this.#signal.throwIfAborted();
    if (sample === undefined) throw new Error('There is no sample here.');
    try {
      return await client.describe(sample, this.#signal);
    } catch (error) {
      if (!this.#canGoOn(error) || !isNotFound(error)) throw error;
      const first = await firstSample();
      if (first === undefined || first === sample) throw error;
      this.#faults.push(`${error.message} The first one is shown.`);
      return client.describe(first, this.#signal);
    }
  }

  async #other(first: SampleDescription): Promise<SampleDescription | undefined> {
    const { compare } = this.#link;
    if (compare === undefined) return undefined;
    if (compare === first.id) return first;
    try {
      return await this.#context.client.describe(compare, this.#signal);
    } catch (error) {
      if (!this.#canGoOn(error)) throw error;
      this.#faults.push(error.message);
      return undefined;
    }
  }

  #findArray({ id, arrays, first }: SampleDescription, field: string | undefined): ViewedArray | undefined {
    const name = field ?? first ?? '';
    if (name === '') return undefined;
    const found = arrays.find((array) => array.name === name);
    if (found !== undefined || field === undefined) return found;
    const instead = arrays.find((array) => array.name === first);
    const has = arrays.length === 0 ? 'none' : arrays.map((array) => `"${array.name}"`).join(', ');
    this.#faults.push(
      `${id} has no array "${field}"; it has ${has}. ${instead === undefined ? 'The mesh is shown plain.' : `"${instead.name}" is shown.`}`,
    );
    return instead;
  }

  #findComponent(array: ViewedArray | undefined): string | undefined {
    const { component } = this.#link;
    if (component === undefined || array === undefined) return undefined;
    const letter = ['x', 'y', 'z'].indexOf(component);
    const number = letter === -1 ? Number(component) : letter;
    if (number < array.components) return array.components === 1 ? undefined : component;
    this.#faults.push(
      `"${array.name}" has no component ${component}: it has ${array.components} a row. Its ${array.components === 1 ? 'value' : 'magnitude'} is shown.`,
    );
    return undefined;
  }

  #findStep({ id, steps }: SampleDescription): number {
    const { step } = this.#link;
    const last = Math.max(0, steps.length - 1);
    if (step <= last) return step;
    this.#faults.push(
      steps.length === 0
        ? `${id} has no steps, so that there is no step ${step}.`
        : `${id} has no step ${step}: its steps are 0 … ${last}. The last one is shown.`,
    );
    return last;
  }

  async #second(
    description: SampleDescription,
    array: ViewedArray | undefined,
    component: string | undefined,
    step: number,
  ): Promise<LoadedPart | undefined> {
    const same = array === undefined ? undefined : description.arrays.find(({ name }) => name === array.name);
    if (array !== undefined && same === undefined)
      this.#faults.push(`${description.id} has no array "${array.name}": its mesh is shown plain.`);
    try {
      const at = Math.min(step, Math.max(0, description.steps.length - 1));
      return await this.#part(description, same, component, at, undefined);
    } catch (error) {
      if (!this.#canGoOn(error)) throw error;
      this.#faults.push(error.message);
      return undefined;
    }
  }

  async #part(
    description: SampleDescription,
    array: ViewedArray | undefined,
    component: string | undefined,
    step: number,
    minus: string | undefined,
  ): Promise<LoadedPart> {
    const { client } = this.#context;
    const { slice } = this.#link;
    const sample = description.id;
    const at = description.steps.length === 0 ? undefined : step;
    const wish =
      array === undefined
        ? undefined
        : {
            sample,
            array: array.name,
            on: array.on,
            component,
            step: at,
            ...(minus === undefined ? {} : { minus }),
          };
    if (slice !== undefined) {
      const asked = wish ?? { sample, array: undefined, on: 'node' as const, component: undefined, step: at };
      const { whole, geometry, values } = await this.#slice(asked, slice);
      return { sample, description, array, wish, whole, drawn: geometry, values, isSlice: true };
    }
    if (wish === undefined) {
      const { geometry } = await client.surface(sample, at, this.#signal);
      return {
        sample,
        description,
        array,
        wish,
        whole: geometry,
        drawn: geometry,
        values: undefined,
        isSlice: false,
      };
    }
    const { geometry, values } = await this.#surfaceWithValues(wish, minus !== undefined);
    return {
      sample,
      description,
      array: values === undefined ? undefined : array,
      wish: values === undefined ? undefined : wish,
      whole: geometry,
      drawn: geometry,
      values,
      isSlice: false,
    };
  }

  /** Asks for a slice, and for the surface by which it is framed where that is not here. */
  async #slice(
    wish: Parameters<ViewClient['slice']>[0],
    plane: Plane,
  ): Promise<ReceivedSlice & { readonly whole: Geometry }> {
    const { client } = this.#context;
    const { sample, step } = wish;
    const known = client.lastGeometryOf(sample);
    const asked = client.slice(wish, plane, this.#signal);
    const surface = known === undefined ? client.surface(sample, step, this.#signal) : undefined;
    const [slice, first] = await Promise.all([asked, surface]);
    const whole = first?.geometry ?? known;
    if (whole !== undefined && String(whole.centre) === String(slice.geometry.centre))
      return { ...slice, whole };
    // The mesh of this step lies elsewhere.
    return { ...slice, whole: (await client.surface(sample, step, this.#signal)).geometry };
  }

  /** Asks for values, and for the surface that they are of where that is not here. Without values it is shown plain. */
  async #surfaceWithValues(
    wish: ValuesWish,
    isStrict: boolean,
  ): Promise<{ readonly geometry: Geometry; readonly values: ShownValues | undefined }> {
    const { client, ahead } = this.#context;
    const { sample, step } = wish;
    const asked = client.values(wish, ahead, this.#signal);
    const isNew = client.lastGeometryOf(sample) === undefined;
    const surface = isNew ? client.surface(sample, step, this.#signal) : undefined;
    const [gotValues, gotSurface] = await Promise.allSettled([asked, surface]);
    if (gotSurface.status === 'rejected') throw gotSurface.reason;
    if (gotValues.status === 'rejected') {
      const error: unknown = gotValues.reason;
      if (isStrict || !this.#canGoOn(error)) throw error;
      this.#faults.push(`${error.message} The mesh is shown plain.`);
      const { geometry } = gotSurface.value ?? (await client.surface(sample, step, this.#signal));
      return { geometry, values: undefined };
    }
    const values = gotValues.value;
    const { mesh } = values.facts;
    const here =
      gotSurface.value?.facts.mesh === mesh ? gotSurface.value.geometry : client.knownGeometry(mesh);
    const geometry = here ?? (await client.surface(sample, step, this.#signal)).geometry;
    return { geometry, values };
  }

  /** Tells whether the rest can be shown after a failure: not where nobody waits any more, nor where nothing answers. */
  #canGoOn(error: unknown): error is Error {
    return !this.#signal.aborted && error instanceof Error && !(error instanceof ServerGoneError);
  }
}

function isNotFound(error: Error): boolean {
  return 'fault' in error && (error.fault as { readonly code?: string }).code === 'NOT_FOUND';
}
