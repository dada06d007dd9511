import { CellType, type CellTypeNumber, cellTypeName } from '../core/cell-types.ts';
import { UnsupportedError } from '../core/errors.ts';

/**
 * A cell shape: its corners, and its edges in the order and direction in which VTK numbers the points that
 * lie inside them. (`vtkCell::GetEdge` lists the last two edges of a hexahedron the other way round.)
 */
interface Shape {
  readonly corners: number;
  readonly edges: readonly (readonly [number, number])[];
}

const line: Shape = { corners: 2, edges: [[0, 1]] };
const triangle: Shape = {
  corners: 3,
  edges: [
    [0, 1],
    [1, 2],
    [2, 0],
  ],
};
const quad: Shape = {
  corners: 4,
  edges: [
    [0, 1],
    [1, 2],
    [3, 2],
    [0, 3],
  ],
};
const pixel: Shape = {
  corners: 4,
  edges: [
    [0, 1],
    [1, 3],
    [2, 3],
    [0, 2],
  ],
};
const tetra: Shape = { corners: 4, edges: [...triangle.edges, [0, 3], [1, 3], [2, 3]] };
const pyramid: Shape = {
  corners: 5,
  edges: [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 0],
    [0, 4],
    [1, 4],
    [2, 4],
    [3, 4],
  ],
};
const wedge = prism(triangle);
const hexahedron = prism(quad);
const voxel = prism(pixel);

/** Makes two copies of `base`, and an edge from each corner to its copy. */
function prism({ corners, edges }: Shape): Shape {
  const top = edges.map(([a, b]) => [a + corners, b + corners] as const);
  const sides = Array.from({ length: corners }, (_, corner) => [corner, corner + corners] as const);
  return { corners: 2 * corners, edges: [...edges, ...top, ...sides] };
}

function ring(corners: number): Shape {
  return { corners, edges: Array.from({ length: corners }, (_, corner) => [corner, (corner + 1) % corners]) };
}

/**
 * Lists the pairs of points that are neighbours along the edges of a cell whose edges hold `interior(edge)` points
 * between their corners, numbered edge by edge after the corners.
 */
function pairsAlongEdges({ corners, edges }: Shape, interior: (edge: number) => number): Int32Array {
  const pairs: number[] = [];
  let point = corners;
  for (const [edge, [first, last]] of edges.entries()) {
    let previous = first;
    for (let count = interior(edge); count > 0; count--) {
      pairs.push(previous, point);
      previous = point++;
    }
    pairs.push(previous, last);
  }
  return Int32Array.from(pairs);
}

const linear = (shape: Shape): Int32Array => pairsAlongEdges(shape, () => 0);
const quadratic = (shape: Shape): Int32Array => pairsAlongEdges(shape, () => 1);

/** Neighbours in cells of fixed size: local indices `a0, b0, a1, b1, …`. */
const fixedPairs = new Map<CellTypeNumber, Int32Array>([
  [CellType.Empty, Int32Array.of()],
  [CellType.Vertex, Int32Array.of()],
  [CellType.Line, linear(line)],
  [CellType.Triangle, linear(triangle)],
  [CellType.Pixel, linear(pixel)],
  [CellType.Quad, linear(quad)],
  [CellType.Tetra, linear(tetra)],
  [CellType.Voxel, linear(voxel)],
  [CellType.Hexahedron, linear(hexahedron)],
  [CellType.Wedge, linear(wedge)],
  [CellType.Pyramid, linear(pyramid)],
  [CellType.PentagonalPrism, linear(prism(ring(5)))],
  [CellType.HexagonalPrism, linear(prism(ring(6)))],
  [CellType.QuadraticEdge, quadratic(line)],
  [CellType.QuadraticTriangle, quadratic(triangle)],
  [CellType.QuadraticQuad, quadratic(quad)],
  [CellType.QuadraticTetra, quadratic(tetra)],
  [CellType.QuadraticHexahedron, quadratic(hexahedron)],
  [CellType.QuadraticWedge, quadratic(wedge)],
  [CellType.QuadraticPyramid, quadratic(pyramid)],
  [CellType.BiquadraticQuad, quadratic(quad)],
  [CellType.TriquadraticHexahedron, quadratic(hexahedron)],
  // Straight from one of the two quadratic edges to the other.
  [CellType.QuadraticLinearQuad, pairsAlongEdges(quad, (edge) => (edge % 2 === 0 ? 1 : 0))],
  [CellType.QuadraticLinearWedge, pairsAlongEdges(wedge, (edge) => (edge < 6 ? 1 : 0))],
  [CellType.BiquadraticQuadraticWedge, quadratic(wedge)],
  [CellType.BiquadraticQuadraticHexahedron, quadratic(hexahedron)],
  [CellType.BiquadraticTriangle, quadratic(triangle)],
  [CellType.CubicLine, pairsAlongEdges(line, () => 2)],
  [CellType.TriquadraticPyramid, quadratic(pyramid)],
]);

