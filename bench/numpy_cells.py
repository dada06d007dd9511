"""Times numpy finding the cells that share a face: python3 numpy_cells.py FILE REPEATS [EDGES]. Prints one JSON object, times in ms.

FILE holds the connectivity of tetrahedra as raw Int32. The corners of each face are sorted and packed into one Int64, a
stable sort of these brings equal faces together, and a lexsort puts both directions of each edge in order, as
`edgeIndex` is. With EDGES the edges are written there as raw Int32.
"""

import json
import resource
import sys
import time

import numpy as np

path, repeats, *output = sys.argv[1:]
tetrahedra = np.fromfile(path, np.int32).reshape(-1, 4)


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def find_edges(cells):
    count = int(cells.max()) + 1
    faces = np.sort(cells[:, [[0, 1, 3], [1, 2, 3], [2, 0, 3], [0, 2, 1]]].reshape(-1, 3), axis=1).astype(np.int64)
    keys = (faces[:, 0] * count + faces[:, 1]) * count + faces[:, 2]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.nonzero(keys[1:] == keys[:-1])[0]
    one, other = order[first] // 4, order[first + 1] // 4
    sources, targets = np.concatenate([one, other]), np.concatenate([other, one])
    sorted_edges = np.lexsort((targets, sources))
    return np.stack([sources[sorted_edges], targets[sorted_edges]]).astype(np.int32)


before = peak_mib()
times = []
for _ in range(int(repeats)):
    start = time.perf_counter()
    edges = find_edges(tetrahedra)
    times.append(1000 * (time.perf_counter() - start))
if output:
    edges.tofile(output[0])
print(json.dumps({"times": times, "edges": edges.shape[1], "extraMiB": peak_mib() - before}))
