"""Times VTK's XML reader: python3 vtk_read.py FILE REPEATS [edges]. Prints one JSON object, times in ms."""

import json
import resource
import sys
import time

from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridReader

path, repeats, edges = sys.argv[1], int(sys.argv[2]), len(sys.argv) > 3
times = []
for _ in range(repeats):
    start = time.perf_counter()
    reader = vtkXMLUnstructuredGridReader()
    reader.SetFileName(path)
    reader.Update()
    if edges:
        from vtkmodules.vtkFiltersExtraction import vtkExtractEdges

        extract = vtkExtractEdges()
        extract.SetInputConnection(reader.GetOutputPort())
        extract.Update()
        del extract
    times.append(1000 * (time.perf_counter() - start))
    points = reader.GetOutput().GetNumberOfPoints()
    del reader
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"times": times, "peakMiB": peak, "points": points}))
