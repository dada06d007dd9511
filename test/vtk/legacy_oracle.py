"""Legacy files beside VTK: as its writers write them, and as its readers read them.

python3 legacy_oracle.py write FOLDER writes meshes as legacy files of both versions, as text and binary, then reads each
again and writes what it read as raw VTK XML. python3 legacy_oracle.py convert FOLDER does the second half for files of
others. Both print a JSON list of pairs: the legacy file, and the XML file or null where VTK read nothing.
"""

import json
import os
import sys

import vtk

vtk.vtkObject.GlobalWarningDisplayOff()

KINDS = [
    vtk.vtkUnsignedCharArray,
    vtk.vtkCharArray,
    vtk.vtkSignedCharArray,
    vtk.vtkUnsignedShortArray,
    vtk.vtkShortArray,
    vtk.vtkUnsignedIntArray,
    vtk.vtkIntArray,
    vtk.vtkUnsignedLongArray,
    vtk.vtkLongArray,
    vtk.vtkFloatArray,
    vtk.vtkDoubleArray,
    vtk.vtkIdTypeArray,
    vtk.vtkLongLongArray,
    vtk.vtkUnsignedLongLongArray,
    vtk.vtkBitArray,
]


def numbers(kind, name, components, values, names=()):
    array = kind()
    array.SetName(name)
    array.SetNumberOfComponents(components)
    for value in values:
        array.InsertNextValue(chr(value) if kind is vtk.vtkCharArray else value)
    for index, text in enumerate(names):
        if text:
            array.SetComponentName(index, text)
    return array


def strings(name, components, values):
    array = vtk.vtkStringArray()
    array.SetName(name)
    array.SetNumberOfComponents(components)
    for value in values:
        array.InsertNextValue(value)
    return array


def variants(name):
    array = vtk.vtkVariantArray()
    array.SetName(name)
    # Not of an empty one: VTK 9.1 writes it and then cannot read what follows.
    for value in ("a b", 3, 2.5):
        array.InsertNextValue(vtk.vtkVariant(value))
    return array


def fill(data, count, colors):
    for index, kind in enumerate(KINDS):
        most = 2 if kind is vtk.vtkBitArray else 100
        data.AddArray(numbers(kind, f"{kind.__name__} %{index} \u03c4", 1, [at * 7 % most for at in range(count)]))
        # Not of bits: VTK 9.1 writes those of the first component alone and then cannot read what follows.
        if kind is not vtk.vtkBitArray:
            wide = numbers(kind, f"{kind.__name__}  wide", 3, [at * 5 % most for at in range(3 * count)])
            data.AddArray(wide)
    data.AddArray(numbers(vtk.vtkIntArray, "named", 3, range(3 * count), ["X x", "", "Z %"]))
    data.AddArray(strings("text", 1, [f"p\u00e4 {index} %\n\u2713" for index in range(count)]))
    data.AddArray(strings("pairs", 2, [text for index in range(count) for text in (f"k{index} ", "")]))
    data.AddArray(strings("long", 1, ["x" * (70 * index) for index in range(count)]))
    big = numbers(vtk.vtkLongLongArray, "big", 1, [2**62 - index for index in range(count)])
    data.AddArray(big)
    ranged = numbers(vtk.vtkDoubleArray, "ranged", 2, [0.5 * index for index in range(2 * count)])
    ranged.GetRange(-1)
    ranged.GetInformation().Set(vtk.vtkDataArray.UNITS_LABEL(), "m s")
    data.AddArray(ranged)
    scalars = vtk.vtkUnsignedCharArray if colors else vtk.vtkFloatArray
    data.SetScalars(numbers(scalars, "p", 4 if colors else 1, [at * 50 % 256 for at in range((4 if colors else 1) * count)]))
    data.SetVectors(numbers(vtk.vtkDoubleArray, "u", 3, [at / 3 for at in range(3 * count)], ["a", "b", "c"]))
    data.SetNormals(numbers(vtk.vtkFloatArray, "n", 3, [0, 0, 1] * count))
    width = 6 if colors else 9
    data.SetTensors(numbers(vtk.vtkFloatArray, "t", width, range(width * count)))
    data.SetTCoords(numbers(vtk.vtkFloatArray, "uv", 2, range(2 * count)))
    data.SetGlobalIds(numbers(vtk.vtkIdTypeArray, "ids", 1, range(count)))
    data.SetPedigreeIds(numbers(vtk.vtkIntArray, "origin", 1, range(100, 100 + count)))


def place(kind, count):
    points = vtk.vtkPoints()
    points.SetDataType(kind)
    for index in range(count):
        points.InsertNextPoint(index, index * index % 5, index % 3)
    return points


