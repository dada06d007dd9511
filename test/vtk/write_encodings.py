"""Has VTK write meshes in every way it knows and dumps what they hold: python3 write_encodings.py FOLDER

Prints JSON: for each file its path and for each array its name, type, components and bytes (base64, little endian).
"""

import base64
import itertools
import json
import os
import sys

import numpy as np
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

TYPES = {
    "Int8": (vtk.VTK_SIGNED_CHAR, np.int8),
    "UInt8": (vtk.VTK_UNSIGNED_CHAR, np.uint8),
    "Int16": (vtk.VTK_SHORT, np.int16),
    "UInt16": (vtk.VTK_UNSIGNED_SHORT, np.uint16),
    "Int32": (vtk.VTK_INT, np.int32),
    "UInt32": (vtk.VTK_UNSIGNED_INT, np.uint32),
    "Int64": (vtk.VTK_LONG_LONG, np.int64),
    "UInt64": (vtk.VTK_UNSIGNED_LONG_LONG, np.uint64),
    "Float32": (vtk.VTK_FLOAT, np.float32),
    "Float64": (vtk.VTK_DOUBLE, np.float64),
}


def add(data, name, values, vtk_type):
    array = numpy_to_vtk(np.ascontiguousarray(values), deep=1, array_type=vtk_type)
    array.SetName(name)
    data.AddArray(array)


def fill(data, count, finite, rng):
    """Arrays of all types and several widths, with the extremes of each type."""
    for index, (name, (vtk_type, dtype)) in enumerate(TYPES.items()):
        width = [1, 2, 3, 4, 6, 9][index % 6]
        if name.startswith("Float"):
            values = rng.standard_normal((count, width)) * 10.0 ** rng.integers(-30, 30, (count, width))
            values = values.astype(dtype)
            tiny = dtype(1e-320 if name == "Float64" else 1e-44)
            extremes = [np.finfo(dtype).max, -np.finfo(dtype).max, np.finfo(dtype).tiny, tiny]
            # As text VTK 9.1 writes -0 as 0, and NaN so that it does not read it again.
            extremes += [] if finite else [-0.0, np.nan, np.inf, -np.inf]
        else:
            info = np.iinfo(dtype)
            values = rng.integers(info.min, info.max, (count, width), dtype=dtype, endpoint=True)
            extremes = [info.min, info.max, 0]
        values.ravel()[: len(extremes)] = np.array(extremes, dtype)[: values.size]
        add(data, name, values[:, 0] if width == 1 else values, vtk_type)
    safe = rng.integers(-(2**53) + 1, 2**53 - 1, count, dtype=np.int64)
    add(data, "safe <&> \u00e9", safe, vtk.VTK_LONG_LONG)


def field(mesh):
    time = vtk.vtkDoubleArray()
    time.SetName("TimeValue")
    time.InsertNextValue(0.1)
    mesh.GetFieldData().AddArray(time)
    words = vtk.vtkStringArray()
    words.SetName("notes")
    for word in ["systole", "", "\u00e9t\u00e9", "a b"]:
        words.InsertNextValue(word)
    mesh.GetFieldData().AddArray(words)
    add(mesh.GetFieldData(), "matrix", np.arange(12, dtype=np.float32).reshape(4, 3), vtk.VTK_FLOAT)


def points(count, rng, double=False):
    holder = vtk.vtkPoints()
    holder.SetDataType(vtk.VTK_DOUBLE if double else vtk.VTK_FLOAT)
    holder.SetNumberOfPoints(count)
    for index in range(count):
        holder.SetPoint(index, *rng.standard_normal(3))
    return holder


def grid(finite, rng):
    mesh = vtk.vtkUnstructuredGrid()
    mesh.SetPoints(points(700, rng))
    cells = [(10, 4), (12, 8), (13, 6), (14, 5), (5, 3), (9, 4), (3, 2), (4, 5), (7, 6), (1, 1), (2, 3), (24, 10)]
    cells += [(25, 20), (29, 27), (71, 20), (72, 27), (6, 7), (11, 8), (26, 15)]
    for turn in range(20):
        for kind, size in cells:
            mesh.InsertNextCell(kind, size, [int(i) for i in rng.choice(700, size, replace=False)])
        if turn % 4 == 0:
            a, b, c, d, e = (int(i) for i in rng.choice(700, 5, replace=False))
            faces = vtk.vtkIdList()
            for value in [5, 4, a, b, c, d, 3, a, b, e, 3, b, c, e, 3, c, d, e, 3, d, a, e]:
                faces.InsertNextId(value)
            mesh.InsertNextCell(vtk.VTK_POLYHEDRON, faces)
    fill(mesh.GetPointData(), 700, finite, rng)
    fill(mesh.GetCellData(), mesh.GetNumberOfCells(), finite, rng)
    field(mesh)
    return mesh


def poly(finite, rng):
    mesh = vtk.vtkPolyData()
    mesh.SetPoints(points(500, rng, double=True))
    for name, sizes in {"Verts": [1, 3], "Lines": [2, 5], "Polys": [3, 4, 6], "Strips": [5, 8]}.items():
        cells = vtk.vtkCellArray()
        for turn in range(30):
            for size in sizes:
                cells.InsertNextCell(size, [int(i) for i in rng.choice(500, size, replace=False)])
        getattr(mesh, f"Set{name}")(cells)
    fill(mesh.GetPointData(), 500, finite, rng)
    fill(mesh.GetCellData(), mesh.GetNumberOfCells(), finite, rng)
    field(mesh)
    return mesh


