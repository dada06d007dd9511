"""Times VTK's legacy reader: python3 vtk_legacy_read.py FILE REPEATS. Prints one JSON object, times in ms."""

import json
import resource
import sys
import time

from vtkmodules.vtkIOLegacy import vtkUnstructuredGridReader

path, repeats = sys.argv[1], int(sys.argv[2])
times = []
for _ in range(repeats):
    start = time.perf_counter()
    reader = vtkUnstructuredGridReader()
    reader.SetFileName(path)
    reader.Update()
    times.append(1000 * (time.perf_counter() - start))
    points = reader.GetOutput().GetNumberOfPoints()
    fields = reader.GetOutput().GetPointData().GetNumberOfArrays()
    del reader
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"times": times, "peakMiB": peak, "points": points, "fields": fields}))
