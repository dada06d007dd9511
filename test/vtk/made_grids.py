"""Grids that the oracles of surfaces, slices, ghosts and graphs of cells ask VTK about: the same cells as VTK's and as JSON."""

from vtkmodules.vtkCommonCore import vtkIdList, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkUnstructuredGrid

KINDS = ["tetra", "voxel", "hexahedron", "wedge", "pyramid", "polyhedron"]
SQUARE = ["voxel", "hexahedron", "pyramid", "polyhedron"]
TYPES = {"tetra": 10, "voxel": 11, "hexahedron": 12, "wedge": 13, "pyramid": 14}
# Cells that fill a brick, by its corners.
PARTS = {
    "tetra": ((0, 1, 3, 4), (1, 2, 3, 6), (1, 4, 6, 5), (3, 4, 7, 6), (1, 3, 4, 6)),
    "voxel": ((0, 1, 3, 2, 4, 5, 7, 6),),
    "hexahedron": (range(8),),
    "wedge": ((0, 1, 3, 4, 5, 7), (1, 2, 3, 5, 6, 7)),
}
BASES = ((0, 1, 2, 3), (4, 7, 6, 5), (0, 4, 5, 1), (1, 5, 6, 2), (2, 6, 7, 3), (3, 7, 4, 0))
SIDES = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))


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

    def parts(self, shape, c):
        """Corners of the cells of a shape that fill a brick; pyramids have its centre as their apex."""
        if shape != "pyramid":
            return [[c[i] for i in part] for part in PARTS[shape]]
        self.places.append(tuple(sum(self.places[i][a] for i in c) / 8 for a in range(3)))
        apex = len(self.places) - 1
        return [[c[i] for i in base] + [apex] for base in BASES]

    def brick(self, how, c):
        if how == "polyhedron":
            return self.add(42, c, [[c[i] for i in side] for side in SIDES])
        for part in self.parts(how, c):
            self.add(TYPES[how], part)


def bricks(name, choose, n=4, make=Builder):
    builder = make(n)
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
        for value in stream_of(faces):
            stream.InsertNextId(value)
        grid.InsertNextCell(42, stream)
    return grid


def to_json(builder):
    """Cells as `types`, `points`, `faces` and `faceOffsets`."""
    faces, offsets = [], []
    for _, _, sides in builder.cells:
        if sides is not None:
            faces += stream_of(sides)
        offsets.append(-1 if sides is None else len(faces))
    return {
        "types": [kind for kind, _, _ in builder.cells],
        "points": [ids for _, ids, _ in builder.cells],
        "faces": faces,
        "faceOffsets": offsets,
    }


def stream_of(faces):
    return [len(faces)] + [value for face in faces for value in [len(face)] + face]
