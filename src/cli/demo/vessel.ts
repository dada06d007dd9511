import { CellType, type Mesh, type Tensor } from '../../index.ts';

/** Measures that a synthetic vessel is made from. */
export interface VesselOptions {
  /** Radius of the trunk at its inlet, cm. */
  readonly radius: number;
  /** Share of the radius that the stenosis takes, 0 … 0.7. */
  readonly stenosis: number;
  /** Mean velocity at the inlet, cm/s. */
  readonly meanVelocity: number;
  /** Time in the cardiac cycle, s: the value of `TimeValue`. */
  readonly time: number;
  /** Bricks across the trunk, even. */
  readonly resolution: number;
}

/** Viscosity of blood, poise. */
const VISCOSITY_POISE = 0.04;
/** Pressure of 1 mmHg, dyn/cm². */
const DYN_PER_MMHG = 1333.22;
/** Length of the trunk and of the daughters, in radii of the trunk. */
const TRUNK_RADII = 12;
const DAUGHTER_RADII = 9;
/** Radius of a daughter, of the trunk's: the sum of cubes stays (C. D. Murray, 1926). */
const DAUGHTER_SCALE = 0.5 ** (1 / 3);
/** Angle of the trunk's bend, radians. */
const BEND_RADIANS = 0.9;

/** Corners of five tetrahedra a brick, in two mirror forms that alternate so that neighbours share their diagonals. */
const EVEN = [0, 1, 3, 4, 1, 2, 3, 6, 1, 4, 5, 6, 3, 4, 6, 7, 1, 3, 4, 6];
const ODD = [0, 1, 2, 5, 0, 2, 3, 7, 0, 5, 7, 4, 2, 5, 6, 7, 0, 2, 7, 5];

type Vector = readonly [number, number, number];

/** A cross-section: its centre line frame and its radius. */
interface Section {
  readonly centre: Vector;
  readonly tangent: Vector;
  readonly across: Vector;
  readonly radius: number;
}

/** Maps the square [−1, 1]² to the unit disc. */
function squareToDisc(u: number, v: number): readonly [number, number] {
  return [u * Math.sqrt(1 - (v * v) / 2), v * Math.sqrt(1 - (u * u) / 2)];
}

/** Computes a step: 0 before 0, 1 after 1, smooth between. */
function smoothStep(t: number): number {
  const x = Math.min(1, Math.max(0, t));
  return x * x * (3 - 2 * x);
}

/** Makes the section of the bent trunk at `t` in 0 … 1, with a stenosis in its middle. */
function trunkSection(t: number, { radius, stenosis }: VesselOptions): Section {
  const bendRadius = (TRUNK_RADII * radius) / BEND_RADIANS;
  const angle = BEND_RADIANS * t;
  const narrowing = stenosis * Math.exp(-(((t - 0.5) / 0.09) ** 2));
  return {
    centre: [bendRadius * Math.sin(angle), 0, bendRadius * (1 - Math.cos(angle))],
    tangent: [Math.cos(angle), 0, Math.sin(angle)],
    across: [Math.sin(angle), 0, -Math.cos(angle)],
    radius: radius * (1 - narrowing),
  };
}

/** Points and fields as they grow. */
class VesselBuilder {
  readonly positions: number[] = [];
  readonly pressure: number[] = [];
  readonly velocity: number[] = [];
  readonly shear: number[] = [];
  readonly tetrahedra: number[] = [];
  readonly regions: number[] = [];

  /** Adds a point at (x, y) of a section's plane, lengths in cm; `rho` is 1 on the wall. */
  addPoint(section: Section, x: number, y: number, rho: number, flow: Flow): number {
    const { centre, tangent, across } = section;
    const speed = rho >= 1 ? 0 : 2 * flow.mean * (1 - rho * rho);
    for (let axis = 0; axis < 3; axis++) {
      const up = axis === 1 ? 1 : 0;
      this.positions.push((centre[axis] as number) + x * (across[axis] as number) + y * up);
      this.velocity.push(speed * ((tangent[axis] as number) + flow.drift * (across[axis] as number)));
    }
    this.pressure.push(flow.pressure);
    this.shear.push(rho >= 1 ? (4 * VISCOSITY_POISE * flow.mean) / flow.radius : 0);
    return this.pressure.length - 1;
  }

