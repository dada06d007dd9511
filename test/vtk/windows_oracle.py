"""Writes results of several time steps in each layout and encoding, and says what VTK reads of them, stacked by NumPy.

python3 windows_oracle.py FOLDER WINDOWS: of each layout, prints for each window the arrays' types, shapes and digests.
"""

import hashlib
import json
import os
import sys

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkObject, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkPolyData, vtkUnstructuredGrid, vtkCellArray
from vtkmodules.vtkIOXML import (
    vtkXMLPolyDataReader,
    vtkXMLPolyDataWriter,
    vtkXMLUnstructuredGridReader,
    vtkXMLUnstructuredGridWriter,
)

vtkObject.GlobalWarningDisplayOff()  # of ranges that are no numbers
folder, windows = sys.argv[1], json.loads(sys.argv[2])
STEPS = 6
SIDE = 4
TYPES = {"pressure": ("f4", 1), "velocity": ("f4", 3), "stress": ("f8", 6), "mark": ("u1", 1), "near": ("i2", 2)}
OVER_CELLS = {"load": ("f8", 1), "region": ("i4", 1)}


def bits(name, step, rows, dtype, width):
    """Any bits: NaNs with payloads and infinities among them."""
    seed = int.from_bytes(hashlib.sha256(f"{name} {step}".encode()).digest()[:4], "little")
    raw = np.random.default_rng(seed).bytes(rows * width * np.dtype(dtype).itemsize)
    values = np.frombuffer(raw, dtype).copy()
    return values if width == 1 else values.reshape(rows, width)


def shape(kind):
    points = vtkPoints()
    for k in range(SIDE):
        for j in range(SIDE):
            for i in range(SIDE):
                points.InsertNextPoint(i, j * 1.25, k * 1.5)
    grid = vtkUnstructuredGrid() if kind == "vtu" else vtkPolyData()
    grid.SetPoints(points)
    at = lambda i, j, k: (k * SIDE + j) * SIDE + i
    cells = vtkCellArray()
    for k in range(SIDE - 1 if kind == "vtu" else SIDE):
        for j in range(SIDE - 1):
            for i in range(SIDE - 1):
                base = [at(i, j, k), at(i + 1, j, k), at(i + 1, j + 1, k), at(i, j + 1, k)]
                ids = base + [each + SIDE * SIDE for each in base] if kind == "vtu" else base
                cells.InsertNextCell(len(ids), ids)
    if kind == "vtu":
        grid.SetCells(12, cells)
    else:
        grid.SetPolys(cells)
    return grid


def put(data, name, values):
    array = numpy_to_vtk(values, 1)
    array.SetName(name)
    data.AddArray(array)


def fill(grid, step, suffix=""):
    for name, (dtype, width) in TYPES.items():
        put(grid.GetPointData(), name + suffix, bits(name, step, grid.GetNumberOfPoints(), dtype, width))
    for name, (dtype, width) in OVER_CELLS.items():
        put(grid.GetCellData(), name + suffix, bits(name, step, grid.GetNumberOfCells(), dtype, width))


def writer_of(grid, path, encoding):
    writer = vtkXMLUnstructuredGridWriter() if grid.IsA("vtkUnstructuredGrid") else vtkXMLPolyDataWriter()
    writer.SetFileName(path)
    writer.SetInputData(grid)
    mode, compressor = encoding.split("-")
    {"inline": writer.SetDataModeToBinary, "ascii": writer.SetDataModeToAscii, "raw": writer.SetDataModeToAppended,
     "base64": writer.SetDataModeToAppended}[mode]()
    if mode == "raw":
        writer.EncodeAppendedDataOff()
    {"none": writer.SetCompressorTypeToNone, "zlib": writer.SetCompressorTypeToZLib, "lz4": writer.SetCompressorTypeToLZ4}[
        compressor]()
    return writer


def read(path, step=None):
    reader = vtkXMLUnstructuredGridReader() if path.endswith("vtu") else vtkXMLPolyDataReader()
    reader.SetFileName(path)
    if step is not None:
        reader.SetTimeStep(step)
    reader.Update()
    grid = reader.GetOutput()
    found = {}
    for kind, data in (("node", grid.GetPointData()), ("cell", grid.GetCellData())):
        for index in range(data.GetNumberOfArrays()):
            found[f"{kind}.{data.GetArrayName(index)}"] = vtk_to_numpy(data.GetArray(index)).copy()
    return found


def told(arrays):
    return {
        name: {"type": value.dtype.str[1:], "shape": list(value.shape), "digest": hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}
        for name, value in arrays.items()
    }


def stacked(steps):
    return told({name: np.stack([step[name] for step in steps], axis=1) for name in steps[0]})


answers = {}
for kind in ("vtu", "vtp"):
    for encoding in ("raw-none", "raw-zlib", "base64-lz4", "inline-zlib", "inline-none"):
        layout = f"arrays-{kind}-{encoding}"
        os.makedirs(os.path.join(folder, layout))
        grid = shape(kind)
        for step in range(STEPS):
            fill(grid, step, f"_{step:05d}")
        put(grid.GetPointData(), "area", bits("area", 0, grid.GetNumberOfPoints(), "f4", 1))
        path = os.path.join(folder, layout, f"case.{kind}")
        writer_of(grid, path, encoding).Write()
        everything = read(path)
        of_step = lambda step: {
            name[:-6]: value for name, value in everything.items() if name.endswith(f"_{step:05d}")
        }
        static = told({name: value for name, value in everything.items() if name == "node.area"})
        answers[layout] = [{**stacked([of_step(step) for step in window]), **static} for window in windows]

        layout = f"files-{kind}-{encoding}"
        os.makedirs(os.path.join(folder, layout))
        files = []
        for step in range(STEPS):
            grid = shape(kind)
            fill(grid, step)
            files.append(os.path.join(folder, layout, f"result_{step}.{kind}"))
            writer_of(grid, files[-1], encoding).Write()
        answers[layout] = [stacked([read(files[step]) for step in window]) for window in windows]

for encoding in ("raw-none", "raw-zlib", "base64-none"):
    layout = f"own-vtu-{encoding}"
    os.makedirs(os.path.join(folder, layout))
    path = os.path.join(folder, layout, "case.vtu")
    grid = shape("vtu")
    writer = writer_of(grid, path, encoding)
    writer.SetNumberOfTimeSteps(STEPS)
    writer.Start()
    for step in range(STEPS):
        for data in (grid.GetPointData(), grid.GetCellData()):
            while data.GetNumberOfArrays() > 0:
                data.RemoveArray(0)
        fill(grid, step)
        writer.WriteNextTime(step / 4)
    writer.Stop()
    answers[layout] = [stacked([read(path, step) for step in window]) for window in windows]

print(json.dumps(answers))
