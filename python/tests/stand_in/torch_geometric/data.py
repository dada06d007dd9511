"""``Data`` and ``Batch`` with the rules by which PyTorch Geometric joins samples."""

import torch


class Data:
    def __init__(self, **attributes):
        self.__dict__['_store'] = {}
        for name, value in attributes.items():
            self._store[name] = value

    def __getattr__(self, name):
        if name == '_store':
            raise AttributeError(name)
        try:
            return self._store[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        target = self.__dict__ if name.startswith('_') else self._store
        target[name] = value

    def __getitem__(self, name):
        return self._store[name]

    def __setitem__(self, name, value):
        self._store[name] = value

    def __contains__(self, name):
        return name in self._store

    def keys(self):
        return list(self._store)

    @property
    def num_nodes(self):
        return len(self._store['pos'])

    @property
    def num_edges(self):
        return self._store['edge_index'].shape[1]

    def __inc__(self, key, value, *args, **options):
        if 'batch' in key:
            return int(value.max()) + 1
        return self.num_nodes if 'index' in key or key == 'face' else 0

    def __cat_dim__(self, key, value, *args, **options):
        return -1 if 'index' in key or key == 'face' else 0

    def to(self, *args, **options):
        for name, value in self._store.items():
            if isinstance(value, torch.Tensor):
                self._store[name] = value.to(*args, **options)
        return self


class Batch(Data):
    def __init__(self, _base_cls=Data):
        super().__init__()
        self._base = _base_cls

    @property
    def num_graphs(self):
        return self._num_graphs

    def __getitem__(self, key):
        if isinstance(key, str):
            return self._store[key]
        index = range(self._num_graphs)[key]
        sample = self._base()
        for name, bounds in self._slice_dict.items():
            begin, end = int(bounds[index]), int(bounds[index + 1])
            value = self._store[name]
            if isinstance(value, torch.Tensor):
                axis = sample.__cat_dim__(name, value)
                value = value[begin] if axis is None else value.narrow(axis, begin, end - begin)
                increments = self._inc_dict[name]
                if increments is not None and int(increments[index]) != 0:
                    value = value - increments[index]
            else:
                value = value[index]
            sample[name] = value
        return sample

    def to_data_list(self):
        return [self[index] for index in range(self._num_graphs)]

    @classmethod
    def from_data_list(cls, samples):
        batch = cls(_base_cls=type(samples[0]))
        slices, increments = {}, {}
        for name in samples[0].keys():
            values = [sample[name] for sample in samples]
            batch._store[name], slices[name], increments[name] = _join(name, values, samples)
        counts = [sample.num_nodes for sample in samples]
        batch.batch = torch.repeat_interleave(torch.arange(len(samples)), torch.tensor(counts))
        batch.ptr = torch.tensor([0, *counts]).cumsum(0)
        batch._num_graphs, batch._slice_dict, batch._inc_dict = len(samples), slices, increments
        return batch


def _join(name, values, samples):
    first = values[0]
    each = torch.arange(len(values) + 1)
    if isinstance(first, torch.Tensor):
        values = [value if value.dim() else value.unsqueeze(0) for value in values]
        axis = samples[0].__cat_dim__(name, values[0])
        if axis is None:
            return torch.stack(values), each, torch.zeros(len(values), dtype=torch.int64)
        bounds = torch.tensor([0, *[value.shape[axis] for value in values]]).cumsum(0)
        steps = [sample.__inc__(name, value) for sample, value in zip(samples, values)]
        starts = torch.tensor([0, *steps[:-1]]).cumsum(0)
        return torch.cat([value + start for value, start in zip(values, starts)], axis), bounds, starts
    if isinstance(first, (int, float)):
        return torch.tensor(values), each, torch.zeros(len(values), dtype=torch.int64)
    if isinstance(first, dict):
        return {key: _join(key, [value[key] for value in values], samples)[0] for key in first}, each, None
    return values, each, None
