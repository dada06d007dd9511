import { countGhosts } from '../core/ghosts.ts';
import type { Normalization } from '../core/graph.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import { loadOnce } from '../core/load-once.ts';
import {
  isTensor,
  type LeftOutArray,
  type Mesh,
  type ParsedHeader,
  type SiblingFile,
  type Tensor,
} from '../core/mesh.ts';
import type { MeshFile } from '../core/mesh-format.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { noSuchArray, pointArrayInCells, stringsInGraph } from '../core/wished-arrays.ts';
import { FileGroup } from '../files/file-group.ts';
import { openMesh, parsedOf } from '../formats/registry.ts';
import { meshToGraphSteps } from '../graph/mesh-graph-steps.ts';
import { countsOf, differenceOf, differenceOfCounts, otherMesh } from './check-steps.ts';
import type { DecodedMesh, DecodeInput, DecodePart } from './decode-input.ts';
import type { KeptMesh, KeptSeries, StepArrays } from './kept-series.ts';
import { memory, reuse } from './thread-memory.ts';
import type { KeptPiece, WindowInput, WindowPart, WindowStep } from './window-input.ts';

/** Loader of the code of graphs of cells, which most samples do without. */
const loadCellGraph = loadOnce(() => import('../graph/cell-graph.ts'));

/** Loader of the code of what is kept decoded. */
const loadPieces = loadOnce(() => import('./decoded-pieces.ts'));

/** Names of the arrays of a whole mesh that may hold its time, the first that is there. */
const TIME_NAMES: readonly string[] = ['TimeValue', 'TIME', 'time'];

/** Mesh and steps of a part, as they were found. */
export interface FoundPart {
  /** Mesh of the part; undefined where those of the steps count. */
  readonly mesh: KeptMesh | undefined;
  readonly steps: readonly StepArrays[];
}

/** Reader of the parts of one sample of a series. */
export class WindowReader {
  readonly input: DecodeInput;
  readonly window: WindowInput;
  /** Observations on the files whose meshes were read for this sample. */
  readonly decoded: DecodedMesh[] = [];
  readonly #series: KeptSeries;
  readonly #releases: (() => void)[] = [];
  /** Pieces that were decoded of files for this sample and are to be kept. */
  readonly #fresh: FreshPiece[] = [];
  #bytesRead = 0;

  constructor(input: DecodeInput, window: WindowInput, series: KeptSeries) {
    this.input = input;
    this.window = window;
    this.#series = series;
  }

