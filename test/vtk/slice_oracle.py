"""What vtkCutter makes of meshes of every cell type: python3 slice_oracle.py; prints JSON

[{"name", "places": [[x, y, z]], "types", "points": [[id, ...]], "faces", "faceOffsets", "arrays": {name: [value]},
"cuts": [{"plane": [nx, ny, nz, d], "area", "length", "moment", "places", "arrays": {name: [value]}, "owners": [cell]}]}]

`moment` is the integral of the linear array over the polygons and lines.
"""

import json
import math
import random

from made_grids import KINDS, SQUARE, bricks, flat, stacks, to_grid, to_json
from vtkmodules.vtkCommonCore import vtkDoubleArray, vtkIntArray
from vtkmodules.vtkCommonDataModel import (
    vtkBiQuadraticQuad,
    vtkBiQuadraticQuadraticHexahedron,
    vtkBiQuadraticQuadraticWedge,
    vtkBiQuadraticTriangle,
    vtkPlane,
    vtkQuadraticEdge,
    vtkQuadraticHexahedron,
    vtkQuadraticLinearQuad,
    vtkQuadraticLinearWedge,
    vtkQuadraticPyramid,
    vtkQuadraticQuad,
    vtkQuadraticTetra,
    vtkQuadraticTriangle,
    vtkQuadraticWedge,
    vtkTriQuadraticHexahedron,
)
from vtkmodules.vtkCommonExecutionModel import vtkAlgorithm
from vtkmodules.vtkFiltersCore import vtkCutter

rng = random.Random(21)
CURVED = [
    vtkQuadraticEdge,
    vtkQuadraticTriangle,
    vtkQuadraticQuad,
    vtkBiQuadraticQuad,
    vtkBiQuadraticTriangle,
    vtkQuadraticLinearQuad,
    vtkQuadraticTetra,
    vtkQuadraticHexahedron,
    vtkQuadraticWedge,
    vtkQuadraticPyramid,
    vtkTriQuadraticHexahedron,
    vtkQuadraticLinearWedge,
    vtkBiQuadraticQuadraticWedge,
    vtkBiQuadraticQuadraticHexahedron,
]


class Single:
    """One cell, its points where its parameters say, sheared so that no side lies along an axis."""

    def __init__(self, cell):
        coords = cell.GetParametricCoords()
        count = cell.GetNumberOfPoints()
        if coords is None:
            raise SystemExit(f"{cell.GetClassName()} has no coordinates")
        values = [coords[i] for i in range(3 * count)]
        self.places = []
        for at in range(count):
            x, y, z = values[3 * at : 3 * at + 3]
            self.places.append((3 * x + 0.3 * y, 2.5 * y + 0.4 * z + 0.1 * x, 2 * z + 0.2 * x))
        self.cells = [(cell.GetCellType(), list(range(count)), None)]


def linear(x, y, z):
    return 2 * x - y + 0.5 * z + 1


def arrays_of(places):
    return {
        "linear": [linear(*place) for place in places],
        "bent": [math.sin(x) * (y + 0.3) + z * z for x, y, z in places],
        "count": [rng.randrange(100) for _ in places],
    }


def distance(a, b):
    return math.dist(a, b)


def integrate(output):
    area = length = moment = 0.0
    for index in range(output.GetNumberOfCells()):
        cell = output.GetCell(index)
        points = [cell.GetPoints().GetPoint(i) for i in range(cell.GetNumberOfPoints())]
        if cell.GetCellDimension() == 1:
            for a, b in zip(points, points[1:]):
                size = distance(a, b)
                length += size
                moment += size * (linear(*a) + linear(*b)) / 2
        if cell.GetCellDimension() == 2:
            for b, c in zip(points[1:], points[2:]):
                a = points[0]
                u = [b[i] - a[i] for i in range(3)]
                v = [c[i] - a[i] for i in range(3)]
                cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
                size = math.hypot(*cross) / 2
                area += size
                moment += size * (linear(*a) + linear(*b) + linear(*c)) / 3
    return {"area": area, "length": length, "moment": moment}


def cut(grid, plane):
    nx, ny, nz, d = plane
    square = nx * nx + ny * ny + nz * nz
    function = vtkPlane()
    function.SetNormal(nx, ny, nz)
    function.SetOrigin(nx * d / square, ny * d / square, nz * d / square)
    cutter = vtkCutter()
    cutter.SetCutFunction(function)
    cutter.SetOutputPointsPrecision(vtkAlgorithm.DOUBLE_PRECISION)
    cutter.SetInputData(grid)
    cutter.Update()
    output = cutter.GetOutput()
    data = output.GetPointData()
    values = lambda array: [array.GetValue(i) for i in range(array.GetNumberOfTuples())]
    owners = output.GetCellData().GetArray("cell")
    return {
        "plane": plane,
        **integrate(output),
        "places": [output.GetPoint(i) for i in range(output.GetNumberOfPoints())],
        "arrays": {name: values(data.GetArray(name)) for name in ("linear", "bent", "count")} if data.GetArray("bent") else {},
        "owners": sorted(set(values(owners))) if owners else [],
    }


def describe(name, builder):
    grid = to_grid(builder)
    grid.GetPoints().SetDataTypeToDouble()
    points = grid.GetPoints()
    points.SetNumberOfPoints(len(builder.places))
    for index, place in enumerate(builder.places):
        points.SetPoint(index, place)
    arrays = arrays_of(builder.places)
    for key, values in arrays.items():
        array = vtkIntArray() if key == "count" else vtkDoubleArray()
        array.SetName(key)
        for value in values:
            array.InsertNextValue(value)
        grid.GetPointData().AddArray(array)
    numbers = vtkIntArray()
    numbers.SetName("cell")
    for index in range(len(builder.cells)):
        numbers.InsertNextValue(index)
    grid.GetCellData().AddArray(numbers)
    low = [min(place[axis] for place in builder.places) for axis in range(3)]
    high = [max(place[axis] for place in builder.places) for axis in range(3)]
    planes = []
    for normal in ((1, 0, 0), (0, 1, 0), (0, 0, 2), (1, 0.7, -0.4), (-0.3, 0.5, 1)):
        at = [low[axis] + rng.uniform(0.25, 0.75) * (high[axis] - low[axis]) for axis in range(3)]
        planes.append([*normal, sum(n * x for n, x in zip(normal, at))])
    return {
        "name": name,
        "places": builder.places,
        **to_json(builder),
        "arrays": arrays,
        "cuts": [cut(grid, plane) for plane in planes],
    }


def main():
    meshes = [bricks(kind, lambda x, y, z, kind=kind: kind) for kind in KINDS]
    meshes.append(bricks("mixed", lambda x, y, z: rng.choice(SQUARE), 5))
    meshes += [stacks(), flat()]
    meshes += [(make.__name__.removeprefix("vtk"), Single(make())) for make in CURVED]
    print(json.dumps([describe(name, builder) for name, builder in meshes]))


if __name__ == "__main__":
    main()