interface HigherOrderFamily {
  readonly shape: Shape;
  /** Function that tells how many points a cell of an order has. */
  readonly size: (order: number) => number;
  /** Size of a second-order cell with extra points in its faces and inside. */
  readonly enriched?: number;
  readonly maxOrder?: number;
}

const highTriangle: HigherOrderFamily = {
  shape: triangle,
  size: (order) => ((order + 1) * (order + 2)) / 2,
  enriched: 7,
};
const highQuad: HigherOrderFamily = { shape: quad, size: (order) => (order + 1) ** 2 };
const highTetra: HigherOrderFamily = {
  shape: tetra,
  size: (order) => ((order + 1) * (order + 2) * (order + 3)) / 6,
  enriched: 15,
};
const highHexahedron: HigherOrderFamily = { shape: hexahedron, size: (order) => (order + 1) ** 3 };
const highWedge: HigherOrderFamily = {
  shape: wedge,
  size: (order) => ((order + 1) ** 2 * (order + 2)) / 2,
  enriched: 21,
};
/**
 * Pyramids of higher order: VTK 9 has the type numbers but no such cell; above order 2 nothing says which way its edges
 * run.
 */
const highPyramid: HigherOrderFamily = {
  shape: pyramid,
  size: (order) => ((order + 1) * (order + 2) * (2 * order + 3)) / 6,
  maxOrder: 2,
};

const higherOrder = new Map<number, HigherOrderFamily>([
  [CellType.LagrangeTriangle, highTriangle],
  [CellType.LagrangeQuadrilateral, highQuad],
  [CellType.LagrangeTetrahedron, highTetra],
  [CellType.LagrangeHexahedron, highHexahedron],
  [CellType.LagrangeWedge, highWedge],
  [CellType.LagrangePyramid, highPyramid],
  [CellType.BezierTriangle, highTriangle],
  [CellType.BezierQuadrilateral, highQuad],
  [CellType.BezierTetrahedron, highTetra],
  [CellType.BezierHexahedron, highHexahedron],
  [CellType.BezierWedge, highWedge],
  [CellType.BezierPyramid, highPyramid],
]);

/**
 * Edges of cells by type and number of points, as `vtkCell::GetEdge` of VTK 9.1 gives them: an edge with
 * points inside it is cut at each of them.
 */
export class EdgeTables {
  readonly #byType: (Int32Array | undefined)[] = [];
  readonly #bySize = new Map<number, Int32Array>();

  constructor() {
    for (let type = 0; type < 256; type++) this.#byType.push(fixedPairs.get(type as CellTypeNumber));
  }

  /**
   * Finds the local indices `a0, b0, a1, b1, …` of neighbours in a cell of `type` with `size` points; undefined where
   * the edges do not come from a table. A fixed type's `size` is not looked at.
   *
   * @throws UnsupportedError when no uniform order gives a higher-order cell `size` points
   */
  find(type: number, size: number): Int32Array | undefined {
    return this.#byType[type] ?? this.#findHigherOrder(type, size);
  }

  #findHigherOrder(type: number, size: number): Int32Array | undefined {
    const family = higherOrder.get(type);
    if (family === undefined) return undefined;
    const key = size * 256 + type;
    let pairs = this.#bySize.get(key);
    if (pairs === undefined) {
      const order = findOrder(family, type, size);
      pairs = pairsAlongEdges(family.shape, () => order - 1);
      this.#bySize.set(key, pairs);
    }
    return pairs;
  }
}

function findOrder(
  { size: sizeOf, enriched, maxOrder }: HigherOrderFamily,
  type: number,
  size: number,
): number {
  const name = cellTypeName(type);
  let order = size === enriched ? 2 : 1;
  if (size !== enriched) while (sizeOf(order) < size) order++;
  if (size !== enriched && sizeOf(order) !== size) {
    throw new UnsupportedError(
      `${name} of mixed order`,
      `A ${name} of ${size} points has no uniform order; its edges cannot be told. Save the mesh with the same order in every direction, or as linear cells.`,
    );
  }
  if (order > (maxOrder ?? order)) {
    throw new UnsupportedError(
      `${name} of order ${order}`,
      `The edges of a ${name} of order ${order} (${size} points) are not defined by VTK. Save the mesh with order ${maxOrder} at most, or as linear cells.`,
    );
  }
  return order;
}
