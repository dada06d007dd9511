"""Reads a safetensors file with NumPy, by the description of the format, and prints its tensors as JSON."""
import json
import sys

import numpy

TYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "I32": "<i4", "U8": "u1"}

with open(sys.argv[1], "rb") as file:
    content = file.read()
length = int.from_bytes(content[:8], "little")
header = json.loads(content[8 : 8 + length])
texts = header.pop("__metadata__")
result = {"ids": json.loads(texts["vascusim"])["ids"]}
for name, entry in header.items():
    begin, end = (8 + length + offset for offset in entry["data_offsets"])
    values = numpy.frombuffer(content[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    result[name] = [values.dtype.name, list(values.shape), values.ravel().tolist()]
print(json.dumps(result))
