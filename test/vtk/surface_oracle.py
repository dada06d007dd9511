"""What VTK takes for the outer surface of meshes: python3 surface_oracle.py; prints JSON

{"meshes": [{"name", "numPoints", "types", "points", "faces", "faceOffsets", "polygons": {filter: [[cell, id, ...]]},
"lines", "vertices"}], "bodies": [{"type", "name", "size", "faces": [[id, ...]]}]}

`polygons` has what vtkDataSetSurfaceFilter and vtkGeometryFilter give; `bodies` the faces of cells with points in their
sides, by vtkCell::GetFace, which both filters would cut into triangles that no longer know their points.
"""

import json
import random

from made_grids import KINDS, SQUARE, Builder, bricks, flat, stacks, to_grid, to_json
from vtkmodules.vtkFiltersGeometry import vtkDataSetSurfaceFilter, vtkGeometryFilter

BODIES = [(24, 10), (25, 20), (26, 15), (27, 13), (29, 27), (31, 12), (32, 18), (33, 24), (37, 19)]
FLAT = [(22, 6), (23, 8), (28, 9), (30, 6), (34, 7)]
rng = random.Random(5)


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
    return {
        "name": name,
        "numPoints": len(builder.places),
        **to_json(builder),
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
