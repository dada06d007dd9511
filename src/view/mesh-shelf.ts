import { createHash } from 'node:crypto';
import { ConfigError, FormatError, NotFoundError } from '../core/errors.ts';
import { findGhosts, isGhostArray } from '../core/ghosts.ts';
import { isTensor, type Mesh, type MeshArrays, type SiblingFile, type Tensor } from '../core/mesh.ts';
import type { MeshFile } from '../core/mesh-format.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { FileGroup } from '../files/file-group.ts';
import { openMesh } from '../formats/registry.ts';
import type { Blend } from '../render/blend.ts';
import { nothingToDraw } from '../render/describe-picture.ts';
import { takeRows } from '../render/list-cells.ts';
import { checkPlane, type Plane } from '../render/plane.ts';
import { sliceSteps } from '../render/slice.ts';
import { surfaceSteps } from '../render/surface.ts';
import { usedPoints } from '../render/surface-mesh.ts';
import { ByteLru } from './byte-lru.ts';
import {
  bytesOfGeometry,
  geometrySteps,
  mixPlaces,
  nameOfGeometry,
  nearestPoints,
  type ViewGeometry,
} from './view-geometry.ts';
import type { MeshId, Missing, ShownArray, StoredArray, ViewTask } from './view-task.ts';

/** Bytes of what is kept of each kind: points and cells, what is drawn, values on surfaces, whole arrays, slices. */
const MAX_MESH_BYTES = 96 * 1024 ** 2;
const MAX_SURFACE_BYTES = 64 * 1024 ** 2;
const MAX_ROWS_BYTES = 96 * 1024 ** 2;
const MAX_ARRAY_BYTES = 40 * 1024 ** 2;
const MAX_SLICE_BYTES = 32 * 1024 ** 2;
/** Number of meshes whose digests are remembered. */
const MAX_DIGESTS = 1000;

/** Surface that is kept, with the name of its geometry. */
export interface KeptSurface extends ViewGeometry {
  readonly name: string;
  readonly meshPoints: number;
  readonly meshCells: number;
}

/** Slice that is kept, with how its points are mixed of those of the mesh. */
export interface KeptSlice extends ViewGeometry {
  readonly blend: Blend;
}

/** Digests by which meshes are compared. */
interface MeshDigest {
  readonly numPoints: number;
  readonly numCells: number;
  readonly points: string;
  readonly cells: string;
}

/** Sign that something has to be given first. */
export class NotOnShelf extends Error {
  override readonly name = 'NotOnShelf';
  readonly missing: Missing;

  constructor(missing: Missing) {
    super(`${missing.what} of ${missing.mesh.path} is not here`);
    this.missing = missing;
  }
}

/** Shelf of meshes on one thread: what was read of them, and what was made of that, within bounds of memory. */
export class MeshShelf {
  readonly #meshes = new ByteLru<Mesh>(MAX_MESH_BYTES, bytesOfMesh);
  readonly #surfaces = new ByteLru<KeptSurface>(MAX_SURFACE_BYTES, bytesOfGeometry);
  readonly #rows = new ByteLru<Tensor>(MAX_ROWS_BYTES, bytesOfTensor);
  readonly #arrays = new ByteLru<Tensor>(MAX_ARRAY_BYTES, bytesOfTensor);
  readonly #slices = new ByteLru<KeptSlice>(MAX_SLICE_BYTES, bytesOfGeometry);
  readonly #digests = new Map<string, MeshDigest>();

  /** @throws NotOnShelf */
  mesh(mesh: MeshId): Mesh {
    return this.#meshes.get(mesh.key) ?? miss({ mesh, what: 'mesh' });
  }

  /** @throws NotOnShelf */
  surface(mesh: MeshId): KeptSurface {
    return this.#surfaces.get(mesh.key) ?? miss({ mesh, what: 'surface' });
  }

  /**
   * Gives the rows of an array that are on the surface.
   *
   * @throws NotOnShelf
   */
  rows({ mesh, array }: ShownArray): Tensor {
    this.surface(mesh);
    return this.#rows.get(keyOf(mesh, array)) ?? miss({ mesh, what: 'rows', array });
  }

  /**
   * Gives all rows of an array.
   *
   * @throws NotOnShelf
   */
  array({ mesh, array }: ShownArray): Tensor {
    return this.#arrays.get(keyOf(mesh, array)) ?? miss({ mesh, what: 'array', array });
  }

