"""What VTK leaves out of the outer surface of meshes with ghosts: python3 ghost_oracle.py; prints JSON

[{"name", "marks", "numPoints", "types", "points", "faces", "faceOffsets", "cellFlags", "pointFlags", "polygons", "lines",
"vertices"}], the last three as [cell, id, ...].

Of VTK 9.1 each filter knows some marks only: vtkGeometryFilter copies, vtkDataSetSurfaceFilter hidden cells and points of
bodies. Newer ones have all of them in vtkGeometryFilter.
"""

import json
import random

from made_grids import KINDS, SQUARE, bricks, to_grid, to_json
from surface_oracle import run
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray, vtkVersion
from vtkmodules.vtkFiltersGeometry import vtkDataSetSurfaceFilter, vtkGeometryFilter

rng = random.Random(11)
IS_NEW = (vtkVersion.GetVTKMajorVersion(), vtkVersion.GetVTKMinorVersion()) >= (9, 4)
MARKS = {
    "copied cells": ([1, 0, 0], [0]),
    "hidden cells": ([32, 0, 0], [0]),
    "hidden points": ([0], [2] + 12 * [0]),
    "copied points": ([0], [1, 0]),
    "bits that hide nothing": ([0, 2, 4, 16, 64, 128], [0, 4, 8, 128]),
}
# Copied cells that are hidden as well differ between the filters of older versions.
NEW_MARKS = {
    "refined cells": ([8, 0, 0], [0]),
    "all at once": ([0, 0, 0, 0, 1, 8, 32, 33, 9, 40], [0] * 20 + [1, 2, 3]),
}


def mixed_dimensions():
    """Bodies, and flat cells, lines and points on some of their corners."""
    name, builder = bricks("bodies and flat cells", lambda x, y, z: "hexahedron", 3)
    first = len(builder.places)
    builder.places += [(20 + x, y, 0) for y in range(3) for x in range(3)]
    for kind, ids in ((9, [0, 1, 4, 3]), (9, [1, 2, 5, 4]), (5, [3, 4, 7]), (3, [6, 7]), (3, [7, 8]), (1, [8]), (1, [0])):
        for _ in range(3):
            builder.add(kind, [first + i for i in ids])
    return name, builder


def flags(values, count):
    array = vtkUnsignedCharArray()
    array.SetName("vtkGhostType")
    for _ in range(count):
        array.InsertNextValue(rng.choice(values))
    return array


def describe(name, builder, marks, of_cells, of_points):
    grid = to_grid(builder)
    cell_flags = flags(of_cells, len(builder.cells))
    point_flags = flags(of_points, len(builder.places))
    grid.GetCellData().AddArray(cell_flags)
    grid.GetPointData().AddArray(point_flags)
    is_hidden = marks in ("hidden cells", "hidden points")
    found = run(vtkDataSetSurfaceFilter() if is_hidden and not IS_NEW else vtkGeometryFilter(), grid)
    return {
        "name": name,
        "marks": marks,
        "numPoints": len(builder.places),
        **to_json(builder),
        "cellFlags": [int(cell_flags.GetValue(i)) for i in range(len(builder.cells))],
        "pointFlags": [int(point_flags.GetValue(i)) for i in range(len(builder.places))],
        "polygons": found[2],
        "lines": found[1],
        "vertices": found[0],
    }


def main():
    meshes = [bricks(kind, lambda x, y, z, kind=kind: kind) for kind in KINDS]
    meshes.append(bricks("mixed", lambda x, y, z: rng.choice(SQUARE), 5))
    results = []
    for marks, (of_cells, of_points) in {**MARKS, **(NEW_MARKS if IS_NEW else {})}.items():
        for name, builder in meshes:
            results.append(describe(name, builder, marks, of_cells, of_points))
        if IS_NEW or marks == "copied cells":
            results.append(describe(*mixed_dimensions(), marks, of_cells, of_points))
    print(json.dumps(results))


if __name__ == "__main__":
    main()
