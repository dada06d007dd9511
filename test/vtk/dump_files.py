"""Dumps what VTK reads of files: python3 dump_files.py FILE... prints a JSON list, each as write_encodings.py dumps it."""

import json
import sys

import vtk
from write_encodings import dump

result = []
for path in sys.argv[1:]:
    kind = "UnstructuredGrid" if path.endswith(".vtu") else "PolyData"
    reader = getattr(vtk, f"vtkXML{kind}Reader")()
    reader.SetFileName(path)
    reader.Update()
    if reader.GetErrorCode() != 0:
        raise SystemExit(f"VTK cannot read {path}: error {reader.GetErrorCode()}")
    result.append(dump(reader.GetOutput()))
json.dump(result, sys.stdout)