  /**
   * Cuts a mesh, or gives the cut that was made before.
   *
   * @throws NotOnShelf, ConfigError for a plane that is none
   */
  async slice(mesh: MeshId, given: Plane, signal: AbortSignal): Promise<KeptSlice> {
    const plane = checkPlane('plane', given);
    const key = `${mesh.key} ${plane.join(' ')}`;
    const kept = this.#slices.get(key);
    if (kept !== undefined) return kept;
    const { centre } = this.surface(mesh);
    const whole = this.mesh(mesh);
    const slice = await new TimeSlice(signal).run(cutSteps(whole, plane, mesh.path, centre));
    this.#slices.put(key, slice);
    return slice;
  }

  /**
   * Makes sure that two meshes are equal.
   *
   * @throws NotOnShelf, ConfigError (option `minus`) that says what differs
   */
  requireEqual(one: MeshId, other: MeshId): void {
    if (one.key === other.key) return;
    const [a, b] = [this.#digest(one), this.#digest(other)];
    const why =
      a.numPoints !== b.numPoints
        ? `they have ${a.numPoints} and ${b.numPoints} points`
        : a.numCells !== b.numCells
          ? `they have ${a.numCells} and ${b.numCells} cells`
          : a.points !== b.points
            ? 'their points lie at other places'
            : a.cells !== b.cells
              ? 'their cells join other points'
              : undefined;
    if (why === undefined) return;
    throw new ConfigError(
      'minus',
      `There is a difference of equal meshes only, and those of ${one.path} and ${other.path} are not: ${why}.`,
    );
  }

  /** Reads points and cells, an array, or both, and keeps them. */
  async load(
    { mesh: id, files, geometry, array, timeStep }: Extract<ViewTask, { readonly do: 'load' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const { path } = id;
    const places = new Map(files.slice(1).map((file) => [file.path, file]));
    const pieceOf = (relative: string): (typeof files)[number] | undefined =>
      places.get(resolveSibling(path, relative) ?? '');
    const group = new FileGroup(path, (relative) => pieceOf(relative)?.place);
    const openSibling = async (relative: string): Promise<SiblingFile> => ({
      ...(await group.openSibling(relative, signal)),
      parsed: pieceOf(relative)?.parsed,
    });
    try {
      const [own] = files;
      if (own === undefined) throw new NotFoundError(`There is no file of ${path}.`);
      const access = await group.open(own.place, signal);
      const opened = await openMesh(access, { path, parsed: own.parsed, timeStep, signal });
      const isOne = opened.header.pieceCount === 1 && opened.header.pieceFiles.length === 0;
      if (!geometry && isOne) {
        if (array !== undefined) this.#keepArray(id, array, await readArray(opened, array, path, signal));
        return;
      }
      // Reading a mesh takes about as much again: large ones are not kept beside it.
      if (geometry) this.#meshes.shrink(MAX_MESH_BYTES / 2);
      const attributes = array === undefined ? [] : [array.name];
      const mesh = await opened.read({ attributes, strings: false, openSibling, signal });
      if (geometry) await this.#keepMesh(id, mesh, signal);
      if (array === undefined) return;
      const values = (array.on === 'node' ? mesh.pointData : mesh.cellData).get(array.name);
      this.#keepArray(id, array, isTensor(values) ? values : undefined);
    } finally {
      await group.close();
    }
  }

  async #keepMesh(id: MeshId, { kind, points, cells, ...arrays }: Mesh, signal: AbortSignal): Promise<void> {
    const mesh: Mesh = {
      kind,
      points,
      cells,
      pointData: onlyGhosts(arrays.pointData),
      cellData: onlyGhosts(arrays.cellData),
      fieldData: new Map(),
    };
    if (!this.#surfaces.has(id.key)) {
      const surface = await new TimeSlice(signal).run(surfaceOf(mesh, id.path));
      this.#surfaces.put(id.key, { ...surface, name: nameOfGeometry(surface) });
    }
    this.#meshes.put(id.key, mesh);
  }

  /** @throws NotFoundError, where the file turns out not to have it */
  #keepArray(mesh: MeshId, array: StoredArray, values: Tensor | undefined): void {
    if (values === undefined) {
      const where = array.on === 'node' ? 'points' : 'cells';
      throw new NotFoundError(`${mesh.path} has no array of numbers "${array.name}" over its ${where}.`);
    }
    const { tensors, meshPoints, meshCells } = this.surface(mesh);
    const count = array.on === 'node' ? meshPoints : meshCells;
    if (values.shape[0] !== count) {
      throw new FormatError(`has ${values.shape[0]} rows for ${count}`, {
        path: mesh.path,
        array: array.name,
      });
    }
    const key = keyOf(mesh, array);
    const rows = array.on === 'node' ? tensors.points : tensors.cells;
    const steps = takeRows(values, new Int32Array(rows.buffer, rows.byteOffset, rows.length));
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    this.#rows.put(key, step.value);
    this.#arrays.put(key, values);
  }

