"""What tests share: small meshes, folders, and programs in processes of their own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import torch
except ImportError:
    torch = None
try:
    import torch_geometric
except ImportError:
    torch_geometric = None

PYTHON = sys.executable
HERE = os.path.dirname(os.path.abspath(__file__))

#: Environment of programs that do without PyTorch, which takes seconds to be imported.
LIGHT = {'PYTHONPATH': os.pathsep.join([os.path.join(HERE, 'without_torch'), os.environ.get('PYTHONPATH', '')])}

needs_torch = unittest.skipIf(torch is None, 'without PyTorch')
needs_pyg = unittest.skipIf(torch_geometric is None, 'without PyTorch Geometric')

#: Arrays whose names PyTorch Geometric takes for indices, in types that PyTorch has not.
ODD_ARRAYS = {
    'index': ('Int64', 1),
    'batch': ('UInt8', 1),
    'face': ('Float64', 1),
    'node_index': ('UInt16', 3),
    'ids': ('UInt32', 1),
}


def vtu(points=6, arrays=None, cell_arrays=None, shift=0):
    """A chain of tetrahedra as the text of a .vtu; of fewer than four points no cell."""
    arrays = {'pressure': ('Float32', 1), 'velocity': ('Float32', 3)} if arrays is None else arrays
    cell_arrays = {'region': ('Int32', 1)} if cell_arrays is None else cell_arrays
    cells = [[at, at + 1, at + 2, at + 3] for at in range(points - 3)]

    def array(name, kind, components, count):
        of_kind = float if kind.startswith('Float') else int
        values = [of_kind((at * 7 + shift) % 251) / (2 if of_kind is float else 1) for at in range(count * components)]
        text = ' '.join(str(of_kind(value)) for value in values)
        return (
            f'<DataArray type="{kind}" Name="{name}" NumberOfComponents="{components}" format="ascii">{text}</DataArray>'
        )

    positions = ' '.join(f'{at} {at * at % 5} {(at + shift) % 3}' for at in range(points))
    return (
        '<?xml version="1.0"?><VTKFile type="UnstructuredGrid" version="1.0" byte_order="LittleEndian">'
        f'<UnstructuredGrid><Piece NumberOfPoints="{points}" NumberOfCells="{len(cells)}">'
        '<PointData>' + ''.join(array(name, *of, points) for name, of in arrays.items()) + '</PointData>'
        '<CellData>' + ''.join(array(name, *of, len(cells)) for name, of in cell_arrays.items()) + '</CellData>'
        f'<Points><DataArray type="Float32" NumberOfComponents="3" format="ascii">{positions}</DataArray></Points>'
        '<Cells>'
        '<DataArray type="Int64" Name="connectivity" format="ascii">'
        + ' '.join(str(point) for cell in cells for point in cell)
        + '</DataArray><DataArray type="Int64" Name="offsets" format="ascii">'
        + ' '.join(str(4 * (at + 1)) for at in range(len(cells)))
        + '</DataArray><DataArray type="UInt8" Name="types" format="ascii">'
        + ' '.join('10' for _ in cells)
        + '</DataArray></Cells></Piece></UnstructuredGrid></VTKFile>'
    )


class TestCase(unittest.TestCase):
    """A test with a cache of its own."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='vascusim-python-')
        self.addCleanup(shutil.rmtree, self.folder, True)
        known = os.environ.get('VASCUSIM_CACHE_DIR')
        os.environ['VASCUSIM_CACHE_DIR'] = os.path.join(self.folder, 'cache')
        self.addCleanup(_restore, 'VASCUSIM_CACHE_DIR', known)

    def cases(self, count=6, metadata=None, **options):
        """A folder of cases: ``case_0.vtu`` and its sidecar, and so on, each with a point more than the one before."""
        folder = os.path.join(self.folder, f'cases-{len(os.listdir(self.folder))}')
        os.mkdir(folder)
        for at in range(count):
            self.write(os.path.join(folder, f'case_{at}.vtu'), vtu(5 + at, shift=at, **options))
            said = {'age': 40 + at, 'is_healthy': at % 2 == 0, 'name': f'P{at}'} if metadata is None else metadata(at)
            self.write(os.path.join(folder, f'case_{at}.json'), json.dumps(said))
        return folder

    def write(self, path, text):
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def run_python(self, program, *arguments, timeout=120, **environment):
        """Runs a program that needs no PyTorch in a process of its own; gives its lines. An error of it is one of the test."""
        path = self.write(os.path.join(self.folder, f'program-{len(os.listdir(self.folder))}.py'), program)
        done = subprocess.run(
            [PYTHON, path, *arguments],
            env={**os.environ, **LIGHT, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=timeout,
        )
        if done.returncode != 0:
            raise AssertionError(f'status {done.returncode}: {done.stderr.decode()[-4000:]}')
        self.stderr = done.stderr.decode()
        return done.stdout.decode().splitlines()


def _restore(name, value):
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def names(sample):
    """Names of attributes: a method, and a property before PyTorch Geometric 2.4."""
    return set(sample.keys() if callable(sample.keys) else sample.keys)


def values(array):
    """Numbers of a tensor or array as lists."""
    return array.tolist()


def processes():
    """Numbers and command lines of all processes."""
    found = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open(f'/proc/{name}/cmdline', 'rb') as file:
                    found[int(name)] = file.read().replace(b'\0', b' ').decode(errors='replace')
            except OSError:
                pass
    return found
