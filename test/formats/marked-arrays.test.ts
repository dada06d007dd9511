import { expect, test } from 'vitest';
import { memoryFile } from '../memory-file.ts';
import { readVtkHeader } from './vtk-xml-reader.ts';

const marks = 'Scalars="p" Vectors="v" Normals="n" TCoords="t" GlobalIds="g"';
const declared = `<PPointData ${marks}><PDataArray type="Float32" Name="p"/></PPointData>`;
const held = `<PointData ${marks}/><CellData PedigreeIds="c"/>`;

test.each<[string, string, readonly string[] | undefined]>([
  [
    'a file of two pieces',
    `<VTKFile type="UnstructuredGrid"><UnstructuredGrid>${`<Piece NumberOfPoints="0" NumberOfCells="0">${held}</Piece>`.repeat(2)}</UnstructuredGrid></VTKFile>`,
    ['n', 't', 'g', 'c'],
  ],
  [
    'PolyData',
    `<VTKFile type="PolyData"><PolyData><Piece NumberOfPoints="0">${held}</Piece></PolyData></VTKFile>`,
    ['n', 't', 'g', 'c'],
  ],
  [
    'a file that names others',
    `<VTKFile type="PUnstructuredGrid"><PUnstructuredGrid>${declared}<PCellData PedigreeIds="c"/><Piece Source="a.vtu"/></PUnstructuredGrid></VTKFile>`,
    ['n', 't', 'g', 'c'],
  ],
  [
    'a file that marks fields only',
    '<VTKFile type="PolyData"><PolyData><Piece><PointData Scalars="p" Tensors="s"/></Piece></PolyData></VTKFile>',
    undefined,
  ],
])('arrays that %s marks as ids, normals or places in textures', async (_, text, names) => {
  expect((await readVtkHeader(memoryFile(text))).markedArrays).toEqual(names);
});
