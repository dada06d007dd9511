import { mayBeXml } from '../../core/foreign-file.ts';
import { loadOnce } from '../../core/load-once.ts';
import type { MeshFormat } from '../../core/mesh-format.ts';
import { VTK_XML } from './name.ts';
import { listPieces } from './pieces.ts';

/** VTK XML: unstructured grids and polygonal data, in one file or in pieces. */
export const vtkXml: MeshFormat = {
  name: VTK_XML,
  extensions: ['.vtu', '.vtp', '.pvtu', '.pvtp'],
  collections: ['.pvtu', '.pvtp'],
  references: (content) => listPieces(new TextDecoder().decode(content)),
  // Declarations and comments of any length may come before its first tag.
  recognize: mayBeXml,
  load: loadOnce(() => import('./vtk-xml-file.ts')),
};
