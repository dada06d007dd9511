import type { ArrayHeader, MeshFile, MeshHeader } from '../../core/mesh-format.ts';
import { listMarked } from '../arrays/active-arrays.ts';
import { arrayHeaders, declaredHeaders } from './array-header.ts';
import type { VtkXmlHeader } from './header-model.ts';
import { VTK_XML } from './name.ts';

/** Says what the header of a VTK XML file tells those who know nothing of VTK XML. */
export function summarize(header: VtkXmlHeader, size: number): MeshHeader {
  const arrays = [
    ...header.fieldData.values(),
    ...header.pieces.flatMap(({ sections }) =>
      [...sections.values()].flatMap((section) => [...section.values()]),
    ),
  ];
  const names = {
    ascii: 'ascii',
    binary: 'inline base64',
    appended: header.appended?.encoding === 'raw' ? 'appended raw' : 'appended base64',
  } as const;
  const sum = (what: 'points' | 'cells'): number | undefined =>
    isCollection(header) ? undefined : header.pieces.reduce((total, { counts }) => total + counts[what], 0);
  const coordinates = header.pieces.map(({ sections }) => sections.get('Points')?.values().next().value);
  const said = { ...arrayHeaders(header), declared: declaredHeaders(header) };
  return {
    format: VTK_XML,
    ...header.layout,
    size,
    ...said,
    points: sum('points'),
    cells: sum('cells'),
    pointType: coordinates.find((info) => info !== undefined)?.type,
    pieceFiles: header.pieces.map(({ source }) => source).filter((source) => source !== undefined),
    encodings: [...new Set(arrays.map(({ format }) => names[format]))],
    pieceCount: header.pieces.length,
    pointArrays: namesOf('node', said),
    cellArrays: namesOf('cell', said),
    markedArrays: listMarked(
      [...header.pieces, header.declared].flatMap(({ active }) => [...active.values()]),
    ),
  };
}

/** Takes out what a header states about time. */
export function timeOf({ fieldData, timeValues: values }: VtkXmlHeader): MeshFile['time'] {
  const { tuples, components } = fieldData.get('TimeValue') ?? { tuples: 0, components: 1 };
  const isStep = (tuples ?? 1) * components === 1;
  return values === undefined && !isStep ? undefined : { isStep, values };
}

/** Says whether a file only names those that hold its pieces. */
export function isCollection({ layout }: VtkXmlHeader): boolean {
  return layout.type === 'PUnstructuredGrid' || layout.type === 'PPolyData';
}

function namesOf(
  on: ArrayHeader['on'],
  { arrays, declared }: Pick<MeshHeader, 'arrays' | 'declared'>,
): readonly string[] {
  const all = [...declared, ...arrays].filter((array) => array.on === on && array.type !== 'String');
  return all.map(({ name }) => name);
}
