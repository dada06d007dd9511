/*
 * Protocol between the page of `vascusim view` and its server: types, for both sides.
 *
 * All routes are GET or HEAD (405 else), relative to the page's own address. Binary answers are safetensors with one text
 * `facts` in `__metadata__`, which is JSON; each tensor begins at a multiple of the size of its type and is read in place.
 * Answers of `api/` are `no-store`; faults are JSON (`ViewFault`) with status 400 (what was asked for cannot be), 403,
 * 404, 409 (no difference: other meshes), 422 (the file), 502 (the line to the source), 503 (the server is ending), 500.
 * A request that the page aborts ends what is done for it alone, down to the transfer from the source.
 *
 * Way in: `GET ?token=TOKEN` sets a cookie and redirects to `.` without the token (the browser keeps the fragment); static
 * files (`.`, `assets/…`) need no cookie, `api/` does (403, code `TOKEN`). Refused with 403 as well: a `Host` that is not
 * `localhost`, `127.0.0.1` or `[::1]` with any port (`HOST`), an `Origin` that is not `http://` + that host, or
 * `Sec-Fetch-Site: cross-site` for anything but opening the page itself (`ORIGIN`).
 *
 *   api/session                                  ViewSession
 *   api/samples?where=&from=0&count=100          SamplePage; a filter that cannot be read: 400 with `offset`
 *   api/sample?sample=ID                         SampleDescription
 *   api/surface?sample=ID&step=K                 safetensors, SurfaceTensors + SurfaceFacts
 *   api/values?sample&array&…                    safetensors, ValuesTensors + ValuesFacts, in the order of the surface
 *   api/slice?plane=nx,ny,nz,d&sample&array&…    safetensors, SliceTensors + SliceFacts; `array` empty: without values
 *   api/range?sample&array&…                     ValueRange over all steps, `step` is not looked at; may fetch them all
 *   api/probe?point=N | cell=N&sample&array&…    ProbedValue
 *   api/thumbnail?sample=ID                      PNG; 204: not without the network, or nothing to draw
 *   api/report?from=0                            ReportPage; only where `session.report`
 *
 * `…` is `on=node|cell` (which of two arrays of one name; left out: that of points goes first), `component=x|y|z|0…` (left
 * out: the value itself, of vectors their length), `step=K` (from 0; only where the sample has steps), `minus=ID` (the
 * difference: values of `sample` less those of `minus`, at the same step, or the last one that it has), and for `values`
 * `ahead=1|-1|0`: direction of play, in which the next steps are fetched (left out: the direction of the last two asked for).
 *
 * A clip is drawn by the page: it discards what has n · x > d. Ids and names are sent as URLSearchParams writes them.
 */

/** Header by which the page asks for faults with status 200: `told`; the status that they have is in the other one. */
export const FAULTS_HEADER = 'x-view-faults';
export const STATUS_HEADER = 'x-view-status';

/** Things that an array has values of. */
export type ViewedOn = 'node' | 'cell';

/** Server as the page finds it. */
export interface ViewSession {
  /** Name of this run of the server: another one means that it was started anew, and nothing kept holds. */
  readonly session: string;
  readonly version: string;
  /** Source or file as it was given, without secrets: the page's title. */
  readonly source: string;
  /** Number of samples without a filter; 0 where only a run is shown. */
  readonly samples: number;
  /** Array that is shown first where a sample has it (`-a NAME`). */
  readonly array: string | undefined;
  /** Filter that the list was opened with (`--where`), which is not part of `api/samples?where=`. */
  readonly where: string | undefined;
  /** True when `api/thumbnail` may be asked. */
  readonly thumbnails: boolean;
  /** Name of the file of a run (`--report`); undefined where there is none. */
  readonly report: string | undefined;
}

/** Sample in the list. */
export interface ViewedSample {
  readonly id: string;
  /** Short texts of its metadata, most telling first; at most three. */
  readonly details: readonly string[];
  /** Bytes of its files. */
  readonly bytes: number;
}

/** Part of the list of samples. */
export interface SamplePage {
  /** Samples in all, and those that fit the filter. */
  readonly total: number;
  readonly matching: number;
  /** Place of the first of `samples` among those that fit. */
  readonly from: number;
  readonly samples: readonly ViewedSample[];
}

