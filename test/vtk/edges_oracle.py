"""What VTK takes for the edges of one cell of every type: prints JSON

{"numPoints": N, "cells": [{"type", "name", "points", "faces"?, "edges"}], "mixed": {"types", "cells", "edges"}}

Each entry of `edges` is what vtkCell::GetEdge returns: both ends, then the points between them. VTK gives curves no
edges; theirs is the curve itself, its points sorted by their parametric coordinate. `mixed` holds a mesh of linear
cells and what vtkExtractEdges makes of it.
"""

import json
import random
import sys

from vtkmodules.vtkCommonCore import vtkIdList, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkUnstructuredGrid
from vtkmodules.vtkFiltersCore import vtkExtractEdges

NUM_POINTS = 400
LINEAR = {5: 3, 8: 4, 9: 4, 10: 4, 11: 8, 12: 8, 13: 6, 14: 5, 15: 10, 16: 12}
QUADRATIC = {22: 6, 23: 8, 24: 10, 25: 20, 26: 15, 27: 13, 28: 9, 29: 27, 30: 6, 31: 12, 32: 18, 33: 24, 34: 7, 37: 19}
CURVES = [(3, 2), (21, 3), (35, 4)] + [(kind, order + 1) for kind in (68, 75) for order in (1, 2, 3, 4)]
LISTED = [(7, 3), (7, 5), (7, 8), (6, 3), (6, 4), (6, 7), (36, 6), (36, 10), (1, 1), (2, 4)]


def higher_order():
    for order in (1, 2, 3, 4):
        n = order + 1
        sizes = [(n * (n + 1)) // 2, n**2, (n * (n + 1) * (n + 2)) // 6, n**3, n * n * (n + 1) // 2]
        for family in (69, 76):
            for kind, size in enumerate(sizes):
                yield family + kind, size
    yield 73, 21
    yield 80, 21


# Faces of a hexagonal prism and of a pyramid, by local point numbers.
POLYHEDRA = [
    (12, [list(range(6)), list(range(6, 12))] + [[i, (i + 1) % 6, (i + 1) % 6 + 6, i + 6] for i in range(6)]),
    (5, [[0, 1, 2, 3], [0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]]),
]


def ids_of(cell):
    return [cell.GetPointId(i) for i in range(cell.GetNumberOfPoints())]


def curve_of(cell):
    count = cell.GetNumberOfPoints()
    points = vtkPoints()
    # The point of each index, placed where the cell's own parametric coordinates put it.
    from vtkmodules.vtkCommonCore import reference

    order = []
    for index in range(count):
        x, weights, sub = [0.0] * 3, [0.0] * count, reference(0)
        order.append((index, weights, sub, x))
    samples = [i / 600 for i in range(601)]
    peak = [(-1.0, 0.0)] * count
    for r in samples:
        x, weights, sub = [0.0] * 3, [0.0] * count, reference(0)
        cell.EvaluateLocation(sub, [r, 0, 0], x, weights)
        for index in range(count):
            # A node lies where its own weight is 1 and all others are 0.
            score = weights[index] - sum(abs(w) for i, w in enumerate(weights) if i != index)
            if score > peak[index][0]:
                peak[index] = (score, r)
    along = sorted(range(count), key=lambda index: peak[index][1])
    return [cell.GetPointId(along[0]), cell.GetPointId(along[-1])] + [cell.GetPointId(i) for i in along[1:-1]]


