"""Writes transient results as time.bench.ts reads them: python3 make_windows.py FOLDER STEPS

35,152 nodes, 31,875 hexahedra, pressure and velocity at each step: in one file, raw and zlib, and in a zlib file a step.
"""

import os
import sys

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkUnstructuredGrid
from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridWriter

folder, steps = sys.argv[1], int(sys.argv[2])
ACROSS, ALONG = 26, 52

k, j, i = np.meshgrid(np.arange(ALONG), np.arange(ACROSS), np.arange(ACROSS), indexing="ij")
points = np.stack([i * 0.1, j * 0.11, k * 0.12], -1).reshape(-1, 3).astype("f4")
first = ((k * ACROSS + j) * ACROSS + i)[:-1, :-1, :-1].reshape(-1)
slab = ACROSS * ACROSS
cells = first[:, None] + np.array([0, 1, 1 + ACROSS, ACROSS, slab, slab + 1, slab + 1 + ACROSS, slab + ACROSS])


def grid():
    made = vtkUnstructuredGrid()
    holder = vtkPoints()
    holder.SetData(numpy_to_vtk(points, 1))
    made.SetPoints(holder)
    array = vtkCellArray()
    array.SetData(
        numpy_to_vtkIdTypeArray(np.arange(len(cells) + 1, dtype=np.int64) * 8, deep=1),
        numpy_to_vtkIdTypeArray(np.ascontiguousarray(cells.reshape(-1), np.int64), deep=1),
    )
    made.SetCells(12, array)
    return made


def put(made, name, values):
    array = numpy_to_vtk(np.ascontiguousarray(values), 1)
    array.SetName(name)
    made.GetPointData().AddArray(array)


def fields(step):
    wave = np.sin(points @ np.array([1.1, 0.7, 0.4], "f4") + step / 9)
    noise = np.random.default_rng(step).normal(0, 0.01, (len(points), 4))
    velocity = np.stack([wave, wave * wave, 1 - wave], -1) + noise[:, :3]
    return (100 + wave + noise[:, 3]).astype("f4"), velocity.astype("f4")


def write(made, path, compressed):
    writer = vtkXMLUnstructuredGridWriter()
    writer.SetFileName(path)
    writer.SetInputData(made)
    writer.EncodeAppendedDataOff()
    if compressed:
        writer.SetCompressorTypeToZLib()
    else:
        writer.SetCompressorTypeToNone()
    writer.Write()


for name in ("raw", "zlib", "files"):
    os.makedirs(os.path.join(folder, name), exist_ok=True)
everything = grid()
for step in range(steps):
    pressure, velocity = fields(step)
    put(everything, f"pressure_{1000 + 5 * step:05d}", pressure)
    put(everything, f"velocity_{1000 + 5 * step:05d}", velocity)
    one = grid()
    put(one, "pressure", pressure)
    put(one, "velocity", velocity)
    write(one, os.path.join(folder, "files", f"result_{1000 + 5 * step:05d}.vtu"), True)
write(everything, os.path.join(folder, "raw", "case.vtu"), False)
write(everything, os.path.join(folder, "zlib", "case.vtu"), True)
