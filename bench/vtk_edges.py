"""Times vtkExtractEdges: python3 vtk_edges.py FILE POINTS REPEATS. Prints one JSON object, times in ms.

FILE holds the connectivity of tetrahedra as raw Int32. `merging` is the filter as it comes, which finds each end of an
edge by its coordinates; `numbering` keeps the points and their numbers (UseAllPoints).
"""

import json
import resource
import sys
import time

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import VTK_TETRA, vtkCellArray, vtkUnstructuredGrid
from vtkmodules.vtkFiltersExtraction import vtkExtractEdges

path, count, repeats = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
connectivity = np.fromfile(path, np.int32).astype(np.int64)
offsets = np.arange(0, len(connectivity) + 1, 4, dtype=np.int64)
coordinates = np.random.default_rng(1).random((count, 3), np.float32)
points = vtkPoints()
points.SetData(numpy_to_vtk(coordinates))
cells = vtkCellArray()
cells.SetData(numpy_to_vtkIdTypeArray(offsets), numpy_to_vtkIdTypeArray(connectivity))
grid = vtkUnstructuredGrid()
grid.SetPoints(points)
grid.SetCells(VTK_TETRA, cells)


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


before = peak_mib()
result = {}
for name, keep in (("numbering", True), ("merging", False)):
    times = []
    for _ in range(repeats):
        extract = vtkExtractEdges()
        extract.SetUseAllPoints(keep)
        extract.SetInputData(grid)
        start = time.perf_counter()
        extract.Update()
        times.append(1000 * (time.perf_counter() - start))
        edges = extract.GetOutput().GetNumberOfCells()
        del extract
    result[name] = {"times": times, "edges": edges, "extraMiB": peak_mib() - before}
print(json.dumps(result))
