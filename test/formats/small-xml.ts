/** A DataArray or Array element in text. */
export function textArray(
  type: string,
  name: string,
  values: readonly (number | string)[],
  attributes = '',
): string {
  const isText = type === 'String';
  const tag = isText ? 'Array' : 'DataArray';
  const text = isText
    ? values.map((value) => [...Buffer.from(String(value)), 0].join(' ')).join(' ')
    : values.join(' ');
  return `<${tag} type="${type}" Name="${name}" ${attributes} format="ascii">${text}</${tag}>`;
}

/** What a small grid holds. */
export interface SmallGrid {
  /** @defaultValue 4 */
  readonly points?: number | undefined;
  /** Lines between points 0 and 1. @defaultValue 1 */
  readonly cells?: number | undefined;
  readonly pointData?: string | undefined;
  readonly cellData?: string | undefined;
  readonly pointType?: string | undefined;
}

/** A piece in text: points and lines. */
export function gridPiece({
  points = 4,
  cells = 1,
  pointData = '',
  cellData = '',
  pointType = 'Float32',
}: SmallGrid = {}): string {
  const each = <Value>(count: number, value: (index: number) => Value): Value[] =>
    Array.from({ length: count }, (_, index) => value(index));
  return `<Piece NumberOfPoints="${points}" NumberOfCells="${cells}">
<PointData>${pointData}</PointData><CellData>${cellData}</CellData>
<Points>${textArray(
    pointType,
    'Points',
    each(points, (index) => `${index} 0 0`),
    'NumberOfComponents="3"',
  )}</Points>
<Cells>${textArray(
    'Int32',
    'connectivity',
    each(cells, () => '0 1'),
  )}${textArray(
    'Int32',
    'offsets',
    each(cells, (cell) => 2 * cell + 2),
  )}${textArray(
    'UInt8',
    'types',
    each(cells, () => 3),
  )}</Cells></Piece>`;
}

/** A `.vtu` file of pieces. */
export function gridFile(pieces: readonly string[], fieldData = ''): string {
  return `<VTKFile type="UnstructuredGrid" version="1.0" byte_order="LittleEndian"><UnstructuredGrid>${fieldData}${pieces.join('')}</UnstructuredGrid></VTKFile>`;
}

/** A `.pvtu` file. */
export function parallelFile(
  sources: readonly string[],
  { pointData = '', cellData = '', pointType = 'Float32', fieldData = '' } = {},
): string {
  return `<VTKFile type="PUnstructuredGrid" version="1.0" byte_order="LittleEndian"><PUnstructuredGrid GhostLevel="0">${fieldData}
<PPointData>${pointData}</PPointData><PCellData>${cellData}</PCellData>
<PPoints><PDataArray type="${pointType}" NumberOfComponents="3"/></PPoints>
${sources.map((source) => `<Piece Source="${source}"/>`).join('')}</PUnstructuredGrid></VTKFile>`;
}

/** A PDataArray element. */
export function declared(type: string, name: string, components = 1): string {
  return `<PDataArray type="${type}" Name="${name}" NumberOfComponents="${components}"/>`;
}
