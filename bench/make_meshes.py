"""Writes the meshes that decode.bench.ts reads: python3 make_meshes.py FOLDER NODES [ENCODING...]

A bent tube of about NODES nodes, cut into tetrahedra (5 a brick), with the fields of a blood-flow result.
"""

import os
import sys

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkUnstructuredGrid
from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridWriter

EVEN = [[0, 1, 3, 4], [1, 2, 3, 6], [1, 4, 5, 6], [3, 4, 6, 7], [1, 3, 4, 6]]
ODD = [[0, 1, 2, 5], [0, 2, 3, 7], [0, 4, 5, 7], [2, 5, 6, 7], [0, 2, 5, 7]]


def build(nodes):
    across = max(5, round((nodes / 8) ** (1 / 3)))
    along = max(5, round(nodes / across**2))
    k, j, i = np.meshgrid(np.arange(along), np.arange(across), np.arange(across), indexing="ij")
    u, v = 2 * i / (across - 1) - 1, 2 * j / (across - 1) - 1
    # Square to disc, then bent along an arc.
    x, y = u * np.sqrt(1 - v * v / 2), v * np.sqrt(1 - u * u / 2)
    t = k / (along - 1)
    radius = 0.3 * (1 - 0.4 * np.exp(-(((t - 0.5) / 0.08) ** 2)))
    angle, bend = 2.0 * t, 4 + x * radius
    points = np.stack([bend * np.cos(angle), bend * np.sin(angle), y * radius], -1).reshape(-1, 3)
    r2 = x * x + y * y
    speed = (1 - r2) * 20 * (0.3 / radius) ** 2
    rng = np.random.default_rng(7)
    noise = rng.normal(0, 0.01, speed.shape)
    velocity = np.stack([-speed * np.sin(angle), speed * np.cos(angle), noise], -1).reshape(-1, 3)
    pressure = (100 - 20 * t - 0.1 * speed + noise).reshape(-1)
    index = ((k * across + j) * across + i)[:-1, :-1, :-1].reshape(-1)
    parity = ((i + j + k) % 2)[:-1, :-1, :-1].reshape(-1)
    slab = across * across
    corners = index[:, None] + np.array(
        [0, 1, 1 + across, across, slab, slab + 1, slab + 1 + across, slab + across]
    )
    cells = np.where(parity[:, None] == 0, corners[:, np.ravel(EVEN)], corners[:, np.ravel(ODD)]).reshape(-1, 4)
    return points.astype(np.float32), cells, {
        "pressure": pressure.astype(np.float32),
        "velocity": velocity.astype(np.float32),
        "wall_shear_stress": np.where(r2.reshape(-1) > 0.98, 4 * 20 / 0.3, 0).astype(np.float32),
    }


def main():
    folder, nodes, wanted = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
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
    for name, values in fields.items():
        data = numpy_to_vtk(values, deep=1)
        data.SetName(name)
        grid.GetPointData().AddArray(data)
    modes = {
        "raw": ("Appended", False, "None", 64),
        "raw-int32": ("Appended", False, "None", 32),
        "inline-base64": ("Binary", True, "None", 64),
        "appended-base64": ("Appended", True, "None", 64),
        "raw-zlib": ("Appended", False, "ZLib", 64),
        "base64-zlib": ("Binary", True, "ZLib", 64),
        "raw-lz4": ("Appended", False, "LZ4", 64),
        "raw-lzma": ("Appended", False, "LZMA", 64),
        "ascii": ("Ascii", False, "None", 64),
    }
    for name in wanted or modes:
        mode, base64, compressor, ids = modes[name]
        path = os.path.join(folder, f"{nodes}-{name}.vtu")
        if os.path.exists(path):
            continue
        if ids == 32:
            array.ConvertTo32BitStorage()
        else:
            array.ConvertTo64BitStorage()
        writer = vtkXMLUnstructuredGridWriter()
        writer.SetFileName(path + ".part")
        writer.SetInputData(grid)
        getattr(writer, f"SetDataModeTo{mode}")()
        writer.SetEncodeAppendedData(base64)
        getattr(writer, f"SetCompressorTypeTo{compressor}")()
        getattr(writer, f"SetIdTypeToInt{ids}")()
        writer.SetHeaderTypeToUInt64()
        writer.Write()
        os.rename(path + ".part", path)


if __name__ == "__main__":
    main()
