/** Things that arrays of a graph belong to. */
export type ArrayKind = 'node' | 'cell' | 'edge' | 'graph';

/** Facts of a kind of arrays, by which all that handles arrays goes. */
export interface ArrayKindFacts {
  /** Number of its rows in a graph; undefined for arrays that are one row themselves. */
  readonly rows: 'numNodes' | 'numCells' | 'numEdges' | undefined;
  /** True for arrays of mesh files, false for those that only transforms add. */
  readonly isStored: boolean;
}

/** Kinds of arrays in their order: one that is missing here does not compile. */
export const ARRAY_KINDS: Readonly<Record<ArrayKind, ArrayKindFacts>> = {
  node: { rows: 'numNodes', isStored: true },
  cell: { rows: 'numCells', isStored: true },
  edge: { rows: 'numEdges', isStored: false },
  graph: { rows: undefined, isStored: false },
};

/** Names of the kinds in their order. */
export const KIND_NAMES = Object.keys(ARRAY_KINDS) as readonly ArrayKind[];
