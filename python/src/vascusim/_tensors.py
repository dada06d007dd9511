"""safetensors in memory as tensors of PyTorch, or arrays of numpy where PyTorch is not there."""

from __future__ import annotations

import importlib
import json
import struct
from typing import Any, Callable, Dict, List, NamedTuple, Tuple

from .errors import UnsupportedError


def _find(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


torch: Any = _find('torch')
numpy: Any = _find('numpy')

_WIDTHS = {'F64': 8, 'F32': 4, 'I64': 8, 'U64': 8, 'I32': 4, 'U32': 4, 'I16': 2, 'U16': 2, 'I8': 1, 'U8': 1, 'BOOL': 1}
_NUMPY = {
    'F64': 'f8',
    'F32': 'f4',
    'I64': 'i8',
    'U64': 'u8',
    'I32': 'i4',
    'U32': 'u4',
    'I16': 'i2',
    'U16': 'u2',
    'I8': 'i1',
    'U8': 'u1',
    'BOOL': 'u1',
}
#: Unsigned types that PyTorch has not had before 2.3, read as signed ones of their width and made wider.
_TORCH = {
    'F64': 'float64',
    'F32': 'float32',
    'I64': 'int64',
    'U64': 'int64',
    'I32': 'int32',
    'U32': 'int32',
    'I16': 'int16',
    'U16': 'int16',
    'I8': 'int8',
    'U8': 'uint8',
    'BOOL': 'uint8',
}
#: The same by numpy.
_WIDER = {'U16': 'i4', 'U32': 'i8'}
_LARGEST = 2**63 - 1
#: Tensors that index others.
_INDICES = ('edgeIndex', 'batch', 'ptr', 'cellPtr', 'edgePtr')
_ATTRIBUTES = {'edgeIndex': 'edge_index', 'cellPtr': 'cell_ptr', 'edgePtr': 'edge_ptr'}
#: Attributes that an array of such a kind and name would take away.
_TAKEN = ('edge_index', 'cell_ptr', 'edge_ptr')


def allocate(size: int) -> Any:
    """Memory for a frame: writable, aligned, and not filled with zeros first where that can be avoided."""
    return bytearray(size) if numpy is None else numpy.empty(size, 'u1')


class Unpacked(NamedTuple):
    """What a safetensors file holds, under the names of attributes."""

    tensors: Dict[str, Any]
    #: What each attribute is of: ``node``, ``cell``, ``edge``, ``graph``, or empty.
    kinds: Dict[str, str]
    #: Of each attribute of an array, the array's own name.
    names: Dict[str, str]
    #: Id, metadata and the rest.
    text: Dict[str, Any]
    #: The other parts of a sample, by their names.
    parts: Dict[str, Any]


def attribute_of(kind: str, name: str) -> str:
    """``node_pressure`` for an array ``pressure`` over nodes."""
    attribute = f'{kind}_{name}'
    return attribute + '_' if attribute in _TAKEN else attribute


def unpack(memory: Any, is_lent: bool) -> Unpacked:
    """Views on memory that holds a safetensors file, or copies where that is only lent; indices are widened to int64."""
    view = memoryview(memory)
    (length,) = struct.unpack_from('<Q', view)
    header = json.loads(bytes(view[8 : 8 + length]))
    file = _File(memory, 8 + length, header, is_lent)
    return _unpacked(file, json.loads(header['__metadata__']['vascusim']), '')


class _File(NamedTuple):
    """A safetensors file in memory."""

    memory: Any
    #: Where the values begin.
    start: int
    header: Dict[str, Any]
    is_lent: bool


def _unpacked(file: _File, text: Dict[str, Any], prefix: str) -> Unpacked:
    """A graph or batch of the file, or a part of one: the tensors that begin so."""
    header = file.header
    own = (name[len(prefix) :] for name in header if name.startswith(prefix))
    order: List[Tuple[str, str, str]] = [
        (_ATTRIBUTES.get(name, name), name, '') for name in own if '.' not in name and name != '__metadata__'
    ]
    order.sort(key=lambda entry: entry[0] != 'pos')
    names: Dict[str, str] = {}
    for kind in ('node', 'cell', 'edge', 'graph'):
        for name in text.get(kind) or ():
            attribute = attribute_of(kind, name)
            names[attribute] = name
            order.append((attribute, f'{kind}.{name}', kind))
    make: Callable[..., Any] = _bare_tensor if numpy is None else _numpy_array if torch is None else _torch_tensor
    tensors = {attribute: make(file, name, header[prefix + name]) for attribute, name, _ in order}
    kinds = {attribute: kind for attribute, _, kind in order}
    parts = {
        name: _unpacked(file, part, f'parts.{name}.')
        for name, part in (text.get('parts') or {}).items()
    }
    return Unpacked(tensors, kinds, names, text, parts)


def _place(file: _File, entry: Dict[str, Any]) -> Tuple[int, int]:
    begin, end = entry['data_offsets']
    return file.start + begin, (end - begin) // _WIDTHS[entry['dtype']]


def _torch_tensor(file: _File, name: str, entry: Dict[str, Any]) -> Any:
    stored = entry['dtype']
    array = _numpy_array(file, name, entry)
    if stored in _WIDER:
        array = array.astype(_WIDER[stored])
    elif stored == 'U64' and name not in _INDICES:
        _refuse_large(name, bool((array > _LARGEST).any()))
        array = array.view('i8')
    return torch.from_numpy(array)


def _refuse_large(name: str, is_large: bool) -> None:
    if is_large:
        raise UnsupportedError(
            f'The array {name.partition(".")[2]!r} has integers from 2**63 on, which PyTorch has no type for.',
            feature='uint64',
        )


def _bare_tensor(file: _File, name: str, entry: Dict[str, Any]) -> Any:
    """A tensor without the help of numpy."""
    if torch is None:
        raise UnsupportedError('Samples need PyTorch or numpy: install one of them.', feature='arrays')
    stored = entry['dtype']
    offset, count = _place(file, entry)
    kind = getattr(torch, _TORCH[stored])
    if count:
        tensor = torch.frombuffer(file.memory, dtype=kind, count=count, offset=offset).reshape(entry['shape'])
    else:
        tensor = torch.empty(entry['shape'], dtype=kind)
    if name in _INDICES:
        return tensor.to(torch.int64)
    if stored == 'U16':
        return tensor.to(torch.int32).bitwise_and_(0xFFFF)
    if stored == 'U32':
        return tensor.to(torch.int64).bitwise_and_(0xFFFFFFFF)
    if stored == 'U64':
        _refuse_large(name, count > 0 and bool((tensor < 0).any()))
    return tensor


def _numpy_array(file: _File, name: str, entry: Dict[str, Any]) -> Any:
    offset, count = _place(file, entry)
    array = numpy.frombuffer(file.memory, '<' + _NUMPY[entry['dtype']], count, offset).reshape(entry['shape'])
    if name in _INDICES:
        return array.astype('i8')
    return array.copy() if file.is_lent else array


def is_tensor(value: Any) -> bool:
    if torch is not None and isinstance(value, torch.Tensor):
        return True
    return numpy is not None and isinstance(value, numpy.ndarray)


def is_floating(value: Any) -> bool:
    if torch is not None and isinstance(value, torch.Tensor):
        return bool(value.is_floating_point())
    return bool(numpy.issubdtype(value.dtype, numpy.floating))


def find_dtype(given: Any) -> Any:
    """A type of PyTorch or numpy, also by its name. None where there is no such floating type."""
    if torch is not None:
        found = getattr(torch, given, None) if isinstance(given, str) else given
        return found if isinstance(found, torch.dtype) and found.is_floating_point else None
    if numpy is None:
        return None
    try:
        found = numpy.dtype(given)
    except TypeError:
        return None
    return found if numpy.issubdtype(found, numpy.floating) else None


def convert(value: Any, dtype: Any) -> Any:
    return value.to(dtype) if torch is not None else value.astype(dtype)


def join(values: List[Any], axis: int = 0) -> Any:
    return torch.cat(values, axis) if torch is not None else numpy.concatenate(values, axis)


def integers(values: Any) -> Any:
    return torch.tensor(values, dtype=torch.int64) if torch is not None else numpy.asarray(values, 'i8')


def numbers(values: List[Any]) -> Any:
    """Numbers of Python as PyTorch Geometric joins them."""
    if torch is not None:
        return torch.tensor(values)
    return numpy.asarray(values, None if any(isinstance(value, (bool, int)) for value in values) else 'f4')


def count_up(end: int) -> Any:
    return torch.arange(end) if torch is not None else numpy.arange(end)


def zeros(length: int) -> Any:
    return torch.zeros(length, dtype=torch.int64) if torch is not None else numpy.zeros(length, 'i8')


def differences(values: Any) -> Any:
    return values[1:] - values[:-1]


def cumulate(counts: List[int]) -> Any:
    """Bounds of parts of these lengths: one more than there are."""
    bounds = [0]
    for count in counts:
        bounds.append(bounds[-1] + count)
    return integers(bounds)


def repeat_numbers(counts: List[int]) -> Any:
    """0 as often as the first count says, 1 as often as the second, and so on."""
    if torch is not None:
        return torch.repeat_interleave(torch.arange(len(counts)), integers(counts))
    return numpy.repeat(numpy.arange(len(counts)), counts)
