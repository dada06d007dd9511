"""What VTK reads of a PNG file: python3 read_png.py FILE prints {"width", "height", "components", "values"} from the top."""

import json
import sys

from vtk.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOImage import vtkPNGReader

reader = vtkPNGReader()
reader.SetFileName(sys.argv[1])
reader.Update()
image = reader.GetOutput()
width, height, _ = image.GetDimensions()
values = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, -1)[::-1]
json.dump({"width": width, "height": height, "components": values.shape[2], "values": values.ravel().tolist()}, sys.stdout)
