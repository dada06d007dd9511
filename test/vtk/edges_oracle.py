"""What VTK takes for the edges of a cell of every type that it can make; prints JSON

{"numPoints": N, "cells": [{"type", "name", "points", "faces", "edges"}], "mixed": {"types", "points", "edges"}}

Each entry of `edges` is what vtkCell::GetEdge returns: both ends, then the points between them. VTK gives curves no
edges: theirs is the curve itself, ordered by the parametric coordinates that VTK gives its points. Of a triangle strip
GetEdge gives only the outline: here stand the edges of the triangles that VTK cuts it into. `mixed` is a mesh of linear
cells and what vtkExtractEdges makes of it.
"""

import json
import random

from vtkmodules.vtkCommonCore import vtkIdList, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkUnstructuredGrid
from vtkmodules.vtkFiltersExtraction import vtkExtractEdges

NUM_POINTS = 400
LINEAR = [(5, 3), (8, 4), (9, 4), (10, 4), (11, 8), (12, 8), (13, 6), (14, 5), (15, 10), (16, 12)]
QUADRATIC = [(22, 6), (23, 8), (24, 10), (25, 20), (26, 15), (27, 13), (28, 9), (29, 27), (30, 6), (31, 12)]
QUADRATIC += [(32, 18), (33, 24), (34, 7), (37, 19)]
CURVES = [(3, 2), (21, 3), (35, 4)] + [(kind, order + 1) for kind in (68, 75) for order in (1, 2, 3, 4)]
LISTED = [(1, 1), (2, 4), (6, 3), (6, 4), (6, 7), (7, 3), (7, 5), (7, 8), (36, 6), (36, 10)]
# Faces of a hexagonal prism and of a pyramid, by local point numbers.
POLYHEDRA = [
    (12, [list(range(6)), list(range(6, 12))] + [[i, (i + 1) % 6, (i + 1) % 6 + 6, i + 6] for i in range(6)]),
    (5, [[0, 1, 2, 3], [0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]]),
]

rng = random.Random(11)


def higher_order():
    for order in (1, 2, 3, 4):
        n = order + 1
        triangle = n * (n + 1) // 2
        # Triangle, quadrilateral, tetrahedron, hexahedron, wedge.
        for kind, size in enumerate((triangle, n**2, n * (n + 1) * (n + 2) // 6, n**3, n * triangle)):
            yield 69 + kind, size
            yield 76 + kind, size
    # Second order with points in the faces; VTK 9.1 returns wrong edges of the like triangle and tetrahedron.
    yield 73, 21
    yield 80, 21


def new_grid():
    grid = vtkUnstructuredGrid()
    points = vtkPoints()
    for _ in range(NUM_POINTS):
        points.InsertNextPoint(rng.random(), rng.random(), rng.random())
    grid.SetPoints(points)
    return grid


def ids_of(cell):
    return [cell.GetPointId(i) for i in range(cell.GetNumberOfPoints())]


def edges_of(cell):
    if cell.GetCellDimension() == 1:
        ids, coordinates = ids_of(cell), cell.GetParametricCoords()
        along = [ids[i] for i in sorted(range(len(ids)), key=lambda i: coordinates[3 * i])]
        return [[along[0], along[-1]] + along[1:-1]]
    if cell.GetCellType() == 6:
        triangles = vtkIdList()
        cell.Triangulate(0, triangles, vtkPoints())
        ids = [triangles.GetId(i) for i in range(triangles.GetNumberOfIds())]
        return [[ids[i], ids[i - 2 if i % 3 == 2 else i + 1]] for i in range(len(ids))]
    edges = [ids_of(cell.GetEdge(i)) for i in range(cell.GetNumberOfEdges())]
    if cell.GetCellType() in (71, 78):
        # Of a higher-order tetrahedron VTK 9.1 gives the points in the order in which they lie on the edge.
        edges = [[ids[0], ids[-1]] + ids[1:-1] for ids in edges]
    return edges


def describe(grid, ids, faces=None):
    cell = grid.GetCell(0)
    return {
        "type": grid.GetCellType(0),
        "name": cell.GetClassName(),
        "points": ids,
        "faces": faces,
        "edges": edges_of(cell),
    }


def one_cell(kind, size):
    ids = rng.sample(range(NUM_POINTS), size)
    grid = new_grid()
    grid.InsertNextCell(kind, size, ids)
    return describe(grid, ids)


def polyhedron(size, faces):
    ids = rng.sample(range(NUM_POINTS), size)
    stream = [len(faces)]
    for face in faces:
        stream += [len(face)] + [ids[i] for i in face]
    id_list = vtkIdList()
    for value in stream:
        id_list.InsertNextId(value)
    grid = new_grid()
    grid.InsertNextCell(42, id_list)
    return describe(grid, ids, stream)


def mixed():
    grid = new_grid()
    types, points = [], []
    for _ in range(300):
        kind, size = rng.choice(LINEAR)
        ids = rng.sample(range(NUM_POINTS), size)
        grid.InsertNextCell(kind, size, ids)
        types.append(kind)
        points.append(ids)
    extract = vtkExtractEdges()
    extract.UseAllPointsOn()
    extract.SetInputData(grid)
    extract.Update()
    lines = extract.GetOutput().GetLines()
    ids = vtkIdList()
    edges = []
    lines.InitTraversal()
    while lines.GetNextCell(ids):
        edges.append([ids.GetId(0), ids.GetId(1)])
    return {"types": types, "points": points, "edges": edges}


cells = [one_cell(kind, size) for kind, size in LINEAR + QUADRATIC + CURVES + LISTED + list(higher_order())]
cells += [polyhedron(size, faces) for size, faces in POLYHEDRA]
print(json.dumps({"numPoints": NUM_POINTS, "cells": cells, "mixed": mixed()}))
