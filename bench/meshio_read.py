"""Times meshio: python3 meshio_read.py FILE REPEATS. Prints one JSON object, times in ms, or {} where it refuses."""

import json
import resource
import sys
import time

import meshio

path, repeats = sys.argv[1], int(sys.argv[2])
times = []
try:
    for _ in range(repeats):
        start = time.perf_counter()
        mesh = meshio.read(path)
        times.append(1000 * (time.perf_counter() - start))
        points = len(mesh.points)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"times": times, "peakMiB": peak, "points": points}))
except BaseException:
    print("{}")
