"""What VTK takes for the outer surface of meshes: python3 surface_oracle.py; prints JSON

{"meshes": [{"name", "numPoints", "types", "points", "faces", "faceOffsets", "polygons": {filter: [[cell, id, ...]]},
"lines", "vertices"}], "bodies": [{"type", "name", "size", "faces": [[id, ...]]}]}

`polygons` has what vtkDataSetSurfaceFilter and vtkGeometryFilter give; `bodies` the faces of cells with points in their
sides, by vtkCell::GetFace, which both filters would cut into triangles that no longer know their points.
"""

import json
import random

from vtkmodules.vtkCommonCore import vtkIdList, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkUnstructuredGrid
from vtkmodules.vtkFiltersGeometry import vtkDataSetSurfaceFilter, vtkGeometryFilter

BODIES = [(24, 10), (25, 20), (26, 15), (27, 13), (29, 27), (31, 12), (32, 18), (33, 24), (37, 19)]
FLAT = [(22, 6), (23, 8), (28, 9), (30, 6), (34, 7)]
rng = random.Random(5)


class Builder:
    """A grid of bricks that share their corners, each filled in a way of its own."""

    def __init__(self, n):
        self.n = n
        self.places = [(x, y, z) for z in range(n) for y in range(n) for x in range(n)]
        self.cells = []

    def corners(self, x, y, z):
        n = self.n
        at = lambda i, j, k: (z + k) * n * n + (y + j) * n + x + i
        return [at(0, 0, 0), at(1, 0, 0), at(1, 1, 0), at(0, 1, 0), at(0, 0, 1), at(1, 0, 1), at(1, 1, 1), at(0, 1, 1)]

    def add(self, kind, ids, faces=None):
        self.cells.append((kind, ids, faces))

    def brick(self, how, c):
        if how == "tetra":
            for tet in ((0, 1, 3, 4), (1, 2, 3, 6), (1, 4, 6, 5), (3, 4, 7, 6), (1, 3, 4, 6)):
                self.add(10, [c[i] for i in tet])
        elif how == "voxel":
            self.add(11, [c[i] for i in (0, 1, 3, 2, 4, 5, 7, 6)])
        elif how == "hexahedron":
            self.add(12, c)
        elif how == "wedge":
            self.add(13, [c[i] for i in (0, 1, 3, 4, 5, 7)])
            self.add(13, [c[i] for i in (1, 2, 3, 5, 6, 7)])
        elif how == "pyramid":
            self.places.append(tuple(sum(self.places[i][a] for i in c) / 8 for a in range(3)))
            apex = len(self.places) - 1
            for base in ((0, 1, 2, 3), (4, 7, 6, 5), (0, 4, 5, 1), (1, 5, 6, 2), (2, 6, 7, 3), (3, 7, 4, 0)):
                self.add(14, [c[i] for i in base] + [apex])
        elif how == "polyhedron":
            sides = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
            self.add(42, c, [[c[i] for i in side] for side in sides])


def bricks(name, choose, n=4):
    builder = Builder(n)
    for z in range(n - 1):
        for y in range(n - 1):
            for x in range(n - 1):
                builder.brick(choose(x, y, z), builder.corners(x, y, z))
    return name, builder


def stacks():
    """Prisms on five and six corners, three on top of each other."""
    builder = Builder(0)
    for kind, count in ((15, 5), (16, 6)):
        first = len(builder.places)
        for z in range(4):
            builder.places += [(20 + kind + i, i * i, z) for i in range(count)]
        for z in range(3):
            base = first + z * count
            builder.add(kind, [base + i for i in range(2 * count)])
    return "prisms", builder


def flat():
    builder = Builder(5)
    for kind, ids in (
        (1, [0]), (2, [1, 2, 3]), (3, [4, 9]), (4, [5, 10, 15, 20]), (5, [30, 31, 35]), (6, [40, 41, 45, 46, 50]),
        (7, [60, 61, 66, 70, 65]), (8, [80, 81, 85, 86]), (9, [90, 91, 96, 95]), (10, [100, 101, 105, 124]),
        (6, [110, 111, 115]),
    ):
        builder.add(kind, ids)
    return "flat cells, lines and points", builder


