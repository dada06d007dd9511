"""Writes the meshes that legacy.bench.ts reads: python3 make_legacy.py FOLDER NODES

A mesh of about NODES nodes as make_meshes.py builds it, with twelve fields, as text and binary, with new and old cells.
"""

import os
import sys

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkUnstructuredGrid
from vtkmodules.vtkIOLegacy import vtkUnstructuredGridWriter

from make_meshes import build

folder, nodes = sys.argv[1], int(sys.argv[2])
os.makedirs(folder, exist_ok=True)
points, cells, fields = build(nodes)
grid = vtkUnstructuredGrid()
holder = vtkPoints()
holder.SetData(numpy_to_vtk(points))
grid.SetPoints(holder)
array = vtkCellArray()
array.SetData(
    numpy_to_vtkIdTypeArray(np.arange(len(cells) + 1, dtype=np.int64) * 4, deep=1),
    numpy_to_vtkIdTypeArray(cells.astype(np.int64).ravel(), deep=1),
)
grid.SetCells(10, array)
for index in range(12):
    name, values = list(fields.items())[index % 3]
    data = numpy_to_vtk(values * (1 + index), deep=1)
    data.SetName(f"{name}_{index}")
    grid.GetPointData().AddArray(data)
for version in (51, 42):
    for kind, name in ((2, "binary"), (1, "ascii")):
        path = os.path.join(folder, f"{nodes}-{name}-{version}.vtk")
        if os.path.exists(path):
            continue
        writer = vtkUnstructuredGridWriter()
        writer.SetFileName(path + ".part")
        writer.SetInputData(grid)
        writer.SetFileVersion(version)
        writer.SetFileType(kind)
        writer.Write()
        os.rename(path + ".part", path)