/** Array that a sample has. */
export interface ViewedArray {
  /** Name, without the step where it has steps. */
  readonly name: string;
  readonly on: ViewedOn;
  /** Type in the file: `Float32`. */
  readonly type: string;
  readonly components: number;
  /** Names of the components, as the file states them; empty texts where it names none. */
  readonly componentNames: readonly string[];
  readonly unit: string | undefined;
  /** Least and greatest value (of vectors: length) as far as it is known without fetching: stated by the file. */
  readonly range: readonly [low: number, high: number] | undefined;
  /** True when it has other values at each step. */
  readonly hasSteps: boolean;
}

/** Step of a sample. */
export interface ViewedStep {
  /** Step as the source numbers it. */
  readonly step: number;
  /** Time, seconds; undefined where only numbers are known. */
  readonly time: number | undefined;
}

/** Box that holds all points of a mesh. */
export interface ViewBounds {
  readonly low: readonly [x: number, y: number, z: number];
  readonly high: readonly [x: number, y: number, z: number];
}

/** Sample as the page shows it. All texts are texts of files: never markup. */
export interface SampleDescription {
  readonly id: string;
  /** Files of it, the mesh first. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** Metadata as texts, `a.b` for what lies in `a`. */
  readonly metadata: readonly (readonly [key: string, text: string])[];
  readonly points: number | undefined;
  readonly cells: number | undefined;
  /** Arrays that can be shown; those of strings are not among them. */
  readonly arrays: readonly ViewedArray[];
  /** Name of the array that is shown where the link names none; undefined: plain. */
  readonly first: string | undefined;
  /** Steps in the order of time; empty where there are none. */
  readonly steps: readonly ViewedStep[];
  /** Known once the surface was asked for. */
  readonly bounds: ViewBounds | undefined;
}

/**
 * Tensors of `api/surface`. Points are those on the surface, in the order of the mesh; triangles are cut of polygons as
 * `render` cuts them.
 */
export interface SurfaceTensors {
  /** Places less the centre (`SurfaceFacts.centre`), `[P, 3]`. */
  readonly positions: Float32Array;
  /** Places of the corners in `positions`, `[T, 3]`. */
  readonly triangles: Uint32Array;
  /** Bits of the sides of a triangle, `[T]`: bit k is set where that from corner k to the next is a side of its polygon. */
  readonly sides: Uint8Array;
  /** Pieces of lines, `[L, 2]`, and single points, `[V]`. */
  readonly lines: Uint32Array;
  readonly vertices: Uint32Array;
  /** Numbers in the mesh: of each point, `[P]`, and of each cell that is on the surface, `[C]`. */
  readonly points: Uint32Array;
  readonly cells: Uint32Array;
  /** Places in `cells` of what a triangle, `[T]`, a piece of a line, `[L]`, and a single point, `[V]`, is of. */
  readonly triangleCells: Uint32Array;
  readonly lineCells: Uint32Array;
  readonly vertexCells: Uint32Array;
}

/** Facts of `api/surface`, in double precision. */
export interface SurfaceFacts {
  /** Name of the geometry: steps and samples that give the same one have the same tensors, which need not be asked for. */
  readonly mesh: string;
  /** Point that `positions` are less: the middle of `bounds`, 0 where no point has a place. */
  readonly centre: readonly [x: number, y: number, z: number];
  /** Box of the points on the surface. */
  readonly bounds: ViewBounds;
  /** Points and cells of the mesh. */
  readonly meshPoints: number;
  readonly meshCells: number;
}

/** Tensors of `api/values`. */
export interface ValuesTensors {
  /**
   * Values: v = mid + scale · values, in double precision. Of an array over points one for each point of the surface,
   * `[P]`; of one over cells one for each of its cells, `[C]` (`triangleCells` says whose). NaN and infinities as they are.
   */
  readonly values: Float32Array;
}

/** Facts of `api/values`, in double precision. */
export interface ValuesFacts {
  readonly array: string;
  readonly on: ViewedOn;
  /** Geometry that the values belong to, as `SurfaceFacts.mesh`: where it is not the one at hand, ask for `api/surface`. */
  readonly mesh: string;
  readonly mid: number;
  /** Power of two. */
  readonly scale: number;
  /** Least and greatest finite value; undefined where none is. */
  readonly range: readonly [low: number, high: number] | undefined;
  /** Least positive value, for logarithmic scales; undefined where none is. */
  readonly leastPositive: number | undefined;
  /** Number of values that are not finite. */
  readonly notFinite: number;
  readonly step: number | undefined;
}