def to_grid(builder):
    grid, points = vtkUnstructuredGrid(), vtkPoints()
    for place in builder.places:
        points.InsertNextPoint(place)
    grid.SetPoints(points)
    for kind, ids, faces in builder.cells:
        if faces is None:
            grid.InsertNextCell(kind, len(ids), ids)
            continue
        stream = vtkIdList()
        for value in [len(faces)] + [value for face in faces for value in [len(face)] + face]:
            stream.InsertNextId(value)
        grid.InsertNextCell(42, stream)
    return grid


def run(surface, grid):
    surface.PassThroughPointIdsOn()
    surface.PassThroughCellIdsOn()
    surface.SetInputData(grid)
    surface.Update()
    result = surface.GetOutput()
    points = result.GetPointData().GetArray("vtkOriginalPointIds")
    owners = result.GetCellData().GetArray("vtkOriginalCellIds")
    found = {0: [], 1: [], 2: []}
    for cell in range(result.GetNumberOfCells()):
        shape = result.GetCell(cell)
        ids = [int(points.GetValue(shape.GetPointId(i))) for i in range(shape.GetNumberOfPoints())]
        parts = [ids]
        if result.GetCellType(cell) == 6:
            parts = [ids[i : i + 3] for i in range(len(ids) - 2)]
        for part in parts:
            found[shape.GetCellDimension()].append([int(owners.GetValue(cell))] + part)
    return found


def describe(name, builder):
    grid = to_grid(builder)
    filters = {"vtkDataSetSurfaceFilter": vtkDataSetSurfaceFilter(), "vtkGeometryFilter": vtkGeometryFilter()}
    found = {key: run(surface, grid) for key, surface in filters.items()}
    faces, offsets = [], []
    for _, _, sides in builder.cells:
        if sides is not None:
            faces += [len(sides)] + [value for side in sides for value in [len(side)] + side]
        offsets.append(-1 if sides is None else len(faces))
    return {
        "name": name,
        "numPoints": len(builder.places),
        "types": [kind for kind, _, _ in builder.cells],
        "points": [ids for _, ids, _ in builder.cells],
        "faces": faces,
        "faceOffsets": offsets,
        "polygons": {key: value[2] for key, value in found.items()},
        "lines": found["vtkDataSetSurfaceFilter"][1],
        "vertices": found["vtkDataSetSurfaceFilter"][0],
    }


def body(kind, size):
    builder = Builder(0)
    builder.places = [(rng.random(), rng.random(), rng.random()) for _ in range(size)]
    builder.add(kind, list(range(size)))
    cell = to_grid(builder).GetCell(0)
    ids_of = lambda face: [face.GetPointId(i) for i in range(face.GetNumberOfPoints())]
    # GetFace fills the same object again each time.
    ids = [ids_of(cell.GetFace(i)) for i in range(cell.GetNumberOfFaces())] or [ids_of(cell)]
    return {"type": kind, "name": cell.GetClassName(), "size": size, "faces": ids}


KINDS = ["tetra", "voxel", "hexahedron", "wedge", "pyramid", "polyhedron"]
SQUARE = ["voxel", "hexahedron", "pyramid", "polyhedron"]


def main():
    meshes = [bricks(kind, lambda x, y, z, kind=kind: kind) for kind in KINDS]
    meshes.append(bricks("mixed", lambda x, y, z: rng.choice(SQUARE), 6))
    meshes.append(bricks("mixed, faces that do not fit", lambda x, y, z: rng.choice(KINDS), 6))
    meshes += [stacks(), flat()]
    print(
        json.dumps(
            {
                "meshes": [describe(name, builder) for name, builder in meshes],
                "bodies": [body(kind, size) for kind, size in BODIES + FLAT],
            }
        )
    )


if __name__ == "__main__":
    main()
