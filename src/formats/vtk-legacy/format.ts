import { loadOnce } from '../../core/load-once.ts';
import type { MeshFormat } from '../../core/mesh-format.ts';
import { isLegacy, VTK_LEGACY } from './name.ts';

/** Legacy VTK: unstructured grids and polygonal data, as text or binary. */
export const vtkLegacy: MeshFormat = {
  name: VTK_LEGACY,
  extensions: ['.vtk'],
  recognize: isLegacy,
  load: loadOnce(() => import('./legacy-file.ts')),
};