def only_points(finite, rng):
    mesh = vtk.vtkUnstructuredGrid()
    mesh.SetPoints(points(9, rng))
    fill(mesh.GetPointData(), 9, finite, rng)
    return mesh


def empty_poly(finite, rng):
    return vtk.vtkPolyData()


def dump_values(values):
    little = values.astype(values.dtype.newbyteorder("<"))
    return base64.b64encode(np.ascontiguousarray(little).tobytes()).decode()


def dump_array(array):
    name = next(name for name, (_, dtype) in TYPES.items() if vtk_to_numpy(array).dtype == dtype)
    return {
        "name": array.GetName(),
        "type": name,
        "components": array.GetNumberOfComponents(),
        "tuples": array.GetNumberOfTuples(),
        "values": dump_values(vtk_to_numpy(array)),
    }


def dump_cells(cells):
    return {
        "connectivity": dump_values(vtk_to_numpy(cells.GetConnectivityArray()).astype(np.int32)),
        "offsets": dump_values(vtk_to_numpy(cells.GetOffsetsArray()).astype(np.int32)),
    }


def dump(mesh):
    result = {"pointData": [], "cellData": [], "fieldData": [], "strings": {}}
    for key, data in [("pointData", mesh.GetPointData()), ("cellData", mesh.GetCellData())]:
        result[key] = [dump_array(data.GetArray(i)) for i in range(data.GetNumberOfArrays())]
    data = mesh.GetFieldData()
    for index in range(data.GetNumberOfArrays()):
        array = data.GetAbstractArray(index)
        if isinstance(array, vtk.vtkStringArray):
            result["strings"][array.GetName()] = [array.GetValue(i) for i in range(array.GetNumberOfValues())]
        else:
            result["fieldData"].append(dump_array(array))
    result["points"] = dump_array(mesh.GetPoints().GetData()) if mesh.GetNumberOfPoints() else None
    result["types"] = [mesh.GetCellType(i) for i in range(mesh.GetNumberOfCells())]
    if isinstance(mesh, vtk.vtkUnstructuredGrid):
        result["groups"] = [dump_cells(mesh.GetCells())]
        faces = mesh.GetFaces()
        result["faces"] = dump_values(vtk_to_numpy(faces).astype(np.int32)) if faces else None
    else:
        result["groups"] = [
            dump_cells(cells) for cells in (mesh.GetVerts(), mesh.GetLines(), mesh.GetPolys(), mesh.GetStrips())
        ]
        result["faces"] = None
    return result


def main(folder):
    result = {"meshes": {}, "files": []}
    modes = {"ascii": ("Ascii", False), "inline": ("Binary", True), "base64": ("Appended", True), "raw": ("Appended", False)}
    for name, build in {"grid": grid, "poly": poly, "points": only_points, "empty": empty_poly}.items():
        for finite in (True, False):
            mesh = build(finite, np.random.default_rng(11))
            key = f"{name}-{'finite' if finite else 'all'}"
            result["meshes"][key] = dump(mesh)
            for (mode, (set_mode, encode)), compressor, order, header in itertools.product(
                modes.items(), ["None", "ZLib", "LZ4", "LZMA"], ["LittleEndian", "BigEndian"], [32, 64]
            ):
                if finite != (mode == "ascii"):
                    continue
                if mode == "ascii" and (compressor != "None" or order != "LittleEndian"):
                    continue
                kind = "UnstructuredGrid" if isinstance(mesh, vtk.vtkUnstructuredGrid) else "PolyData"
                writer = getattr(vtk, f"vtkXML{kind}Writer")()
                extension = writer.GetDefaultFileExtension()
                path = os.path.join(folder, f"{key}-{mode}-{compressor}-{order}-{header}.{extension}")
                writer.SetFileName(path)
                writer.SetInputData(mesh)
                getattr(writer, f"SetDataModeTo{set_mode}")()
                writer.SetEncodeAppendedData(encode)
                getattr(writer, f"SetCompressorTypeTo{compressor}")()
                getattr(writer, f"SetByteOrderTo{order}")()
                getattr(writer, f"SetHeaderTypeToUInt{header}")()
                # Small blocks: several of them, with partial last ones; 1400 bytes are exact for some arrays.
                writer.SetBlockSize(1400 if header == 32 else 4096)
                if writer.Write() != 1:
                    raise SystemExit(f"VTK did not write {path}")
                result["files"].append({"path": path, "mesh": key})
        if name in ("grid", "poly"):
            pieces = vtk.vtkXMLPUnstructuredGridWriter() if name == "grid" else vtk.vtkXMLPPolyDataWriter()
            mesh = build(False, np.random.default_rng(11))
            path = os.path.join(folder, f"{name}-one-piece.{pieces.GetDefaultFileExtension()}")
            pieces.SetFileName(path)
            pieces.SetInputData(mesh)
            pieces.Write()
            result["files"].append({"path": path, "mesh": f"{name}-all"})
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