  /** Bytes read from files so far. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Lets go of the steps, once the sample has been made of them. */
  release(): void {
    for (const release of this.#releases.splice(0)) release();
  }

  /** Writes what was decoded for this sample as files. */
  async pieces(): Promise<KeptPiece[]> {
    const { digestOf, writeMeshPiece, writeStepPiece } = await loadPieces();
    return this.#fresh.map(({ part, step, isShared, of }) => ({
      part,
      ...(step === undefined ? undefined : { step }),
      ...(isShared === true && 'graph' in of ? { mesh: digestOf(of) } : undefined),
      bytes: 'graph' in of ? writeMeshPiece(of) : writeStepPiece(of),
    }));
  }

  /**
   * Reads the mesh and the steps of a part, as far as they are not kept.
   *
   * @param box - of another part, by which it is normalized too
   */
  async read(
    at: number,
    box: Normalization | undefined,
    signal: AbortSignal | undefined,
  ): Promise<FoundPart> {
    const part = this.window.parts[at] as WindowPart;
    const key = `${part.name ?? ''} ${box === undefined ? '' : JSON.stringify(box)}`;
    const [first] = part.steps as readonly [WindowStep];
    const isOneFile = part.isStatic || first.arrays !== undefined;
    const context = { at, part, box, key };
    const mesh = isOneFile ? await this.#mesh(context, signal) : undefined;
    if (part.isStatic) return { mesh, steps: [] };
    const steps: StepArrays[] = [];
    for (const [number, step] of part.steps.entries()) {
      const load = async (own: AbortSignal): Promise<StepArrays> => {
        const arrays = await this.#load({ ...context, step, mesh }, own);
        if (this.window.keep && step.kept === undefined)
          this.#fresh.push({ part: at, step: number, of: arrays });
        return arrays;
      };
      // A single step is given away as it is.
      if (!this.window.isStacked) steps.push(await load(signal ?? new AbortController().signal));
      else {
        const held = await this.#series.step(`${key}#${step.position}`, load, signal);
        this.#releases.push(held.release);
        steps.push(held.arrays);
      }
    }
    return { mesh, steps };
  }

  #mesh(context: PartContext, signal: AbortSignal | undefined): Promise<KeptMesh> {
    const { at, part, key } = context;
    const load = async (own: AbortSignal): Promise<KeptMesh> => {
      if (part.kept !== undefined) return (await loadPieces()).readMeshPiece(part.kept, this.input.path, own);
      const mesh = await this.#loadMesh(context, own);
      if (this.window.keep) this.#fresh.push({ part: at, of: mesh });
      return mesh;
    };
    return this.#series.mesh(key, load, signal);
  }

  async #load(context: StepContext, signal: AbortSignal): Promise<StepArrays> {
    const { step, mesh } = context;
    if (step.kept !== undefined) {
      const found = mesh ?? (await this.#series.turns.run(() => this.#keptMesh(context, signal), signal));
      const { path } = this.#fileOf(step);
      return (await loadPieces()).readStepPiece(step.kept, { path, mesh: found }, signal);
    }
    if (mesh !== undefined) return this.#loadArrays({ ...context, mesh }, signal);
    return this.#series.turns.run(() => this.#loadFile(context, signal), signal);
  }

  /** Gives the mesh of a step whose arrays were kept decoded. */
  async #keptMesh({ key, step }: StepContext, signal: AbortSignal): Promise<KeptMesh> {
    const { digestOf, readMeshPiece } = await loadPieces();
    const known = this.#series.found(key);
    const { keptMesh } = step;
    if (keptMesh === undefined) throw new Error('a step is kept without its mesh');
    if (known !== undefined && digestOf(known) === keptMesh.digest) return known;
    const mesh = await readMeshPiece(keptMesh.file, this.#fileOf(step).path, signal);
    this.#series.keepMesh(key, mesh);
    return mesh;
  }

  /** Reads mesh and static arrays of the one file of a part. */
  #loadMesh({ part, box }: PartContext, signal: AbortSignal): Promise<KeptMesh> {
    const [step] = part.steps as readonly [WindowStep];
    return this.#open(part, step, signal, async (opened, openSibling) => {
      const attributes = staticsOf(part, opened);
      const leftOut: LeftOutArray[] = [];
      const mesh = await this.#readMesh(part, opened, { attributes, openSibling, leftOut, signal });
      const { path } = this.#fileOf(step);
      const missing =
        part.name === undefined ? attributes?.find((name) => !hasArray(mesh, part, name)) : undefined;
      if (missing !== undefined) throw missingArray(missing, { path, part, opened, leftOut });
      const there = attributes?.filter((name) => hasArray(mesh, part, name));
      return this.#keepable(mesh, {
        part,
        box,
        path,
        opened,
        leftOut,
        attributes: there,
        isCompared: false,
        signal,
      });
    });
  }

  /** Reads arrays of a step out of the one file of a part. */
  #loadArrays(
    { part, step, mesh }: StepContext & { readonly mesh: KeptMesh },
    signal: AbortSignal,
  ): Promise<StepArrays> {
    return this.#open(part, step, signal, async (opened, openSibling, isPlain) => {
      const wanted = step.arrays ?? [];
      // Each step may have a file of its own, whose arrays carry its number.
      const difference = isPlain ? differenceOfCounts(countsOf(mesh), opened.header) : undefined;
      if (difference !== undefined) throw otherMesh(difference, { path: this.#fileOf(step).path }, mesh.path);
      const stored = [...new Set(wanted.map(([, , name]) => name))];
      const found = isPlain
        ? await readAlone(opened, stored, signal)
        : takeArrays(await this.#readMesh(part, opened, { attributes: stored, openSibling, signal }));
      const { path } = this.#fileOf(step);
      const arrays = { node: new Map<string, Tensor>(), cell: new Map<string, Tensor>() };
      for (const [on, name, from] of wanted) {
        const tensor = found.get(`${on} ${from}`);
        if (tensor === undefined) throw missingArray(from, { path, part, opened, leftOut: [] });
        arrays[part.graphOf === 'cells' ? 'node' : on].set(name, tensor);
      }
      return { path, mesh, ...arrays, time: undefined };
    });
  }

  /** Reads the file of a step: its mesh, which is compared with the one that is kept, and its arrays. */
  #loadFile(context: StepContext, signal: AbortSignal): Promise<StepArrays> {
    const { part, step, box, key } = context;
    const { attributes } = this.input;
    const { path } = this.#fileOf(step);
    return this.#open(part, step, signal, async (opened, openSibling, isPlain) => {
      const known = this.#series.found(key);
      const leftOut: LeftOutArray[] = [];
      const isCells = part.graphOf === 'cells';
      const finish = (found: ReadonlyMap<string, Tensor>, mesh: KeptMesh): StepArrays => {
        const node = new Map<string, Tensor>();
        const cell = new Map<string, Tensor>();
        for (const [name, tensor] of found) {
          const [on = '', ...rest] = name.split(' ');
          const array = rest.join(' ');
          if (attributes?.includes(array) === false || on === 'field') continue;
          if (isCells && on === 'node') continue;
          (isCells || on === 'node' ? node : cell).set(array, tensor);
        }
        const missing =
          part.name === undefined
            ? attributes?.find((name) => !node.has(name) && !cell.has(name))
            : undefined;
        if (missing !== undefined) throw missingArray(missing, { path, part, opened, leftOut });
        return { path, mesh, node, cell, time: timeOf(found) };
      };
      if (this.window.sharesMesh && known !== undefined && isPlain) {
        const difference = differenceOfCounts(countsOf(known), opened.header);
        if (difference !== undefined) throw otherMesh(difference, { path }, known.path);
        const names = attributes && [...attributes, ...TIME_NAMES];
        return finish(await readAlone(opened, names, signal), known);
      }
      const mesh = await this.#readMesh(part, opened, { attributes, openSibling, leftOut, signal });
      const options = { part, box, path, opened, leftOut, attributes: [], isCompared: true, signal };
      const fresh = await this.#compared(known, mesh, options);
      if (fresh !== known) {
        this.#series.keepMesh(key, fresh);
        if (this.window.keep) this.#fresh.push({ part: context.at, isShared: true, of: fresh });
      }
      return finish(takeArrays(mesh), fresh);
    });
  }

  /** Gives the mesh that is kept where a file has the same one, else that of the file. */
  async #compared(known: KeptMesh | undefined, mesh: Mesh, options: KeepOptions): Promise<KeptMesh> {
    if (known?.mesh !== undefined) {
      const slice = new TimeSlice(options.signal);
      const raw = { ...known, mesh: { points: mesh.points, cells: mesh.cells } };
      if ((await differenceOf(known, raw, slice)) === undefined) {
        reuse(memoryOf(mesh));
        return known;
      }
    }
    return this.#keepable(mesh, options);
  }

  #readMesh(
    { graphOf }: WindowPart,
    opened: MeshFile,
    options: Pick<Parameters<MeshFile['read']>[0], 'attributes' | 'openSibling'> & {
      readonly leftOut?: LeftOutArray[];
      readonly signal: AbortSignal;
    },
  ): Promise<Mesh> {
    const { leftOut, ...rest } = options;
    return opened.read({
      ...rest,
      strings: false,
      pointArrays: graphOf !== 'cells',
      onLeftOut: leftOut && ((array) => void leftOut.push(array)),
      buffers: memory,
    });
  }

  /** Makes a mesh of a series of that of a file. */
  async #keepable(mesh: Mesh, options: KeepOptions): Promise<KeptMesh> {
    const { part, box, path, opened, leftOut, attributes, isCompared, signal } = options;
    const cells = part.graphOf === 'cells' ? await loadCellGraph() : undefined;
    const { normalize } = this.input;
    const wish = { id: path, cells, attributes, normalize, normalization: box, buffers: memory };
    const graph = await new TimeSlice(signal).run(meshToGraphSteps(mesh, wish));
    const ghosts = countGhosts(mesh);
    this.decoded.push({ path, leftOut, ghosts });
    const raw =
      isCompared && !this.window.sharesMesh ? { points: mesh.points, cells: mesh.cells } : undefined;
    const used = new Set(buffersOf(graph));
    const rest = memoryOf(mesh).filter((buffer) => !used.has(buffer));
    if (raw === undefined) reuse(rest);
    const memories = raw === undefined ? [...used] : [...used, ...rest];
    const { points, cells: count, pointArrays, cellArrays, pieceCount, pieceFiles } = opened.header;
    return {
      path,
      graph,
      mesh: raw,
      header: { points, cells: count, pointArrays, cellArrays },
      isPlain: pieceCount <= 1 && pieceFiles.length === 0,
      leftOut,
      ghosts,
      bytes: memories.reduce((sum, { byteLength }) => sum + byteLength, 0),
    };
  }

  #fileOf(step: WindowStep): DecodePart {
    return this.input.parts[step.file] as DecodePart;
  }

  /** Opens the file of a step; its header is read once a series where all steps are in it. */
  async #open<Result>(
    part: WindowPart,
    step: WindowStep,
    signal: AbortSignal,
    action: (
      opened: MeshFile,
      openSibling: (relative: string) => Promise<SiblingFile>,
      isPlain: boolean,
    ) => Promise<Result>,
  ): Promise<Result> {
    const { path, file: place, pieces } = this.#fileOf(step);
    const files = new FileGroup(path, (relative) => pieces.get(resolveSibling(path, relative) ?? ''));
    const openSibling = async (relative: string): Promise<SiblingFile> => ({
      ...(await files.openSibling(relative, signal)),
      parsed: this.input.parsed?.get(resolveSibling(path, relative) ?? ''),
    });
    const { timeStep } = step;
    const isOneFile = part.isStatic || step.arrays !== undefined || timeStep !== undefined;
    try {
      const file = await files.open(place, signal);
      const kept = isOneFile ? this.#series.headers.get(path) : undefined;
      const parsed: ParsedHeader | undefined = kept?.parsed ?? this.input.parsed?.get(path);
      const opened = await openMesh(file, { path, parsed, timeStep, signal });
      const isPlain = kept?.isPlain ?? isPlainFile(opened);
      if (isOneFile && kept === undefined)
        this.#series.headers.set(path, { parsed: parsedOf(opened), isPlain });
      return await action(opened, openSibling, isPlain);
    } finally {
      this.#bytesRead += files.bytesRead;
      await files.close();
    }
  }
}

