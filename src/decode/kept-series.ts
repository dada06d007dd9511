import type { GhostCounts } from '../core/ghosts.ts';
import type { GraphData } from '../core/graph.ts';
import type { LeftOutArray, Mesh, ParsedHeader, Tensor } from '../core/mesh.ts';
import type { MeshHeader } from '../core/mesh-format.ts';
import { SharedTask } from '../core/shared-task.ts';
import { Turns } from '../core/turns.ts';
import { reuse } from './thread-memory.ts';

/** Mesh of a series as it is kept: a graph with the static arrays. */
export interface KeptMesh {
  /** Path of the file that it was read of. */
  readonly path: string;
  readonly graph: GraphData;
  /** Points and cells, with which those of other files are compared. @defaultValue none are compared */
  readonly mesh?: Pick<Mesh, 'points' | 'cells'> | undefined;
  /** Counts and names that the header tells. @defaultValue the mesh was kept decoded */
  readonly header?: Pick<MeshHeader, 'points' | 'cells' | 'pointArrays' | 'cellArrays'> | undefined;
  /** True where arrays can be read without points and cells. */
  readonly isPlain: boolean;
  readonly leftOut: readonly LeftOutArray[];
  readonly ghosts: GhostCounts | undefined;
  readonly bytes: number;
}

/** Arrays of a step as they are kept. */
export interface StepArrays {
  /** Path of the file that they were read of. */
  readonly path: string;
  /** Mesh that they are of. */
  readonly mesh: KeptMesh;
  readonly node: ReadonlyMap<string, Tensor>;
  readonly cell: ReadonlyMap<string, Tensor>;
  /** Time that the file tells. */
  readonly time: number | undefined;
}

/** Arrays of a step that are in use, and those who wait for them. */
interface KeptStep {
  readonly task: SharedTask<StepArrays>;
  arrays: StepArrays | undefined;
  /** Windows that are made of it now. */
  users: number;
  /** True once it is no longer kept: its memory goes when nobody uses it. */
  isDropped: boolean;
}

/** Header of a file of several steps. */
interface KeptHeader {
  readonly parsed: ParsedHeader;
  /** True where arrays can be read without points and cells. */
  readonly isPlain: boolean;
}

/** Memory of what is decoded of one series: the meshes of its parts, and the arrays of its last steps. */
export class KeptSeries {
  /** Headers of the files that have several steps, by their paths, and whether arrays can be read of each alone. */
  readonly headers: Map<string, KeptHeader> = new Map();
  /** Queue of those who read the meshes of files, each of which is compared with the one before it. */
  readonly turns: Turns = new Turns();
  readonly #meshes = new Map<string, SharedTask<KeptMesh>>();
  readonly #found = new Map<string, KeptMesh>();
  /** Steps, the one that was used longest ago first. */
  readonly #steps = new Map<string, KeptStep>();
  #bytes = 0;

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Gives the mesh of a part that was found last; undefined where none was. */
  found(part: string): KeptMesh | undefined {
    return this.#found.get(part);
  }

  /** Gives the mesh of a part, which is loaded once for all who wait. */
  async mesh(
    part: string,
    load: (signal: AbortSignal) => Promise<KeptMesh>,
    signal: AbortSignal | undefined,
  ): Promise<KeptMesh> {
    const found = this.#found.get(part);
    if (found !== undefined) return found;
    let task = this.#meshes.get(part);
    if (task === undefined || task.abandoned) {
      task = new SharedTask(load);
      this.#meshes.set(part, task);
      const own = task;
      void own.ended().then(() => this.#meshes.get(part) === own && this.#meshes.delete(part));
    }
    const mesh = await task.join(signal);
    if (this.#found.get(part) === undefined) this.keepMesh(part, mesh);
    return mesh;
  }

  /** Keeps a mesh in the place of that which the part had. */
  keepMesh(part: string, mesh: KeptMesh): void {
    this.#bytes += mesh.bytes - (this.#found.get(part)?.bytes ?? 0);
    this.#found.set(part, mesh);
  }

  /**
   * Gives the arrays of a step, which are loaded once for all who wait.
   *
   * @returns the arrays, and a function that lets go of them
   */
  async step(
    key: string,
    load: (signal: AbortSignal) => Promise<StepArrays>,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly arrays: StepArrays; readonly release: () => void }> {
    let step = this.#steps.get(key);
    if (step === undefined || step.task.abandoned) {
      const fresh: KeptStep = { task: new SharedTask(load), arrays: undefined, users: 0, isDropped: false };
      step = fresh;
    }
    this.#steps.delete(key);
    this.#steps.set(key, step);
    const used = step;
    used.users++;
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      used.users--;
      if (used.isDropped && used.users === 0) giveBack(used);
    };
    try {
      const arrays = await used.task.join(signal);
      if (used.arrays === undefined) {
        used.arrays = arrays;
        if (!used.isDropped) this.#bytes += bytesOf(arrays);
      }
      return { arrays, release };
    } catch (error) {
      release();
      if (this.#steps.get(key) === used && (used.task.abandoned || !isAborted(signal)))
        this.#steps.delete(key);
      throw error;
    }
  }

  /**
   * Forgets steps, those that were used longest ago first, until no more than so many are left and so many bytes of the
   * series; their memory is used again.
   */
  keepSteps(count: number, maxBytes: number = count === 0 ? -1 : Infinity): void {
    for (const [key, step] of this.#steps) {
      if (this.#steps.size <= count && this.#bytes <= maxBytes) return;
      if (step.arrays === undefined) continue;
      this.#steps.delete(key);
      step.isDropped = true;
      this.#bytes -= bytesOf(step.arrays);
      if (step.users === 0) giveBack(step);
    }
  }

  /** Forgets the meshes. */
  dropMeshes(): void {
    for (const { bytes } of this.#found.values()) this.#bytes -= bytes;
    this.#found.clear();
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function giveBack({ arrays }: KeptStep): void {
  if (arrays !== undefined) reuse([...new Set(tensorsOf(arrays).map(({ data }) => data.buffer))]);
}

function tensorsOf({ node, cell }: StepArrays): Tensor[] {
  return [...node.values(), ...cell.values()];
}

function bytesOf(arrays: StepArrays): number {
  return tensorsOf(arrays).reduce((sum, { data }) => sum + data.byteLength, 0);
}

/** Series of which something is kept on this thread, the one that was used longest ago first. */
const kept = new Map<string, KeptSeries>();

/** Gives what is kept of a series. */
export function keptSeries(key: string): KeptSeries {
  const series = kept.get(key) ?? new KeptSeries();
  kept.delete(key);
  kept.set(key, series);
  return series;
}

/** Forgets series, the one that was used longest ago first, and then of the last one what does not fit. */
export function limitSeries(maxBytes: number): void {
  let bytes = 0;
  for (const series of kept.values()) bytes += series.bytes;
  for (const [key, series] of kept) {
    if (bytes <= maxBytes) return;
    bytes -= series.bytes;
    series.keepSteps(Infinity, Math.max(0, maxBytes - bytes));
    bytes += series.bytes;
    if (bytes <= maxBytes) return;
    bytes -= series.bytes;
    series.dropMeshes();
    bytes += series.bytes;
    kept.delete(key);
  }
}

/** Forgets the series whose keys begin with a text: those of a dataset that is closed. */
export function forgetSeries(prefix: string): void {
  for (const [key, series] of kept) {
    if (!key.startsWith(prefix)) continue;
    series.keepSteps(0);
    kept.delete(key);
  }
}
