"""Attributes of samples: what options add to what the engine sends."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from . import _tensors
from ._metadata import Metadata
from ._tensors import Unpacked
from .errors import ConfigError

#: Attributes that metadata cannot take the place of.
_OWN = (
    'pos',
    'edge_index',
    'metadata',
    'id',
    'num_nodes',
    'num_edges',
    'num_cells',
    'num_graphs',
    'normalization',
    'standardization',
    'batch',
    'ptr',
    'cell_ptr',
    'left_out',
    'filled',
    'x',
    'y',
    'times',
)


class Layout(NamedTuple):
    """Attributes that samples have beyond those of the engine."""

    split_components: bool = False
    metadata_attributes: Tuple[str, ...] = ()
    dtype: Any = None
    x: Optional[Tuple[str, ...]] = None
    y: Optional[str] = None


class Joined(NamedTuple):
    """A batch whose tensors are there, and not yet an object of PyTorch Geometric."""

    tensors: Dict[str, Any]
    lists: Dict[str, Sequence[Any]]
    bounds: Dict[str, Any]
    graphs: int
    left_out: List[str]
    filled: List[str]
    #: The other parts of the samples, by their names.
    parts: Dict[str, Any]


def make_layout(
    split_components: bool, metadata_attributes: Sequence[str], dtype: Any, x: Union[None, str, Sequence[str]], y: Optional[str]
) -> Layout:
    """Checks the options. Raises ConfigError."""
    if isinstance(metadata_attributes, str):
        metadata_attributes = (metadata_attributes,)
    for name in metadata_attributes:
        if name in _OWN or name.startswith(('node_', 'cell_', 'edge_', 'graph_', '_')):
            raise ConfigError(
                f'metadata_attributes: {name!r} would take the place of an attribute of samples; read metadata[{name!r}].',
                option='metadata_attributes',
            )
    found = None if dtype is None else _tensors.find_dtype(dtype)
    if dtype is not None and found is None:
        raise ConfigError(f'dtype must be a floating type, such as torch.float32, not {dtype!r}.', option='dtype')
    names = None if x is None else (x,) if isinstance(x, str) else tuple(x)
    if names is not None and len(names) == 0:
        raise ConfigError('x must name one array or more.', option='x')
    return Layout(bool(split_components), tuple(metadata_attributes), found, names, y)


def samples_module() -> ModuleType:
    """The classes of samples: imported when they are needed, since PyTorch Geometric takes seconds."""
    from . import _samples

    return _samples


def make_sample(unpacked: Unpacked, layout: Layout) -> Any:
    """A sample of what the engine has sent."""
    tensors, kinds = _arranged(unpacked, layout)
    text = unpacked.text
    data = samples_module().Data()
    for name, value in tensors.items():
        # Values of the whole graph are one row of a batch.
        data[name] = value[None] if kinds[name] == 'graph' else value
    facts = (text.get('normalization'), text.get('standardization'))
    for name, value in _values(text['numCells'], text['metadata'], text['id'], facts, layout).items():
        data[name] = value
    if unpacked.parts:
        own = _of_parts(layout)
        data['parts'] = {name: make_sample(part, own) for name, part in unpacked.parts.items()}
    return data


def _of_parts(layout: Layout) -> Layout:
    """The options as far as they are of the other parts of samples, too."""
    return layout._replace(metadata_attributes=(), x=None, y=None)


def join_batch(unpacked: Unpacked, layout: Layout) -> Joined:
    """The tensors of a batch that the engine has sent."""
    edge_ptr = unpacked.tensors.pop('edge_ptr')
    tensors, kinds = _arranged(unpacked, layout)
    text = unpacked.text
    count = len(text['ids'])
    ptr, cell_ptr = tensors['ptr'], tensors['cell_ptr']
    of_kind = {'node': ptr, 'cell': cell_ptr, 'edge': edge_ptr, 'graph': _tensors.count_up(count + 1)}
    bounds = {name: of_kind[kind] for name, kind in kinds.items() if kind}
    bounds['pos'] = ptr
    bounds['edge_index'] = edge_ptr
    if 'times' in tensors:
        bounds['times'] = _tensors.count_up(count + 1)
    cells = _tensors.differences(cell_ptr).tolist()
    standardization = text.get('standardization') or [None] * count
    facts = list(zip(text['normalization'], standardization))
    rows = [_values(cells[at], text['metadata'][at], text['ids'][at], facts[at], layout) for at in range(count)]
    names = dict.fromkeys(name for row in rows for name in row)
    lists: Dict[str, Sequence[Any]] = {name: [row.get(name) for row in rows] for name in names}
    own = _of_parts(layout)
    parts = {name: join_batch(part, own) for name, part in unpacked.parts.items()}
    return Joined(tensors, lists, bounds, count, text.get('leftOut') or [], text.get('filled') or [], parts)


def finish_batch(joined: Joined) -> Any:
    """The batch as an object."""
    batch = samples_module().make_batch(joined.tensors, joined.lists, joined.bounds, joined.graphs)
    for name, value in (('left_out', joined.left_out), ('filled', joined.filled)):
        if value:
            batch[name] = value
    if joined.parts:
        batch['parts'] = {name: finish_batch(part) for name, part in joined.parts.items()}
    return batch


def _arranged(unpacked: Unpacked, layout: Layout) -> Tuple[Dict[str, Any], Dict[str, str]]:
    """The tensors with what the options ask for."""
    tensors, kinds = dict(unpacked.tensors), dict(unpacked.kinds)
    if layout.dtype is not None:
        tensors = {
            name: _tensors.convert(value, layout.dtype) if _tensors.is_floating(value) else value
            for name, value in tensors.items()
        }
    if layout.split_components:
        for name in unpacked.names:
            value = tensors[name]
            if kinds[name] in ('node', 'cell') and value.ndim == 2:
                for column in range(value.shape[1]):
                    part = f'{name}_{column}'
                    if part not in tensors:
                        tensors[part], kinds[part] = value[:, column], kinds[name]
    if layout.x is not None:
        columns = [tensors[_find(name, ('node',), tensors, unpacked, 'x')] for name in layout.x]
        rows = len(tensors['pos'])
        tensors['x'] = _tensors.join([column.reshape(rows, -1) for column in columns], 1)
        kinds['x'] = 'node'
    if layout.y is not None:
        found = _find(layout.y, ('node', 'graph', 'cell'), tensors, unpacked, 'y')
        tensors['y'], kinds['y'] = tensors[found], kinds[found]
    return tensors, kinds


def _find(
    name: str, wanted: Sequence[str], tensors: Dict[str, Any], unpacked: Unpacked, option: str
) -> str:
    for kind in wanted:
        attribute = _tensors.attribute_of(kind, name)
        if attribute in tensors:
            return attribute
    there = sorted(own for attribute, own in unpacked.names.items() if unpacked.kinds[attribute] in wanted)
    raise ConfigError(
        f'{option}: there is no array {name!r}. There are: {", ".join(there) or "none"}.', option=option
    )


def _values(
    num_cells: int, metadata: Dict[str, Any], name: str, facts: Tuple[Any, Any], layout: Layout
) -> Dict[str, Any]:
    """What is no tensor of a sample, in the order of its attributes."""
    values: Dict[str, Any] = {'num_cells': num_cells, 'metadata': Metadata(metadata), 'id': name}
    for key, value in zip(('normalization', 'standardization'), facts):
        if value is not None:
            values[key] = Metadata(value)
    for key in layout.metadata_attributes:
        # PyTorch Geometric has no attributes that are None.
        if metadata.get(key) is not None:
            values[key] = _metadata_value(metadata[key])
    return values


def _metadata_value(value: Any) -> Any:
    """Lists of numbers as tensors; everything else as it is."""
    if isinstance(value, list) and value and all(isinstance(each, (int, float)) for each in value):
        return _tensors.numbers(value)
    return value