  /** Adds the tetrahedra of a brick whose corners are in VTK's order of a hexahedron. */
  addBrick(corners: readonly number[], odd: boolean, region: number): void {
    for (const [index, corner] of (odd ? ODD : EVEN).entries()) {
      this.tetrahedra.push(corners[corner] as number);
      if (index % 4 === 3) this.regions.push(region);
    }
  }
}

/** Flow through a section. */
interface Flow {
  /** Mean velocity, cm/s. */
  readonly mean: number;
  /** Sideways velocity of the axial one. */
  readonly drift: number;
  /** Pressure, mmHg. */
  readonly pressure: number;
  /** Radius that the flow has, cm. */
  readonly radius: number;
}

/** A layer of point numbers across a tube. */
type Layer = readonly (readonly number[])[];

/** Joins two layers by bricks; `first` is the number of the leftmost column, so that the two forms alternate. */
function addBricks(
  builder: VesselBuilder,
  low: Layer,
  high: Layer,
  first: number,
  layer: number,
  region: number,
): void {
  for (let i = 0; i + 1 < low.length; i++) {
    for (let j = 0; j + 1 < (low[i] as readonly number[]).length; j++) {
      const ring = (points: Layer): number[] =>
        [
          [i, j],
          [i + 1, j],
          [i + 1, j + 1],
          [i, j + 1],
        ].map(([a, b]) => points[a as number]?.[b as number] as number);
      builder.addBrick([...ring(low), ...ring(high)], (first + i + j + layer) % 2 === 1, region);
    }
  }
}

/**
 * Makes a bent vessel with a stenosis that divides into two daughters, as one conforming mesh of tetrahedra: the
 * trunk's cross-section, a disc, is cut into two half-discs that become discs along the daughters. Fields are those of
 * Poiseuille flow in each cross-section: pressure (mmHg), velocity (cm/s), wall_shear_stress (dyn/cm², 0 off the wall);
 * cells carry their region (0 trunk, 1 and 2 daughters).
 */
export function makeVessel(options: VesselOptions): Mesh {
  const { radius, meanVelocity, resolution: n } = options;
  const builder = new VesselBuilder();
  const trunkLayers = 3 * n;
  const flowRate = Math.PI * radius ** 2 * meanVelocity;
  let pressure = 100;
  const flowIn = (sectionRadius: number, rate: number, length: number): Flow => {
    // The pressure falls by 8 μ Q L / (π R⁴); a tenfold loss stands for what Poiseuille flow leaves out.
    pressure -= (10 * 8 * VISCOSITY_POISE * rate * length) / (Math.PI * sectionRadius ** 4 * DYN_PER_MMHG);
    return { mean: rate / (Math.PI * sectionRadius ** 2), drift: 0, pressure, radius: sectionRadius };
  };

  let last: Layer = [];
  for (let layer = 0; layer <= trunkLayers; layer++) {
    const section = trunkSection(layer / trunkLayers, options);
    const flow = flowIn(section.radius, flowRate, layer === 0 ? 0 : (TRUNK_RADII * radius) / trunkLayers);
    const splits = layer === trunkLayers;
    const points = Array.from({ length: n + 1 }, (_, i) =>
      Array.from({ length: n + 1 }, (__, j) => {
        const [x, y] = squareToDisc((2 * i) / n - 1, (2 * j) / n - 1);
        // The line along which the vessel divides is wall.
        const wall = i === 0 || i === n || j === 0 || j === n || (splits && 2 * i === n);
        return builder.addPoint(
          section,
          x * section.radius,
          y * section.radius,
          wall ? 1 : Math.hypot(x, y),
          flow,
        );
      }),
    );
    if (layer > 0) addBricks(builder, last, points, 0, layer - 1, 0);
    last = points;
  }

  const end = trunkSection(1, options);
  const pressureAtEnd = pressure;
  const half = n / 2;
  const layers = Math.round((trunkLayers * DAUGHTER_RADII) / TRUNK_RADII);
  for (const side of [-1, 1] as const) {
    pressure = pressureAtEnd;
    const first = side < 0 ? 0 : half;
    let below: Layer = last.slice(first, first + half + 1);
    for (let layer = 1; layer <= layers; layer++) {
      const t = layer / layers;
      const points = addDaughterLayer(builder, end, side, t, n, radius, (sectionRadius) => ({
        ...flowIn(sectionRadius, flowRate / 2, (DAUGHTER_RADII * radius) / layers),
        drift: side * 0.5 * t,
      }));
      addBricks(builder, below, points, first, trunkLayers + layer - 1, side < 0 ? 1 : 2);
      below = points;
    }
  }
  return toMesh(builder, options.time);
}

