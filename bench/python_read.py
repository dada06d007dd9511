"""Loops over a folder of meshes in Python; run by python.bench.ts.

    python_read.py HOW FOLDER BATCH WORKERS

HOW: ``loader`` this package's DataLoader, ``pyg`` PyG's over this package's dataset, ``vtk`` VTK with edges by numpy,
``vtk-pyg`` the same in PyG's workers, ``original`` the conversion of the original (VASCUSIM_ORIGINAL: its checkout),
``get`` one sample after the other. For each line of the input it runs an epoch and prints
seconds, samples, and seconds of processor time of all processes.
"""

import glob
import os
import sys
import time
import types

import numpy as np
import torch


def read_vtk(path):
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridReader

    reader = vtkXMLUnstructuredGridReader()
    reader.SetFileName(path)
    reader.Update()
    grid = reader.GetOutput()
    cells = vtk_to_numpy(grid.GetCells().GetConnectivityArray()).reshape(-1, 4).astype(np.int64)
    points = grid.GetNumberOfPoints()
    pairs = np.concatenate([cells[:, [a, b]] for a in range(4) for b in range(4) if a != b])
    keys = np.unique(pairs[:, 0] * points + pairs[:, 1])
    arrays = {'pos': vtk_to_numpy(grid.GetPoints().GetData()), 'edge_index': np.stack([keys // points, keys % points])}
    data = grid.GetPointData()
    for at in range(data.GetNumberOfArrays()):
        arrays[f'node_{data.GetArrayName(at)}'] = vtk_to_numpy(data.GetArray(at))
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}


class VtkDataset(torch.utils.data.Dataset):
    def __init__(self, folder):
        self.paths = sorted(glob.glob(os.path.join(folder, '*.vtu')))

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        from torch_geometric.data import Data

        return Data(**read_vtk(self.paths[index]))


def join(samples):
    batch = {}
    starts = np.cumsum([0, *[len(sample['pos']) for sample in samples]])
    for name in samples[0]:
        values = [sample[name] for sample in samples]
        if name == 'edge_index':
            batch[name] = torch.cat([value + int(start) for value, start in zip(values, starts)], 1)
        else:
            batch[name] = torch.cat(values)
    return batch


def touch(batch):
    """Reads a number of every page."""
    items = batch.items() if isinstance(batch, dict) else [(name, batch[name]) for name in batch.keys()]
    return sum(float(value.reshape(-1)[::1024].sum()) for _, value in items if isinstance(value, torch.Tensor) and value.numel())


def batches_of(how, folder, size, workers):
    """What gives the batches of an epoch."""
    if how in ('loader', 'pyg', 'get'):
        from vascusim.data import StreamingVascuDataset, VascuDataset
        from vascusim.loader import DataLoader

        if how == 'get':
            single = VascuDataset(folder)
            return lambda: (single[index] for index in range(len(single)))
        dataset = StreamingVascuDataset(folder)
        if how == 'loader':
            loader = DataLoader(dataset, batch_size=size, num_workers=workers)
            return lambda: iter(loader)
    if how in ('pyg', 'vtk-pyg'):
        from torch_geometric.loader import DataLoader as PygLoader

        source = dataset if how == 'pyg' else VtkDataset(folder)
        pyg = PygLoader(source, batch_size=size, num_workers=workers, persistent_workers=True)
        return lambda: iter(pyg)
    paths = sorted(glob.glob(os.path.join(folder, '*.vtu')))
    if how == 'vtk':
        return lambda: (join([read_vtk(path) for path in paths[at : at + size]]) for at in range(0, len(paths), size))
    # Its packages without what they import besides: clients of servers, plots.
    for name in ('vascusim', 'vascusim.data', 'vascusim.io'):
        package = types.ModuleType(name)
        package.__path__ = [os.path.join(os.environ['VASCUSIM_ORIGINAL'], *name.split('.'))]
        sys.modules[name] = package
    from vascusim.data.conversion import vtu_to_pyg

    return lambda: (vtu_to_pyg(path) for path in paths[: max(1, len(paths) // 20)])


def count_of(batch, how):
    if how == 'vtk':
        return None
    return int(getattr(batch, 'num_graphs', 1)) if how in ('loader', 'pyg', 'vtk-pyg') else 1


def cpu_seconds():
    """Time that this process and all that it has started have computed."""
    found = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open(f'/proc/{name}/stat', encoding='utf-8') as file:
                    fields = file.read().rpartition(')')[2].split()
            except OSError:
                continue
            found[int(name)] = (int(fields[1]), (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK'))
    total, own = 0.0, {os.getpid()}
    while own:
        total += sum(found[each][1] for each in own if each in found)
        own = {number for number, (parent, _) in found.items() if parent in own}
    return total


def main():
    how, folder, size, workers = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    torch.set_num_threads(1)
    epoch = batches_of(how, folder, size, workers)
    total = len(glob.glob(os.path.join(folder, '*.vtu')))
    for _ in sys.stdin:
        computed, start, samples = cpu_seconds(), time.perf_counter(), 0
        for batch in epoch():
            touch(batch)
            samples += count_of(batch, how) or 0
        print(time.perf_counter() - start, samples or total, cpu_seconds() - computed, flush=True)


if __name__ == '__main__':
    main()
