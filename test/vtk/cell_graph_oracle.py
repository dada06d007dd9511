"""Which cells share a face, by VTK's GetCellNeighbors: python3 cell_graph_oracle.py [FILE...]; prints JSON

{"meshes": [{"name", "numPoints", "places", "types", "points", "faces", "faceOffsets", "edges": [[source, target], ...],
"centres": [[x, y, z], ...]}]}

Without files of meshes made here, of every face type; with them of the files, of which `places`, `types`, `points` and
faces are left out. `edges` are sorted. A face is asked for by its corners: those of a face of a body, the ends of a side of a flat cell,
each point of a curve. GetCellNeighbors gives all cells that use them: those of another dimension are left out. `centres` are
means of the corners.
"""

import json
import random
import sys

from vtkmodules.vtkCommonCore import vtkIdList, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkUnstructuredGrid
from vtkmodules.vtkIOLegacy import vtkGenericDataObjectReader
from vtkmodules.vtkIOXML import vtkXMLGenericDataObjectReader

QUADRATIC_BODIES = {24: 10, 25: 20, 26: 15, 27: 13, 29: 27, 31: 12, 32: 18, 33: 24, 37: 19}
# Corners of cells that have other points, too.
CORNERS = {21: 2, 35: 2, 68: 2, 75: 2, 24: 4, 25: 8, 26: 6, 27: 5, 29: 8, 31: 6, 32: 6, 33: 8, 37: 5}
CORNERS.update({22: 3, 23: 4, 28: 4, 30: 4, 34: 3, 69: 3, 70: 4, 71: 4, 72: 8, 73: 6, 76: 3, 77: 4, 78: 4, 79: 8, 80: 6})
rng = random.Random(7)


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

    def point(self):
        self.places.append((rng.random(), rng.random(), rng.random()))
        return len(self.places) - 1

    def add_padded(self, kind, corners, size):
        """A cell of more points than corners; the others are its own."""
        self.add(kind, corners + [self.point() for _ in range(size - len(corners))])

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
        elif how in ("pyramid", 27, 37):
            kind, size = (14, 5) if how == "pyramid" else (how, QUADRATIC_BODIES[how])
            self.places.append(tuple(sum(self.places[i][a] for i in c) / 8 for a in range(3)))
            apex = len(self.places) - 1
            for base in ((0, 1, 2, 3), (4, 7, 6, 5), (0, 4, 5, 1), (1, 5, 6, 2), (2, 6, 7, 3), (3, 7, 4, 0)):
                self.add_padded(kind, [c[i] for i in base] + [apex], size)
        elif how == "polyhedron":
            sides = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
            self.add(42, c, [[c[i] for i in side] for side in sides])
        elif how in QUADRATIC_BODIES:
            self.quadratic(how, c)

    def quadratic(self, kind, c):
        count, size = CORNERS[kind], QUADRATIC_BODIES[kind]
        if count == 8:
            return self.add_padded(kind, c, size)
        parts = {
            4: ((0, 1, 3, 4), (1, 2, 3, 6), (1, 4, 6, 5), (3, 4, 7, 6), (1, 3, 4, 6)),
            6: ((0, 1, 3, 4, 5, 7), (1, 2, 3, 5, 6, 7)),
        }[count]
        for part in parts:
            self.add_padded(kind, [c[i] for i in part], size)


def bricks(name, choose, n=4):
    builder = Builder(n)
    for z in range(n - 1):
        for y in range(n - 1):
            for x in range(n - 1):
                builder.brick(choose(x, y, z), builder.corners(x, y, z))
    # Neighbours follow from the faces, not from the order of the cells.
    rng.shuffle(builder.cells)
    return name, builder


def higher_order():
    """Bodies of higher order, each a brick of its own; order 2."""
    builder = Builder(4)
    for z in range(3):
        for y in range(3):
            for x in range(3):
                c = builder.corners(x, y, z)
                builder.add_padded(rng.choice((72, 79)), c, 27)
    return "bodies of higher order", builder


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


def sheets():
    """Flat cells over a square, two sheets that cross in a line, and cells of all dimensions besides."""
    builder = Builder(7)
    at = lambda x, y: y * 7 + x
    for y in range(6):
        for x in range(6):
            a, b, c, d = at(x, y), at(x + 1, y), at(x + 1, y + 1), at(x, y + 1)
            how = rng.choice(("triangles", "quad", "pixel", "polygon", "strip", 22, 23, 28, 30, 34, 36, 69, 70, 76, 77))
            if how == "triangles":
                builder.add(5, [a, b, c])
                builder.add(5, [a, c, d])
            elif how == "quad":
                builder.add(9, [a, b, c, d])
            elif how == "pixel":
                builder.add(8, [a, b, d, c])
            elif how == "polygon":
                builder.add(7, [a, b, c, d])
            elif how == "strip":
                builder.add(6, [a, b, d, c])
            elif how in (22, 34, 69, 76):
                size = {22: 6, 34: 7, 69: 6, 76: 6}[how]
                builder.add_padded(how, [a, b, c], size)
                builder.add_padded(how, [a, c, d], size)
            else:
                builder.add_padded(how, [a, b, c, d], {23: 8, 28: 9, 30: 6, 36: 8, 70: 9, 77: 9}[how])
    for x in range(6):
        # A second sheet on the line between two rows: three cells or four at each side there.
        low, high = [at(x, 3), at(x + 1, 3)], [at(x, 3) + 49, at(x + 1, 3) + 49]
        builder.add(9, [low[0], low[1], high[1], high[0]])
    builder.add(12, builder.corners(0, 0, 0))
    builder.add(3, [at(0, 0), at(1, 0)])
    builder.add(1, [at(0, 0)])
    rng.shuffle(builder.cells)
    return "sheets", builder