def meshes():
    grid = vtk.vtkUnstructuredGrid()
    grid.SetPoints(place(vtk.VTK_FLOAT, 70))
    grid.InsertNextCell(vtk.VTK_TETRA, 4, (0, 1, 2, 3))
    faces = vtk.vtkIdList()
    for number in (4, 3, 5, 1, 3, 3, 5, 3, 0, 3, 1, 0, 3, 3, 5, 0, 1):
        faces.InsertNextId(number)
    grid.InsertNextCell(vtk.VTK_POLYHEDRON, faces)
    grid.InsertNextCell(vtk.VTK_VERTEX, 1, (6,))
    grid.InsertNextCell(vtk.VTK_POLY_LINE, 5, (6, 5, 4, 3, 2))
    grid.InsertNextCell(vtk.VTK_LAGRANGE_HEXAHEDRON, 64, range(64))
    grid.InsertNextCell(vtk.VTK_POLYHEDRON, faces)
    tets = vtk.vtkUnstructuredGrid()
    tets.SetPoints(place(vtk.VTK_DOUBLE, 6))
    for first in range(3):
        tets.InsertNextCell(vtk.VTK_TETRA, 4, range(first, first + 4))
    loose = vtk.vtkUnstructuredGrid()
    loose.SetPoints(place(vtk.VTK_INT, 3))
    poly = vtk.vtkPolyData()
    poly.SetPoints(place(vtk.VTK_FLOAT, 8))
    for group, cells in (
        ("Verts", [(0,), (1, 2)]),
        ("Lines", [(0, 1), (2, 3, 4)]),
        ("Polys", [(0, 1, 2), (0, 1, 2, 3), (0, 1, 2, 3, 4)]),
        ("Strips", [(0, 1, 2, 3)]),
    ):
        array = vtk.vtkCellArray()
        for points in cells:
            array.InsertNextCell(len(points), points)
        getattr(poly, f"Set{group}")(array)
    triangles = vtk.vtkPolyData()
    triangles.SetPoints(place(vtk.VTK_SHORT, 5))
    array = vtk.vtkCellArray()
    for first in range(3):
        array.InsertNextCell(3, range(first, first + 3))
    triangles.SetPolys(array)
    for index, mesh in enumerate((grid, tets, loose, poly, triangles)):
        fill(mesh.GetPointData(), mesh.GetNumberOfPoints(), index % 2 == 1)
        if mesh.GetNumberOfCells() > 0:
            fill(mesh.GetCellData(), mesh.GetNumberOfCells(), index % 2 == 0)
        field = mesh.GetFieldData()
        field.AddArray(numbers(vtk.vtkDoubleArray, "TimeValue", 1, [0.25]))
        field.AddArray(numbers(vtk.vtkIntArray, "empty", 1, []))
        field.AddArray(strings("notes", 1, ["", "two words", "\u00fc"]))
        field.AddArray(variants("mixed"))
        field.AddArray(numbers(vtk.vtkIntArray, "last", 2, range(4)))
    return {"grid": grid, "tets": tets, "loose": loose, "poly": poly, "triangles": triangles}


def write(folder):
    paths = []
    for name, mesh in meshes().items():
        for version in (42, 51):
            for kind in (1, 2):
                writer = vtk.vtkPolyDataWriter() if mesh.IsA("vtkPolyData") else vtk.vtkUnstructuredGridWriter()
                writer.SetInputData(mesh)
                writer.SetFileVersion(version)
                writer.SetFileType(kind)
                path = os.path.join(folder, f"{name}-{version}-{['ascii', 'binary'][kind - 1]}.vtk")
                writer.SetFileName(path)
                writer.Write()
                paths.append(path)
    return paths


def convert(path):
    with open(path, "rb") as file:
        is_poly = b"POLYDATA" in file.read(4096).upper()
    reader = vtk.vtkPolyDataReader() if is_poly else vtk.vtkUnstructuredGridReader()
    reader.SetFileName(path)
    for what in ("Scalars", "Vectors", "Normals", "Tensors", "ColorScalars", "TCoords", "Fields"):
        getattr(reader, f"ReadAll{what}On")()
    reader.Update()
    mesh = reader.GetOutput()
    # The XML writer knows no variants.
    for data in (mesh.GetPointData(), mesh.GetCellData(), mesh.GetFieldData()):
        for index in reversed(range(data.GetNumberOfArrays())):
            if data.GetAbstractArray(index).IsA("vtkVariantArray"):
                data.RemoveArray(index)
    if mesh.GetNumberOfPoints() == 0:
        return None
    # It crashes on a grid that was never given cells.
    if not is_poly and mesh.GetNumberOfCells() == 0:
        mesh.SetCells(vtk.VTK_TETRA, vtk.vtkCellArray())
    writer = vtk.vtkXMLPolyDataWriter() if is_poly else vtk.vtkXMLUnstructuredGridWriter()
    target = f"{path}.{'vtp' if is_poly else 'vtu'}"
    writer.SetFileName(target)
    writer.SetInputData(mesh)
    writer.SetDataModeToAppended()
    writer.EncodeAppendedDataOff()
    writer.SetCompressorTypeToNone()
    writer.Write()
    return target


folder = sys.argv[2]
paths = write(folder) if sys.argv[1] == "write" else [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
print(json.dumps([[path, convert(path)] for path in paths]))