/** Piece that was decoded of files and is to be kept. */
interface FreshPiece {
  readonly part: number;
  readonly step?: number | undefined;
  /** True for a mesh that files of one step each have. @defaultValue false */
  readonly isShared?: boolean | undefined;
  readonly of: KeptMesh | StepArrays;
}

/** Part of a sample that is read. */
interface PartContext {
  /** Place of the part in the window. */
  readonly at: number;
  readonly part: WindowPart;
  readonly box: Normalization | undefined;
  /** Key of what is kept of it. */
  readonly key: string;
}

/** Step of a part that is read. */
interface StepContext extends PartContext {
  readonly step: WindowStep;
  /** Mesh of the part, where it is in one file. */
  readonly mesh: KeptMesh | undefined;
}

/** File whose mesh may be kept. */
interface KeepOptions extends Pick<PartContext, 'part' | 'box'> {
  readonly path: string;
  readonly opened: MeshFile;
  readonly leftOut: readonly LeftOutArray[];
  /** Arrays of the graph; all when undefined. */
  readonly attributes: readonly string[] | undefined;
  /** True where the meshes of other files are compared with it. */
  readonly isCompared: boolean;
  readonly signal: AbortSignal;
}

function isPlainFile({ header: { pieceCount, pieceFiles } }: MeshFile): boolean {
  return pieceCount <= 1 && pieceFiles.length === 0;
}