def curves():
    builder = Builder(4)
    for kind, ids in (
        (3, [0, 1]), (3, [1, 2]), (3, [1, 5]), (4, [2, 3, 7, 11]), (4, [11, 15]), (3, [7, 6]), (4, [20, 21, 22, 20]),
        (3, [20, 24]), (1, [1]), (2, [1, 2, 3]), (21, [30, 31, 32]), (35, [31, 33, 34, 35]), (68, [33, 36, 37, 38]),
        (75, [36, 39, 40]), (3, [0, 1]),
    ):
        builder.add(kind, ids)
    return "curves", builder


def twins():
    """Cells that are listed twice, and pairs that share two faces."""
    builder = Builder(3)
    builder.brick("hexahedron", builder.corners(0, 0, 0))
    builder.brick("hexahedron", builder.corners(0, 0, 0))
    builder.brick("hexahedron", builder.corners(1, 0, 0))
    builder.add(5, [18, 19, 20])
    builder.add(5, [20, 19, 18])
    builder.add(7, [18, 19, 20, 23])
    builder.add(7, [19, 20, 22, 18, 21])
    return "twins", builder


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


def ids_of(cell):
    return [cell.GetPointId(i) for i in range(cell.GetNumberOfPoints())]


def faces_of(cell):
    kind, dimension = cell.GetCellType(), cell.GetCellDimension()
    if dimension == 3:
        for i in range(cell.GetNumberOfFaces()):
            face = cell.GetFace(i)
            yield ids_of(face)[: face.GetNumberOfEdges()]
    elif kind == 6:
        ids = ids_of(cell)
        yield ids[:2]
        yield from (list(pair) for pair in zip(ids, ids[2:]))
        yield ids[-2:]
    elif dimension == 2:
        for i in range(cell.GetNumberOfEdges()):
            yield ids_of(cell.GetEdge(i))[:2]
    elif dimension == 1:
        yield from ([i] for i in ids_of(cell)[: CORNERS.get(kind)])


def find_edges(grid):
    dimensions = [grid.GetCell(cell).GetCellDimension() for cell in range(grid.GetNumberOfCells())]
    found, edges = vtkIdList(), []
    for cell in range(grid.GetNumberOfCells()):
        neighbours = set()
        for face in list(faces_of(grid.GetCell(cell))):
            ids = vtkIdList()
            for i in face:
                ids.InsertNextId(i)
            grid.GetCellNeighbors(cell, ids, found)
            neighbours.update(found.GetId(i) for i in range(found.GetNumberOfIds()))
        edges += [[cell, other] for other in sorted(neighbours) if dimensions[other] == dimensions[cell]]
    return edges


def find_centres(grid):
    centres = []
    for index in range(grid.GetNumberOfCells()):
        cell = grid.GetCell(index)
        count = cell.GetNumberOfPoints() // 2 if cell.GetCellType() == 36 else CORNERS.get(cell.GetCellType())
        ids = ids_of(cell)[:count]
        places = [grid.GetPoint(i) for i in ids]
        centres.append([sum(place[axis] for place in places) / max(len(ids), 1) for axis in range(3)])
    return centres


def describe(name, builder):
    grid = to_grid(builder)
    faces, offsets = [], []
    for _, _, sides in builder.cells:
        if sides is not None:
            faces += [len(sides)] + [value for side in sides for value in [len(side)] + side]
        offsets.append(-1 if sides is None else len(faces))
    return {
        "name": name,
        "numPoints": len(builder.places),
        "places": builder.places,
        "types": [kind for kind, _, _ in builder.cells],
        "points": [ids for _, ids, _ in builder.cells],
        "faces": faces,
        "faceOffsets": offsets,
        "edges": find_edges(grid),
        "centres": find_centres(grid),
    }


def read(path):
    reader = vtkGenericDataObjectReader() if path.endswith(".vtk") else vtkXMLGenericDataObjectReader()
    reader.SetFileName(path)
    reader.Update()
    grid = reader.GetOutput()
    if hasattr(grid, "BuildLinks"):
        grid.BuildLinks()
    return {"name": path, "numPoints": grid.GetNumberOfPoints(), "edges": find_edges(grid), "centres": find_centres(grid)}


KINDS = ["tetra", "voxel", "hexahedron", "wedge", "pyramid", "polyhedron"]
SQUARE = ["voxel", "hexahedron", "pyramid", "polyhedron"]


def made():
    yield from (bricks(kind, lambda x, y, z, kind=kind: kind) for kind in KINDS)
    yield bricks("mixed", lambda x, y, z: rng.choice(SQUARE), 6)
    yield bricks("quadratic hexahedra", lambda x, y, z: rng.choice((25, 29, 33)))
    yield bricks("quadratic tetrahedra", lambda x, y, z: 24)
    yield bricks("quadratic wedges", lambda x, y, z: (26, 31, 32)[z % 3])
    yield bricks("quadratic pyramids", lambda x, y, z: rng.choice((27, 37)))
    yield from (higher_order(), stacks(), sheets(), curves(), twins())


def main():
    meshes = [read(path) for path in sys.argv[1:]] or [describe(*each) for each in made()]
    print(json.dumps({"meshes": meshes}))


if __name__ == "__main__":
    main()
