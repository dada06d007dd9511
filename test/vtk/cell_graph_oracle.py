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

from made_grids import KINDS, SQUARE, Builder, bricks, stacks, to_grid, to_json
from vtkmodules.vtkCommonCore import vtkIdList
from vtkmodules.vtkIOLegacy import vtkGenericDataObjectReader
from vtkmodules.vtkIOXML import vtkXMLGenericDataObjectReader

# Shape and number of points of bodies with points in their sides.
QUADRATIC_BODIES = {
    24: ("tetra", 10), 25: ("hexahedron", 20), 26: ("wedge", 15), 27: ("pyramid", 13), 29: ("hexahedron", 27),
    31: ("wedge", 12), 32: ("wedge", 18), 33: ("hexahedron", 24), 37: ("pyramid", 19),
}
# Corners of cells that have other points, too.
CORNERS = {21: 2, 35: 2, 68: 2, 75: 2, 24: 4, 25: 8, 26: 6, 27: 5, 29: 8, 31: 6, 32: 6, 33: 8, 37: 5}
CORNERS.update({22: 3, 23: 4, 28: 4, 30: 4, 34: 3, 69: 3, 70: 4, 71: 4, 72: 8, 73: 6, 76: 3, 77: 4, 78: 4, 79: 8, 80: 6})
rng = random.Random(7)


class PaddedBuilder(Builder):
    """A builder of cells that have other points than corners, too."""

    def point(self):
        self.places.append((rng.random(), rng.random(), rng.random()))
        return len(self.places) - 1

    def add_padded(self, kind, corners, size):
        """A cell of more points than corners; the others are its own."""
        self.add(kind, corners + [self.point() for _ in range(size - len(corners))])

    def brick(self, how, c):
        if how not in QUADRATIC_BODIES:
            return super().brick(how, c)
        shape, size = QUADRATIC_BODIES[how]
        for part in self.parts(shape, c):
            self.add_padded(how, part, size)


def shuffled(name, choose, n=4):
    """Neighbours follow from the faces, not from the order of the cells."""
    name, builder = bricks(name, choose, n, PaddedBuilder)
    rng.shuffle(builder.cells)
    return name, builder


def higher_order():
    """Bodies of higher order, each a brick of its own; order 2."""
    builder = PaddedBuilder(4)
    for z in range(3):
        for y in range(3):
            for x in range(3):
                c = builder.corners(x, y, z)
                builder.add_padded(rng.choice((72, 79)), c, 27)
    return "bodies of higher order", builder


def sheets():
    """Flat cells over a square, two sheets that cross in a line, and cells of all dimensions besides."""
    builder = PaddedBuilder(7)
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
    return {
        "name": name,
        "numPoints": len(builder.places),
        "places": builder.places,
        **to_json(builder),
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


def made():
    yield from (shuffled(kind, lambda x, y, z, kind=kind: kind) for kind in KINDS)
    yield shuffled("mixed", lambda x, y, z: rng.choice(SQUARE), 6)
    yield shuffled("quadratic hexahedra", lambda x, y, z: rng.choice((25, 29, 33)))
    yield shuffled("quadratic tetrahedra", lambda x, y, z: 24)
    yield shuffled("quadratic wedges", lambda x, y, z: (26, 31, 32)[z % 3])
    yield shuffled("quadratic pyramids", lambda x, y, z: rng.choice((27, 37)))
    yield from (higher_order(), stacks(), sheets(), curves(), twins())


def main():
    meshes = [read(path) for path in sys.argv[1:]] or [describe(*each) for each in made()]
    print(json.dumps({"meshes": meshes}))


if __name__ == "__main__":
    main()