/** Lists the static arrays of a part that are wanted; undefined for all of a file. */
function staticsOf({ statics, stepped }: WindowPart, { header }: MeshFile): readonly string[] | undefined {
  if (statics !== undefined || stepped === undefined) return statics;
  return [...header.pointArrays, ...header.cellArrays].filter((name) => !stepped.has(name));
}

function hasArray(mesh: Mesh, { graphOf }: WindowPart, name: string): boolean {
  return mesh.cellData.has(name) || (graphOf !== 'cells' && mesh.pointData.has(name));
}

/** Reads arrays of a file without its mesh, by what they are of and their names. */
async function readAlone(
  opened: MeshFile,
  attributes: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<Map<string, Tensor>> {
  const found = new Map<string, Tensor>();
  for await (const { name, on, tensor } of opened.arrays({ attributes, buffers: memory, signal }))
    found.set(`${on} ${name}`, tensor);
  return found;
}

/** Takes the arrays of a mesh, by what they are of and their names. */
function takeArrays({ pointData, cellData, fieldData }: Mesh): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  for (const [on, arrays] of [
    ['node', pointData],
    ['cell', cellData],
    ['field', fieldData],
  ] as const)
    for (const [name, array] of arrays) if (isTensor(array)) found.set(`${on} ${name}`, array);
  return found;
}

