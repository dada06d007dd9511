"""Has VTK write arrays of bits in every way it knows: python3 write_bits.py FOLDER prints the names of the files as JSON.

Value i of each array is 1 where i is 0 or 4 in every 5.
"""

import itertools
import json
import os
import sys

import vtk


def bits(name, tuples, components):
    array = vtk.vtkBitArray()
    array.SetName(name)
    array.SetNumberOfComponents(components)
    array.SetNumberOfTuples(tuples)
    for index in range(tuples * components):
        array.SetValue(index, 1 if index % 5 in (0, 4) else 0)
    return array


def main(folder):
    mesh = vtk.vtkUnstructuredGrid()
    points = vtk.vtkPoints()
    for index in range(21):
        points.InsertNextPoint(index, 0, 0)
    mesh.SetPoints(points)
    for index in range(11):
        mesh.InsertNextCell(vtk.VTK_LINE, 2, [index, index + 1])
    mesh.GetPointData().AddArray(bits("one", 21, 1))
    mesh.GetPointData().AddArray(bits("three", 21, 3))
    mesh.GetCellData().AddArray(bits("cell", 11, 1))
    mesh.GetFieldData().AddArray(bits("field", 13, 1))
    modes = {"ascii": ("Ascii", False), "inline": ("Binary", True), "base64": ("Appended", True), "raw": ("Appended", False)}
    names = []
    for (mode, (set_mode, encode)), compressor, order in itertools.product(
        modes.items(), ["None", "ZLib", "LZ4", "LZMA"], ["LittleEndian", "BigEndian"]
    ):
        writer = vtk.vtkXMLUnstructuredGridWriter()
        names.append(f"{mode}-{compressor}-{order}.vtu")
        writer.SetFileName(os.path.join(folder, names[-1]))
        writer.SetInputData(mesh)
        getattr(writer, f"SetDataModeTo{set_mode}")()
        writer.SetEncodeAppendedData(encode)
        getattr(writer, f"SetCompressorTypeTo{compressor}")()
        getattr(writer, f"SetByteOrderTo{order}")()
        if writer.Write() != 1:
            raise SystemExit(f"VTK did not write {names[-1]}")
    json.dump(names, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
