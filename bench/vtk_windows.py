"""Times windows of two steps by VTK: python3 vtk_windows.py raw|zlib FILE | files FOLDER. Prints JSON, ms a window.

One reader is kept; only the arrays of the window are enabled, and stacked by NumPy. No edges are made.
"""

import glob
import json
import os
import sys
import time

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridReader

layout, place = sys.argv[1], sys.argv[2]
FIELDS = ("pressure", "velocity")


def array(grid, name):
    return vtk_to_numpy(grid.GetPointData().GetArray(name))


times = []
if layout == "files":
    files = sorted(glob.glob(os.path.join(place, "*.vtu")))
    readers = [vtkXMLUnstructuredGridReader(), vtkXMLUnstructuredGridReader()]
    for pair in zip(files, files[1:]):
        start = time.perf_counter()
        for reader, path in zip(readers, pair):
            reader.SetFileName(path)
            reader.Update()
        window = {name: np.stack([array(reader.GetOutput(), name) for reader in readers], 1) for name in FIELDS}
        times.append(1000 * (time.perf_counter() - start))
else:
    reader = vtkXMLUnstructuredGridReader()
    reader.SetFileName(place)
    reader.UpdateInformation()
    selection = reader.GetPointDataArraySelection()
    names = [selection.GetArrayName(index) for index in range(selection.GetNumberOfArrays())]
    steps = sorted({name.split("_")[1] for name in names})
    for pair in zip(steps, steps[1:]):
        start = time.perf_counter()
        selection.DisableAllArrays()
        for name in FIELDS:
            for step in pair:
                selection.EnableArray(f"{name}_{step}")
        reader.Update()
        grid = reader.GetOutput()
        window = {name: np.stack([array(grid, f"{name}_{step}") for step in pair], 1) for name in FIELDS}
        times.append(1000 * (time.perf_counter() - start))
print(json.dumps({"total": sum(times), "windows": len(times), "median": float(np.median(times))}))