/** Tensors of `api/slice`: as those of a surface, of the points that the plane makes. */
export interface SliceTensors {
  /** Places less the centre of the sample's surface, `[P, 3]`. */
  readonly positions: Float32Array;
  readonly triangles: Uint32Array;
  readonly sides: Uint8Array;
  readonly lines: Uint32Array;
  readonly vertices: Uint32Array;
  /** Number of the nearest point of the mesh among those that each point is mixed of, `[P]`; of each cell, `[C]`. */
  readonly points: Uint32Array;
  readonly cells: Uint32Array;
  readonly triangleCells: Uint32Array;
  readonly lineCells: Uint32Array;
  readonly vertexCells: Uint32Array;
  /** Values as in `ValuesTensors`, over the points or cells of the slice; absent where no array is asked for. */
  readonly values?: Float32Array | undefined;
}

/** Facts of `api/slice`. A plane that meets nothing gives no triangles and no fault. */
export interface SliceFacts {
  readonly centre: readonly [x: number, y: number, z: number];
  /** Facts of the values; undefined where no array is asked for. */
  readonly values: ValuesFacts | undefined;
}

/** Range of values over all steps; of a sample without steps of that one. */
export interface ValueRange {
  readonly range: readonly [low: number, high: number] | undefined;
  readonly leastPositive: number | undefined;
  readonly notFinite: number;
}

/** Value of a point or cell of the mesh, exactly as the file has it (with `minus`: of the difference). */
export interface ProbedValue {
  readonly array: string;
  readonly on: ViewedOn;
  readonly unit: string | undefined;
  /** Number of the point or the cell. */
  readonly number: number;
  /** Place of the point; undefined of a cell. */
  readonly position: readonly [x: number, y: number, z: number] | undefined;
  /** Value that is shown; null where it is not finite. */
  readonly value: number | null;
  /** The same as a text: `NaN`, `Infinity`, whole 64-bit numbers to the last digit. */
  readonly text: string;
  /** Texts of all components. */
  readonly components: readonly string[];
}

/** Figures of a run at one time. */
export interface RunFigures {
  /** Time since the run began, seconds. */
  readonly seconds: number;
  readonly samples: number;
  readonly samplesPerSecond: number;
  readonly megabytesPerSecond: number;
  /** Share of the time in which the loop waited, 0 … 1. */
  readonly waiting: number;
  /** Samples that lie ready before they are asked for. */
  readonly readyAhead: number;
  /** Share of the files that were here when they were asked for, 0 … 1; undefined where none is counted. */
  readonly cacheHits: number | undefined;
  readonly boundBy: 'network' | 'decode' | 'consumer' | undefined;
}

/** Lines of a run from a place on. */
export interface ReportPage {
  readonly figures: readonly RunFigures[];
  /** Place to ask from next. */
  readonly next: number;
  /** True when the file was written anew: what came before is of another run. */
  readonly isAnew: boolean;
  /** True when the run has ended. */
  readonly hasEnded: boolean;
}

/** Class of a fault: those of this package's errors, and the door's own. */
export type ViewFaultCode =
  | 'NOT_FOUND'
  | 'AUTH'
  | 'NETWORK'
  | 'INTEGRITY'
  | 'FORMAT'
  | 'CACHE'
  | 'CONFIG'
  | 'UNSUPPORTED'
  | 'DISPOSED'
  | 'TOKEN'
  | 'HOST'
  | 'ORIGIN'
  | 'METHOD'
  | 'EMPTY'
  | 'OTHER_MESH'
  | 'INTERNAL';

/** Fault as JSON. `EMPTY`: the mesh has nothing to draw; `OTHER_MESH`: no difference of two meshes that are not equal. */
export interface ViewFault {
  readonly code: ViewFaultCode;
  /** Whole sentence for people: the file, the place in it, what to do. No secret, no markup. */
  readonly message: string;
  /** File that it is about, and the byte in it, where they are known; of a filter the character in it. */
  readonly path: string | undefined;
  readonly offset: number | undefined;
}