  #digest(id: MeshId): MeshDigest {
    const known = this.#digests.get(id.key);
    if (known !== undefined) return known;
    const { points, cells } = this.mesh(id);
    const hash = (
      parts: readonly (Uint8Array | Int32Array | Float64Array | Float32Array | undefined)[],
    ): string => {
      const made = createHash('sha256');
      for (const part of parts) made.update(`${part?.byteLength} `).update(part ?? '');
      return made.digest('base64url');
    };
    const { types, connectivity, offsets, faces } = cells;
    const digest: MeshDigest = {
      numPoints: points.shape[0] as number,
      numCells: types.length,
      points: hash([points.data]),
      cells: hash([types, connectivity, offsets, faces]),
    };
    if (this.#digests.size >= MAX_DIGESTS) this.#digests.clear();
    this.#digests.set(id.key, digest);
    return digest;
  }
}

function miss(missing: Missing): never {
  throw new NotOnShelf(missing);
}

function keyOf({ key }: MeshId, { name, on }: StoredArray): string {
  return `${on} ${name}\0${key}`;
}

/** Reads an array alone, of a file in one piece. */
async function readArray(
  file: MeshFile,
  { name, on }: StoredArray,
  path: string,
  signal: AbortSignal,
): Promise<Tensor | undefined> {
  for await (const read of file.arrays({ attributes: [name], signal }))
    if (read.name === name && read.on === on) return read.tensor;
  const strings = file.header.arrays.some(
    (array) => array.name === name && array.on === on && array.type === 'String',
  );
  if (!strings) return undefined;
  throw new ConfigError(
    'array',
    `The array "${name}" of ${path} holds strings, which have no place on a scale of colours.`,
  );
}

function onlyGhosts(arrays: MeshArrays): MeshArrays {
  return new Map([...arrays].filter(([name]) => isGhostArray(name)));
}

function* surfaceOf(mesh: Mesh, path: string): Generator<void, Omit<KeptSurface, 'name'>> {
  const meshPoints = mesh.points.shape[0] as number;
  const meshCells = mesh.cells.types.length;
  const surface = yield* surfaceSteps(mesh.cells, meshPoints, path, findGhosts(mesh));
  const used = yield* usedPoints(surface, meshPoints);
  if (used.kept.length === 0) throw nothingToDraw(mesh, path);
  const geometry = yield* geometrySteps(mesh.points, surface, used, meshCells);
  return { ...geometry, meshPoints, meshCells };
}

function* cutSteps(
  mesh: Mesh,
  plane: Plane,
  path: string,
  centre: ViewGeometry['centre'],
): Generator<void, KeptSlice> {
  const cut = yield* sliceSteps(mesh, plane, path, findGhosts(mesh));
  const points = mixPlaces(mesh.points, cut.points);
  const count = points.shape[0] as number;
  const kept = Int32Array.from({ length: count }, (_, point) => point);
  const numbers = kept.map((point) => point + 1);
  const geometry = yield* geometrySteps(points, cut, { kept, numbers }, mesh.cells.types.length, centre);
  const nearest = nearestPoints(cut.points);
  const tensors = { ...geometry.tensors, points: new Uint32Array(nearest.buffer) };
  return { ...geometry, tensors, blend: cut.points };
}

function bytesOfTensor({ data }: Tensor): number {
  return data.byteLength;
}

function bytesOfMesh({ points, cells }: Mesh): number {
  const { types, connectivity, offsets, faces, faceOffsets } = cells;
  return [points.data, types, connectivity, offsets, faces, faceOffsets].reduce(
    (sum, array) => sum + (array?.byteLength ?? 0),
    0,
  );
}
