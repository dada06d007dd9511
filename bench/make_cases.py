"""Makes a folder of tetrahedral meshes as VTK writes them: FOLDER COUNT EDGE COMPRESSOR."""

import os
import sys

import numpy as np
import vtk
from vtk.util.numpy_support import numpy_to_vtk

folder, count, edge, compressor = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
os.makedirs(folder, exist_ok=True)
random = np.random.default_rng(5)
image = vtk.vtkImageData()
image.SetDimensions(edge, edge, edge)
tetrahedra = vtk.vtkDataSetTriangleFilter()
tetrahedra.SetInputData(image)
tetrahedra.Update()
mesh = tetrahedra.GetOutput()
points = mesh.GetNumberOfPoints()
base = np.array([mesh.GetPoint(at) for at in range(points)], np.float32)


def add(grid, name, values):
    array = numpy_to_vtk(values.astype(np.float32), deep=1)
    array.SetName(name)
    grid.GetPointData().AddArray(array)


for number in range(count):
    grid = vtk.vtkUnstructuredGrid()
    own = vtk.vtkPoints()
    own.SetData(numpy_to_vtk(base + random.normal(0, 0.05, base.shape).astype(np.float32), deep=1))
    grid.SetPoints(own)
    grid.SetCells(mesh.GetCellTypesArray(), mesh.GetCells())
    add(grid, 'pressure', np.sin(base[:, 0] + number))
    add(grid, 'velocity', random.normal(0, 1, base.shape))
    add(grid, 'wall_shear_stress', random.random(points))
    writer = vtk.vtkXMLUnstructuredGridWriter()
    writer.SetFileName(f'{folder}/case_{number:03d}.vtu')
    writer.SetInputData(grid)
    writer.SetDataModeToAppended()
    writer.EncodeAppendedDataOff()
    (writer.SetCompressorTypeToZLib if compressor == 'zlib' else writer.SetCompressorTypeToNone)()
    writer.Write()
