"""The diverging map of VTK between Moreland's blue and red: prints 101 colours of 0 ... 255 as JSON."""

import json
import sys

from vtkmodules.vtkRenderingCore import vtkColorTransferFunction

function = vtkColorTransferFunction()
function.SetColorSpaceToDiverging()
function.AddRGBPoint(0, 0.230, 0.299, 0.754)
function.AddRGBPoint(1, 0.706, 0.016, 0.150)
json.dump([[255 * value for value in function.GetColor(step / 100)] for step in range(101)], sys.stdout)
