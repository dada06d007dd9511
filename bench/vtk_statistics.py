"""Statistics of all point and cell arrays of VTU files by VTK's reader and NumPy, as JSON."""

import json
import sys
import time

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridReader


def main(paths):
    start = time.perf_counter()
    cpu = time.process_time()
    sums = {}
    for path in paths:
        reader = vtkXMLUnstructuredGridReader()
        reader.SetFileName(path)
        reader.Update()
        grid = reader.GetOutput()
        for kind, data in (("node", grid.GetPointData()), ("cell", grid.GetCellData())):
            for index in range(data.GetNumberOfArrays()):
                array = vtk_to_numpy(data.GetArray(index))
                if array.ndim == 1:
                    array = array[:, None]
                count = len(array)
                mean = array.mean(axis=0, dtype=np.float64)
                squares = array.var(axis=0, dtype=np.float64) * count
                key = f"{kind}.{data.GetArrayName(index)}"
                if key not in sums:
                    sums[key] = (count, mean, squares, array.min(axis=0), array.max(axis=0))
                    continue
                n, m, s, low, high = sums[key]
                total = n + count
                step = mean - m
                sums[key] = (
                    total,
                    m + step * count / total,
                    s + squares + step**2 * n * count / total,
                    np.minimum(low, array.min(axis=0)),
                    np.maximum(high, array.max(axis=0)),
                )
    fields = {key: {"mean": list(m), "std": list(np.sqrt(s / n))} for key, (n, m, s, _, _) in sums.items()}
    print(json.dumps({"ms": 1000 * (time.perf_counter() - start), "cpu": 1000 * (time.process_time() - cpu), "fields": fields}))


main(sys.argv[1:])