/** Finds the time in arrays of a whole mesh. */
function timeOf(found: ReadonlyMap<string, Tensor>): number | undefined {
  const times = TIME_NAMES.map((name) => found.get(`field ${name}`)?.data[0]);
  const time = times.find((each) => each !== undefined);
  return time === undefined ? undefined : Number(time);
}

/** Lists the memory of points and cells. */
function memoryOf({ points, cells }: Pick<Mesh, 'points' | 'cells'>): ArrayBuffer[] {
  const { types, connectivity, offsets } = cells;
  return [...new Set([points.data, types, connectivity, offsets].map(({ buffer }) => buffer))];
}

/** Names the arrays that have steps once, in the place of each of their steps. */
function withLogical(
  { pointArrays, cellArrays }: Pick<MeshFile['header'], 'pointArrays' | 'cellArrays'>,
  logical: readonly string[] = [],
): Pick<MeshFile['header'], 'pointArrays' | 'cellArrays'> {
  const ofSteps = (name: string): string | undefined => logical.find((each) => name.startsWith(`${each}_`));
  const short = (names: readonly string[]): readonly string[] => [
    ...new Set(names.map((name) => ofSteps(name) ?? name)),
  ];
  return { pointArrays: short(pointArrays), cellArrays: short(cellArrays) };
}

function missingArray(
  name: string,
  {
    path,
    part,
    opened: { header },
    leftOut,
  }: {
    readonly path: string;
    readonly part: WindowPart;
    readonly opened: MeshFile;
    readonly leftOut: readonly LeftOutArray[];
  },
): Error {
  const known = leftOut.filter((array) => array.name === name);
  if (part.graphOf === 'cells' && header.pointArrays.includes(name))
    return pointArrayInCells('includeAttributes', name, path, header.cellArrays);
  if (known.some(({ reason }) => reason === 'strings'))
    return stringsInGraph('includeAttributes', name, path);
  return noSuchArray(name, path, withLogical(header, part.logical), known);
}