/** Adds one cross-section of a daughter: a half-disc that has become a disc where the daughters part. */
function addDaughterLayer(
  builder: VesselBuilder,
  end: Section,
  side: -1 | 1,
  t: number,
  n: number,
  radius: number,
  flowOf: (sectionRadius: number) => Flow,
): Layer {
  const half = n / 2;
  const morph = smoothStep(t / 0.5);
  const length = DAUGHTER_RADII * radius * t;
  const section: Section = {
    ...end,
    centre: end.centre.map(
      (value, axis) => value + length * (end.tangent[axis] as number),
    ) as unknown as Vector,
    radius: DAUGHTER_SCALE * radius,
  };
  const flow = flowOf(section.radius);
  const shift = side * (0.45 * morph + 0.25 * DAUGHTER_RADII * t * t);
  return Array.from({ length: half + 1 }, (_, i) =>
    Array.from({ length: n + 1 }, (__, j) => {
      const v = (2 * j) / n - 1;
      const [flatX, flatY] = squareToDisc((side < 0 ? -1 : 0) + i / half, v);
      const [roundX, roundY] = squareToDisc((2 * i) / half - 1, v);
      const x = (1 - morph) * flatX + morph * DAUGHTER_SCALE * roundX + shift;
      const y = (1 - morph) * flatY + morph * DAUGHTER_SCALE * roundY;
      const wall = i === 0 || i === half || j === 0 || j === n;
      return builder.addPoint(section, x * radius, y * radius, wall ? 1 : Math.hypot(roundX, roundY), flow);
    }),
  );
}

function toMesh(builder: VesselBuilder, time: number): Mesh {
  const numPoints = builder.pressure.length;
  const numCells = builder.regions.length;
  const scalars = (values: readonly number[]): Tensor => ({
    data: Float32Array.from(values),
    shape: [numPoints],
  });
  return {
    kind: 'UnstructuredGrid',
    points: { data: Float32Array.from(builder.positions), shape: [numPoints, 3] },
    cells: {
      types: new Uint8Array(numCells).fill(CellType.Tetra),
      connectivity: Int32Array.from(builder.tetrahedra),
      offsets: Int32Array.from({ length: numCells + 1 }, (_, cell) => 4 * cell),
    },
    pointData: new Map<string, Tensor>([
      ['pressure', scalars(builder.pressure)],
      ['velocity', { data: Float32Array.from(builder.velocity), shape: [numPoints, 3] }],
      ['wall_shear_stress', scalars(builder.shear)],
    ]),
    cellData: new Map([['region', { data: Uint8Array.from(builder.regions), shape: [numCells] }]]),
    fieldData: new Map([['TimeValue', { data: Float64Array.of(time), shape: [1] }]]),
  };
}
