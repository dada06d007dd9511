import { isVascuError } from '../core/errors.ts';
import type { HeldParts } from '../core/held-file.ts';
import { SharedTask } from '../core/shared-task.ts';
import type { FileEntry } from '../core/source.ts';
import { isGone } from '../files/gone-file.ts';
import type { DataStreamer } from '../io.ts';
import { holdFile } from '../mesh/read-mesh.ts';
import type { MeshId, Missing, ViewOutcome, ViewTask } from './view-task.ts';
import type { ViewThread } from './view-thread.ts';

/** Number of times that a thread may lack something before its memory is taken to be too small for the task. */
const MAX_ROUNDS = 12;
/** Number of times that files are brought which turn out to be damaged, or gone. */
const MAX_TRIES = 2;

/** Mesh, and the files that it is read from. */
export interface MeshPlace {
  readonly id: MeshId;
  /** The mesh file, then its pieces. */
  readonly files: readonly FileEntry[];
  /** True when the file has one piece, so that an array of it can be read alone. */
  readonly isOnePiece: boolean;
  /** Number of the step in VTK's own form. */
  readonly timeStep: number | undefined;
}

/** Load that is under way. */
interface Loading {
  readonly task: SharedTask<void>;
  /** Promise that settles when the bytes are here, whatever becomes of them. */
  readonly fetched: Promise<void>;
}

/** Desk at which answers are made: brings the parts of files that the thread lacks for one, each once for all who wait. */
export class MeshDesk {
  readonly #thread: ViewThread;
  readonly #streamer: DataStreamer;
  readonly #loading = new Map<string, Loading>();

  constructor(thread: ViewThread, streamer: DataStreamer) {
    this.#thread = thread;
    this.#streamer = streamer;
  }

  /**
   * Does a task, for which what is missing is fetched and read.
   *
   * @param places - of the meshes that it is about
   */
  async answer(
    task: ViewTask,
    places: readonly MeshPlace[],
    signal: AbortSignal,
  ): Promise<Exclude<ViewOutcome, { readonly missing: Missing }>> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const outcome = await this.#thread.ask(task, signal);
      if (!('missing' in outcome)) return outcome;
      const place = places.find(({ id }) => id.key === outcome.missing.mesh.key) as MeshPlace;
      await this.#bring(outcome.missing, place, task, signal);
    }
    throw new Error(`${task.mesh.path} does not fit the memory that is kept for meshes`);
  }

  async #bring(missing: Missing, place: MeshPlace, task: ViewTask, signal: AbortSignal): Promise<void> {
    const loading = this.#load(missing, place);
    const wait = loading.task.join(signal);
    const array = 'array' in task && task.mesh.key === missing.mesh.key ? task.array : undefined;
    if (missing.what !== 'surface' || array === undefined) return wait;
    // While the thread makes the surface, the array comes.
    const next = loading.fetched.then(async () => {
      if (!signal.aborted) await this.#load({ ...missing, what: 'rows', array }, place).task.join(signal);
    });
    // The mesh is what tells of a fault: the array is asked for again.
    next.catch(() => undefined);
    await wait;
    await next;
  }

  /** Loads what is missing, or joins who does. */
  #load(missing: Missing, place: MeshPlace): Loading {
    const isGeometry = missing.what === 'surface' || missing.what === 'mesh';
    const array = isGeometry ? undefined : missing.array;
    const key = `${array?.on ?? ''} ${array?.name ?? ''}\0${missing.mesh.key}`;
    const running = this.#loading.get(key);
    if (running !== undefined && !running.task.abandoned) return running;
    const { promise: fetched, resolve } = openPromise();
    const task = new SharedTask((signal) => this.#read(isGeometry, array, place, signal, resolve));
    const loading = { task, fetched };
    this.#loading.set(key, loading);
    void task.ended().then(() => {
      resolve();
      if (this.#loading.get(key) === loading) this.#loading.delete(key);
    });
    return loading;
  }

  async #read(
    geometry: boolean,
    array: Missing['array'],
    { id, files, isOnePiece, timeStep }: MeshPlace,
    signal: AbortSignal,
    onFetched: () => void,
  ): Promise<void> {
    const attributes = array === undefined ? [] : [array.name];
    for (let tries = 1; ; tries++) {
      const held = await this.#hold(files, attributes, geometry || !isOnePiece, signal);
      onFetched();
      const hasParts = held.some(({ place }) => typeof place !== 'string');
      let remove = false;
      const { promise: released, resolve } = openPromise();
      try {
        const given = files.map(({ path }, at) => {
          const { place, parsed } = held[at] as HeldParts;
          return { path, place, parsed };
        });
        await this.#thread.ask(
          { do: 'load', mesh: id, files: given, geometry, array, timeStep },
          signal,
          resolve,
        );
        return;
      } catch (error) {
        // Single parts have no checksum: what cannot be read is removed, and fetched once more.
        remove = hasParts && isVascuError(error, 'FORMAT');
        if (signal.aborted || tries === MAX_TRIES || !(remove || isGone(error))) throw error;
      } finally {
        const letGo = (): void => {
          for (const each of held) each.release({ remove, shared: true });
        };
        if (signal.aborted) void released.then(letGo);
        else letGo();
      }
    }
  }

  /** Brings what is wanted of the files of a mesh here and holds it. */
  async #hold(
    files: readonly FileEntry[],
    attributes: readonly string[],
    geometry: boolean,
    signal: AbortSignal,
  ): Promise<HeldParts[]> {
    const holding = await Promise.allSettled(
      files.map((entry) =>
        holdFile(this.#streamer, entry.path, { entry, attributes, geometry, mode: 'partial', signal }),
      ),
    );
    const held = holding.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const failed = holding.find((each) => each.status === 'rejected');
    if (failed === undefined) return held;
    for (const each of held) each.release();
    throw failed.reason;
  }
}

/** Makes a promise that is resolved from outside. */
function openPromise(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
