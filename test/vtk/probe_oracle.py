"""Values that VTK finds at places: python3 probe_oracle.py FILE surface|volume ARRAY COMPONENT PLACES; prints JSON

[{"value": number, "distance": from the place to the mesh}]

PLACES is JSON, [[x, y, z]]; COMPONENT a number, or -1: the length. A place on the surface takes its value from the
nearest triangle of vtkDataSetSurfaceFilter, one inside from the cell that it lies in.
"""

import json
import math
import sys

from vtkmodules.vtkCommonCore import reference
from vtkmodules.vtkCommonDataModel import vtkCellLocator, vtkGenericCell
from vtkmodules.vtkFiltersGeometry import vtkDataSetSurfaceFilter
from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridReader

path, kind, name, component, places = sys.argv[1:]
reader = vtkXMLUnstructuredGridReader()
reader.SetFileName(path)
reader.Update()
mesh = reader.GetOutput()
if kind == "surface":
    surface = vtkDataSetSurfaceFilter()
    surface.SetInputData(mesh)
    surface.Update()
    mesh = surface.GetOutput()
array = mesh.GetPointData().GetArray(name)
locator = vtkCellLocator()
locator.SetDataSet(mesh)
locator.BuildLocator()


def value_of(point):
    row = array.GetTuple(point)
    return math.sqrt(sum(v * v for v in row)) if int(component) < 0 else row[int(component)]


found = []
for place in json.loads(places):
    closest, cell, number = [0.0, 0.0, 0.0], vtkGenericCell(), reference(0)
    sub, squared = reference(0), reference(0.0)
    locator.FindClosestPoint(place, closest, cell, number, sub, squared)
    count = cell.GetNumberOfPoints()
    weights, local, nearest = [0.0] * count, [0.0] * 3, [0.0] * 3
    mesh.GetCell(int(number)).EvaluatePosition(closest, nearest, sub, local, squared, weights)
    points = [cell.GetPointId(at) for at in range(count)]
    value = sum(weight * value_of(point) for weight, point in zip(weights, points))
    found.append({"value": value, "distance": math.dist(place, closest)})
print(json.dumps(found))
