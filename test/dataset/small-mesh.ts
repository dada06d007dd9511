/** What a small mesh holds. */
export interface SmallMesh {
  /** Number of points, 4 or more: a chain of tetrahedra. @defaultValue 4 */
  readonly points?: number | undefined;
  /** Point arrays of one component: name and the value at each point. @defaultValue pressure 1 */
  readonly pointData?: Readonly<Record<string, number>> | undefined;
  /** Cell arrays of one component: name and the value in each cell. @defaultValue none */
  readonly cellData?: Readonly<Record<string, number>> | undefined;
}

function dataArray(type: string, name: string, values: readonly number[], components = 1): string {
  return `<DataArray type="${type}" Name="${name}" NumberOfComponents="${components}" format="ascii">${values.join(' ')}</DataArray>`;
}

/** The text of an ascii `.vtu` file: tetrahedra i, i + 1, i + 2, i + 3 over points (i, i mod 2, i mod 3). */
export function smallVtu({ points = 4, pointData = { pressure: 1 }, cellData = {} }: SmallMesh = {}): string {
  const cells = points - 3;
  const each = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  const arrays = (data: Readonly<Record<string, number>>, count: number): string =>
    Object.entries(data)
      .map(([name, value]) => dataArray('Float32', name, each(count).fill(value)))
      .join('');
  return `<VTKFile type="UnstructuredGrid" version="0.1" byte_order="LittleEndian"><UnstructuredGrid>
<Piece NumberOfPoints="${points}" NumberOfCells="${cells}">
<Points>${dataArray(
    'Float32',
    'Points',
    each(points).flatMap((i) => [i, i % 2, i % 3]),
    3,
  )}</Points>
<Cells>
${dataArray(
  'Int32',
  'connectivity',
  each(cells).flatMap((i) => [i, i + 1, i + 2, i + 3]),
)}
${dataArray(
  'Int32',
  'offsets',
  each(cells).map((i) => 4 * (i + 1)),
)}
${dataArray('UInt8', 'types', each(cells).fill(10))}
</Cells>
<PointData>${arrays(pointData, points)}</PointData><CellData>${arrays(cellData, cells)}</CellData>
</Piece></UnstructuredGrid></VTKFile>
`;
}

/** The text of a `.pvtu` file over pieces that {@link smallVtu} made. */
export function smallPvtu(pieces: readonly string[]): string {
  const sources = pieces.map((piece) => `<Piece Source="${piece}"/>`).join('');
  return `<VTKFile type="PUnstructuredGrid" version="0.1" byte_order="LittleEndian"><PUnstructuredGrid GhostLevel="0">
<PPointData><PDataArray type="Float32" Name="pressure"/></PPointData>
<PPoints><PDataArray type="Float32" NumberOfComponents="3"/></PPoints>${sources}
</PUnstructuredGrid></VTKFile>
`;
}
