"""String arrays, names of components and active arrays, as VTK writes and reads them.

python3 array_details.py write FOLDER writes files in every encoding and prints what they hold;
python3 array_details.py read FILE... prints what VTK reads of files. JSON: by file and section the arrays and active ones.
"""

import itertools
import json
import os
import sys

import vtk

ACTIVE = ["Scalars", "Vectors", "Normals", "TCoords", "Tensors", "GlobalIds", "PedigreeIds"]


def strings(name, components, values):
    array = vtk.vtkStringArray()
    array.SetName(name)
    array.SetNumberOfComponents(components)
    for value in values:
        array.InsertNextValue(value)
    return array


def numbers(kind, name, components, values, names=None):
    array = kind()
    array.SetName(name)
    array.SetNumberOfComponents(components)
    for value in values:
        array.InsertNextValue(value)
    for index, text in enumerate(names or []):
        if text:
            array.SetComponentName(index, text)
    return array


def fill(data, count):
    data.AddArray(strings("name", 1, [f"p\u00e4 {index} \u2713" for index in range(count)]))
    data.AddArray(strings("empty", 1, ["" for _ in range(count)]))
    data.AddArray(strings("pair <&> \u00e9", 2, [text for index in range(count) for text in (f"k{index}", "")]))
    data.SetScalars(numbers(vtk.vtkDoubleArray, "p", 1, range(count), ["pascal"]))
    data.SetVectors(numbers(vtk.vtkFloatArray, "u", 3, range(3 * count), ["X & x", "", "Z"]))
    data.SetNormals(numbers(vtk.vtkFloatArray, "n", 3, [0, 0, 1] * count))
    data.SetTensors(numbers(vtk.vtkFloatArray, "t", 9, range(9 * count), [f"T{index}" for index in range(9)]))
    data.SetTCoords(numbers(vtk.vtkFloatArray, "uv", 2, range(2 * count)))
    data.SetGlobalIds(numbers(vtk.vtkIdTypeArray, "ids", 1, range(count)))
    # Not of strings: VTK 9.1 crashes when it writes those.
    data.SetPedigreeIds(numbers(vtk.vtkIdTypeArray, "origin", 1, range(100, 100 + count)))


def meshes():
    points = vtk.vtkPoints()
    for index in range(5):
        points.InsertNextPoint(index, index % 2, index % 3)
    grid = vtk.vtkUnstructuredGrid()
    grid.SetPoints(points)
    for first in (0, 1):
        grid.InsertNextCell(vtk.VTK_TETRA, 4, range(first, first + 4))
    poly = vtk.vtkPolyData()
    poly.SetPoints(points)
    polys = vtk.vtkCellArray()
    for first in (0, 1, 2):
        polys.InsertNextCell(3, range(first, first + 3))
    poly.SetPolys(polys)
    for mesh in (grid, poly):
        fill(mesh.GetPointData(), 5)
        fill(mesh.GetCellData(), mesh.GetNumberOfCells())
        mesh.GetFieldData().AddArray(strings("pairs", 2, ["k1", "v1", "k2", "\u00fc"]))
        mesh.GetFieldData().AddArray(strings("note", 1, ["", "two"]))
        mesh.GetFieldData().AddArray(numbers(vtk.vtkDoubleArray, "box", 3, range(6), ["a", "b", "c"]))
    return {"vtu": grid, "vtp": poly}


def describe(array):
    width = array.GetNumberOfComponents()
    count = array.GetNumberOfTuples() * width
    text = isinstance(array, vtk.vtkStringArray)
    names = [array.GetComponentName(index) or "" for index in range(width)]
    return {
        "components": width,
        "strings": text,
        "id": isinstance(array, vtk.vtkIdTypeArray),
        "values": [array.GetValue(index) for index in range(count)],
        "names": names if any(names) else None,
    }


def dump(mesh):
    result = {}
    for section in ("PointData", "CellData", "FieldData"):
        data = getattr(mesh, f"Get{section}")()
        arrays = [data.GetAbstractArray(index) for index in range(data.GetNumberOfArrays())]
        active = {}
        if section != "FieldData":
            for name in ACTIVE:
                array = data.GetAbstractAttribute(getattr(vtk.vtkDataSetAttributes, name.upper()))
                if array is not None:
                    active[name] = array.GetName()
        result[section] = {"arrays": {array.GetName(): describe(array) for array in arrays}, "active": active}
    return result


def write(folder):
    result = {}
    compressors = {"none": None, "zlib": vtk.vtkZLibDataCompressor, "lz4": vtk.vtkLZ4DataCompressor}
    for (extension, mesh), mode, (name, compressor) in itertools.product(
        meshes().items(), ("Ascii", "Binary", "Appended", "Raw"), compressors.items()
    ):
        if mode == "Ascii" and compressor is not None:
            continue
        kind = "UnstructuredGrid" if extension == "vtu" else "PolyData"
        for parallel in ("", "P"):
            writer = getattr(vtk, f"vtkXML{parallel}{kind}Writer")()
            path = os.path.join(folder, f"{mode}-{name}.{parallel.lower()}{extension}")
            writer.SetFileName(path)
            writer.SetInputData(mesh)
            getattr(writer, f"SetDataModeTo{mode.replace('Raw', 'Appended')}")()
            writer.SetEncodeAppendedData(mode == "Appended")
            writer.SetCompressor(None if compressor is None else compressor())
            writer.Write()
            result[path] = dump(mesh)
    return result


def read(paths):
    result = {}
    for path in paths:
        kind = "PolyData" if path.endswith("vtp") else "UnstructuredGrid"
        reader = getattr(vtk, f"vtkXML{'P' if '.p' in path else ''}{kind}Reader")()
        reader.SetFileName(path)
        reader.Update()
        if reader.GetErrorCode() != 0:
            raise SystemExit(f"VTK cannot read {path}: error {reader.GetErrorCode()}")
        result[path] = dump(reader.GetOutput())
    return result


json.dump(write(sys.argv[2]) if sys.argv[1] == "write" else read(sys.argv[2:]), sys.stdout)
