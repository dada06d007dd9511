import type { Tensor } from './mesh.ts';
import type { Standardization } from './statistics.ts';

/** Facts that a sample's sidecar or the root metadata file says of it. */
export type Metadata = Readonly<Record<string, unknown>>;

/** Graph that is made of a mesh: its points are the nodes, or its cells are. */
export type GraphOf = 'points' | 'cells';

/** Way in which positions were mapped to the unit box: `stored = pos * scale + offset`. */
export interface Normalization {
  /** Least x, y and z of the stored points. */
  readonly offset: readonly [number, number, number];
  /** Largest extent of the stored points, in their unit of length; 1 where they all coincide. */
  readonly scale: number;
}

/** A mesh as a graph: N nodes, E directed edges, M cells. Its nodes are the points of the mesh, or its cells ({@link GraphOf}). */
export interface GraphData {
  /** Name of the sample inside its dataset. */
  readonly id: string;
  /** Positions `[N, 3]`. */
  readonly pos: Tensor<Float32Array<ArrayBuffer>>;
  /**
   * Edges, `[2, E]`: row 0 sources, row 1 targets. Both directions of every undirected mesh edge, sorted by (source,
   * target), no duplicates, no self-loops.
   */
  readonly edgeIndex: Tensor<Int32Array<ArrayBuffer>>;
  /** Arrays over nodes by name, `[N]` or `[N, components]`; a record without a prototype. */
  readonly node: Readonly<Record<string, Tensor>>;
  /** Arrays over cells by name, `[M]` or `[M, components]`; a record without a prototype. */
  readonly cell: Readonly<Record<string, Tensor>>;
  /**
   * Arrays over directed edges by name, `[E]` or `[E, components]`, in the order of `edgeIndex`. Meshes have none: what
   * a transform adds. @defaultValue none
   */
  readonly edge?: Readonly<Record<string, Tensor>> | undefined;
  /**
   * Values of the whole graph by name, one row `[…]` each: `[]` for a number, `[k]` for k of them. What a transform adds.
   * @defaultValue none
   */
  readonly graph?: Readonly<Record<string, Tensor>> | undefined;
  /**
   * The other parts of the sample by name, as the option `samples` names them: graphs with nodes, edges and arrays of
   * their own; a record without a prototype. They have no parts themselves. @defaultValue none
   */
  readonly parts?: Readonly<Record<string, GraphData>> | undefined;
  readonly metadata: Metadata;
  readonly numNodes: number;
  /** Directed edges, E. */
  readonly numEdges: number;
  /** Cells, M; 0 in a graph whose nodes they are. */
  readonly numCells: number;
  /** Normalization of the positions; present when they were normalized. */
  readonly normalization?: Normalization | undefined;
  /**
   * Mean and standard deviation by which each array was standardized, by its name in statistics (`node.pressure`);
   * `value * std + mean` undoes it. Present when arrays were. @defaultValue none
   */
  readonly standardization?: Standardization | undefined;
  /**
   * Times of the steps of a sample of a series, `[T]`: where nothing tells them the numbers of the steps. Arrays that have
   * steps are then `[N, T]` or `[N, T, components]` where the sample is a window. @defaultValue none: it is of no series
   */
  readonly times?: Tensor<Float64Array<ArrayBuffer>> | undefined;
}
