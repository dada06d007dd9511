"""Samples and batches: objects of PyTorch Geometric where it is, else of the same form."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple

from . import _tensors
from ._metadata import Metadata
from ._tensors import torch

_pyg: Any = _tensors._find('torch_geometric.data') if torch is not None else None


class _Plain:
    """Attributes by name, as ``torch_geometric.data.Data`` has them."""

    def __init__(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            self[name] = value

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__['_store'][name]
        except KeyError:
            raise AttributeError(f'{type(self).__name__} has no attribute {name!r}') from None

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith('_'):
            self.__dict__[name] = value
        else:
            self[name] = value

    def __delattr__(self, name: str) -> None:
        if name.startswith('_'):
            del self.__dict__[name]
        else:
            del self.__dict__['_store'][name]

    def __getitem__(self, name: str) -> Any:
        return self.__dict__['_store'][name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.__dict__.setdefault('_store', {})[name] = value

    def __contains__(self, name: object) -> bool:
        return name in self.__dict__.get('_store', {})

    def __iter__(self) -> Iterator[Tuple[str, Any]]:
        return iter(self.__dict__.get('_store', {}).items())

    def keys(self) -> List[str]:
        return list(self.__dict__.get('_store', {}))

    def to_dict(self) -> Dict[str, Any]:
        return dict(self.__dict__.get('_store', {}))

    @property
    def num_nodes(self) -> int:
        return len(self['pos'])

    @property
    def num_edges(self) -> int:
        return int(self['edge_index'].shape[1])

    def apply(self, change: Any) -> Any:
        """Changes every tensor."""
        for name, value in self:
            if _tensors.is_tensor(value):
                self[name] = change(value)
            elif name == 'parts':
                self[name] = {part: graph.apply(change) for part, graph in value.items()}
        return self

    def to(self, *args: Any, **options: Any) -> Any:
        return self.apply(lambda value: value.to(*args, **options))

    def cpu(self) -> Any:
        return self.apply(lambda value: value.cpu())

    def cuda(self, *args: Any, **options: Any) -> Any:
        return self.apply(lambda value: value.cuda(*args, **options))

    def pin_memory(self) -> Any:
        return self.apply(lambda value: value.pin_memory())

    def contiguous(self) -> Any:
        return self.apply(lambda value: value.contiguous())

    def clone(self) -> Any:
        twin = type(self).__new__(type(self))
        twin.__dict__.update({name: value for name, value in self.__dict__.items() if name != '_store'})
        for name, value in self:
            if name == 'parts':
                value = {part: graph.clone() for part, graph in value.items()}
            twin[name] = (value.clone() if torch is not None else value.copy()) if _tensors.is_tensor(value) else value
        return twin

    def __repr__(self) -> str:
        parts = [
            f'{name}={list(value.shape) if _tensors.is_tensor(value) else _short(value)}' for name, value in self
        ]
        return f'{type(self).__name__}({", ".join(parts)})'


def _short(value: Any) -> str:
    return f'[{len(value)}]' if isinstance(value, (list, tuple, Metadata)) else repr(value)


_Base: Any = _Plain if _pyg is None else _pyg.Data


class Data(_Base):  # type: ignore[misc]
    """Mesh as a graph: ``pos``, ``edge_index``, ``node_NAME``, ``cell_NAME``, ``metadata``, ``id`` and more.

    Only ``edge_index`` is an index, whatever arrays are called: batches change the numbers of no other attribute.
    """

    def __inc__(self, key: str, value: Any, *args: Any, **options: Any) -> Any:
        return self.num_nodes if key == 'edge_index' else 0

    def __cat_dim__(self, key: str, value: Any, *args: Any, **options: Any) -> Any:
        # Times are a row of the batch.
        return None if key == 'times' else -1 if key == 'edge_index' else 0


class _PlainBatch(Data):
    """Samples joined into one graph, as ``torch_geometric.data.Batch`` is."""

    _num_graphs: int
    _slices: Dict[str, Any]

    @property
    def num_graphs(self) -> int:
        return self._num_graphs

    def __len__(self) -> int:
        return self._num_graphs

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return super().__getitem__(key)
        index = range(self._num_graphs)[key]
        sample = Data()
        parts = self.__dict__['_store'].get('parts')
        if parts is not None:
            sample['parts'] = {name: part[index] for name, part in parts.items()}
        for name, bounds in self._slices.items():
            begin, end = int(bounds[index]), int(bounds[index + 1])
            value = self.__dict__['_store'][name]
            if name == 'edge_index':
                sample[name] = value[:, begin:end] - int(self.ptr[index])
            elif name != 'times' and _tensors.is_tensor(value):
                sample[name] = value[begin:end]
            else:
                sample[name] = value[index]
        return sample

    def get_example(self, index: int) -> Any:
        return self[index]

    def to_data_list(self) -> List[Any]:
        return [self[index] for index in range(self._num_graphs)]

    @classmethod
    def from_data_list(cls, samples: Sequence[Any]) -> Any:
        return _join_plain(samples)


_PlainBatch.__name__ = _PlainBatch.__qualname__ = 'Batch' if _pyg is None else '_PlainBatch'
Batch: Any = _PlainBatch if _pyg is None else _pyg.Batch


def make_batch(
    tensors: Mapping[str, Any], lists: Mapping[str, Sequence[Any]], bounds: Mapping[str, Any], count: int
) -> Any:
    """A batch of what has been joined already: what PyTorch Geometric makes of the samples, without making them.

    ``bounds``: of each tensor of samples, where those of each sample begin; ``lists``: one value a sample.
    """
    batch = _PlainBatch() if _pyg is None else Batch(_base_cls=Data)
    ptr = tensors['ptr']
    none = _tensors.zeros(count)
    each = _tensors.count_up(count + 1)
    slices: Dict[str, Any] = {}
    increments: Dict[str, Any] = {}
    for name, value in tensors.items():
        if name in bounds:
            batch[name] = value
            slices[name] = bounds[name]
            increments[name] = ptr[:-1] if name == 'edge_index' else none
    for name, values in lists.items():
        joined, slices[name], increments[name] = _join_values(list(values), each, none)
        batch[name] = joined
    batch['batch'] = tensors['batch']
    batch['ptr'] = ptr
    if 'cell_ptr' in tensors:
        batch['cell_ptr'] = tensors['cell_ptr']
    if _pyg is None:
        batch._num_graphs, batch._slices = count, slices
    else:
        batch._num_graphs, batch._slice_dict, batch._inc_dict = count, slices, increments
    return batch


def _join_values(values: List[Any], each: Any, none: Any) -> Tuple[Any, Any, Any]:
    """Values of Python, with their bounds and increments."""
    if all(isinstance(value, (bool, int, float)) for value in values):
        return _tensors.numbers(values), each, none
    if all(_tensors.is_tensor(value) for value in values):
        rows = [value if value.ndim else value.reshape(1) for value in values]
        return _tensors.join(rows), _tensors.cumulate([len(row) for row in rows]), none
    return values, each, None


def collate(samples: Sequence[Any]) -> Any:
    """Joins samples into a batch, as the loader does; for ``DataLoader`` of PyTorch itself, too."""
    parts = _joined_parts(samples)
    if parts:
        samples = [_without_parts(sample) for sample in samples]
    batch = _join_plain(samples) if _pyg is None else Batch.from_data_list(list(samples))
    counts = [sample['num_cells'] for sample in samples if 'num_cells' in sample]
    if len(counts) == len(samples):
        batch['cell_ptr'] = _tensors.cumulate([int(count) for count in counts])
    if parts:
        batch['parts'] = parts
    return batch


def _joined_parts(samples: Sequence[Any]) -> Dict[str, Any]:
    """The parts that all samples have, joined as the samples are."""
    each = [sample['parts'] if 'parts' in sample else {} for sample in samples]
    names = [name for name in each[0] if all(name in parts for parts in each)]
    return {name: collate([parts[name] for parts in each]) for name in names}


def _without_parts(sample: Any) -> Any:
    # PyTorch Geometric before 2.4 has the keys themselves.
    keys = sample.keys() if callable(sample.keys) else sample.keys
    rest = Data()
    for name in keys:
        if name != 'parts':
            rest[name] = sample[name]
    return rest


def _join_plain(samples: Sequence[Any]) -> Any:
    nodes = [int(sample.num_nodes) for sample in samples]
    count = len(samples)
    ptr = _tensors.cumulate(nodes)
    each, none = _tensors.count_up(count + 1), _tensors.zeros(count)
    batch = _PlainBatch()
    slices: Dict[str, Any] = {}
    for name in samples[0].keys():
        values = [sample[name] for sample in samples]
        if name == 'edge_index':
            batch[name] = _tensors.join([value + int(ptr[at]) for at, value in enumerate(values)], 1)
            slices[name] = _tensors.cumulate([int(value.shape[1]) for value in values])
        elif name == 'times':
            batch[name], slices[name] = _tensors.join([value[None] for value in values]), each
        else:
            batch[name], slices[name], _ = _join_values(values, each, none)
    batch['batch'] = _tensors.repeat_numbers(nodes)
    batch['ptr'] = ptr
    batch._num_graphs, batch._slices = count, slices
    return batch
