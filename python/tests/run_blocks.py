"""Runs the blocks of Python of a page, one after the other in one namespace, and tells what they made as JSON.

    run_blocks.py PAGE REPLACEMENTS MESHES [NUMBER…]

PAGE is Markdown or reStructuredText; REPLACEMENTS is JSON: what stands in the place of addresses, logins and paths;
MESHES is a folder with the files as VTK is to read them, to compare values with.
"""

import contextlib
import io
import json
import os
import pathlib
import re
import sys
import textwrap


def blocks_of(text):
    """Blocks of Python, as printed."""
    found = re.findall(r'^```python\n(.*?)^```$', text, re.S | re.M)
    for block in re.findall(r'^\.\. code-block:: python\n\n((?:(?:    .*)?\n)+)', text, re.M):
        found.append(textwrap.dedent(block))
    return found


def differences(data, folder):
    """Arrays of a sample that are not as VTK reads them."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridReader

    reader = vtkXMLUnstructuredGridReader()
    reader.SetFileName(os.path.join(folder, data.id.rpartition('/')[2] + '.vtu'))
    reader.Update()
    grid = reader.GetOutput()
    expected = {'pos': grid.GetPoints().GetData()}
    for kind, arrays in (('node', grid.GetPointData()), ('cell', grid.GetCellData())):
        for at in range(arrays.GetNumberOfArrays()):
            expected[f'{kind}_{arrays.GetArrayName(at)}'] = arrays.GetArray(at)
    # Of samples of which only some arrays were asked for, those.
    expected = {name: array for name, array in expected.items() if name in data}
    wrong = [name for name, array in expected.items() if data[name].tolist() != vtk_to_numpy(array).tolist()]
    return wrong if len(data.pos) > 1 and len(expected) > 2 else ['nothing to compare']


def told(value, folder):
    """What a value is, as JSON."""
    from vascusim.data import VascuDataset

    if isinstance(value, VascuDataset):
        return {'length': len(value)}
    if hasattr(value, 'num_graphs'):
        samples = value.to_data_list()
        return {'ids': list(value.id), 'unlikeVtk': [name for each in samples for name in differences(each, folder)]}
    if hasattr(value, 'edge_index'):
        return {'id': value.id, 'nodes': value.num_nodes, 'unlikeVtk': differences(value, folder)}
    if isinstance(value, pathlib.Path):
        return {'file': value.name, 'size': value.stat().st_size}
    if isinstance(value, (list, dict, str, int, float, bool, type(None))):
        return json.loads(json.dumps(value, default=str))
    return type(value).__name__


def main():
    page, replacements, folder, *chosen = sys.argv[1:]
    with open(page, encoding='utf-8') as file:
        blocks = blocks_of(file.read() + '\n')
    outputs = []
    namespace = {'__name__': 'a page', 'model': lambda batch: batch.pos.sum()}
    for number, block in enumerate(blocks, 1):
        if chosen and str(number) not in chosen:
            continue
        for printed, real in json.loads(replacements).items():
            block = block.replace(printed, real)
        before = dict(namespace)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block, f'{page}, block {number}', 'exec'), namespace)
        new = {
            name: told(value, folder)
            for name, value in namespace.items()
            if not name.startswith('__') and before.get(name) is not value and not isinstance(value, type(os))
        }
        outputs.append({'block': number, 'names': new, 'printed': printed.getvalue().splitlines()})
    json.dump(outputs, sys.stdout)


if __name__ == '__main__':
    main()
