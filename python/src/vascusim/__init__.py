"""Vascular simulation data, streamed from where it lies into PyTorch."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, List

from ._version import __version__

if TYPE_CHECKING:
    from ._metadata import Metadata
    from ._samples import Batch, Data, collate
    from .data import OrderedSampler, Sample, StreamingVascuDataset, TransformContext, VascuDataset
    from .errors import (
        AuthError,
        CacheError,
        ConfigError,
        DisposedError,
        EngineError,
        FormatError,
        IntegrityError,
        NetworkError,
        NotFoundError,
        UnsupportedError,
        VascuError,
    )
    from .io import CacheManager, DataStreamer, HeldFile, HuggingFaceStreamer, LocalStreamer, NASStreamer
    from .loader import DataLoader, World

#: Where each name is: imported when it is asked for, since PyTorch Geometric takes seconds.
_PLACES = {
    '_metadata': 'Metadata',
    '_samples': 'Batch Data collate',
    'data': 'OrderedSampler Sample StreamingVascuDataset TransformContext VascuDataset',
    'errors': 'AuthError CacheError ConfigError DisposedError EngineError FormatError IntegrityError NetworkError '
    'NotFoundError UnsupportedError VascuError',
    'io': 'CacheManager DataStreamer HeldFile HuggingFaceStreamer LocalStreamer NASStreamer',
    'loader': 'DataLoader World',
}
_MODULES = {name: module for module, names in _PLACES.items() for name in names.split()}

__all__ = [
    'AuthError',
    'Batch',
    'CacheError',
    'CacheManager',
    'ConfigError',
    'Data',
    'DataLoader',
    'DataStreamer',
    'DisposedError',
    'EngineError',
    'FormatError',
    'HeldFile',
    'HuggingFaceStreamer',
    'IntegrityError',
    'LocalStreamer',
    'Metadata',
    'NASStreamer',
    'NetworkError',
    'NotFoundError',
    'OrderedSampler',
    'Sample',
    'StreamingVascuDataset',
    'TransformContext',
    'UnsupportedError',
    'VascuDataset',
    'VascuError',
    'World',
    '__version__',
    'collate',
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        if name in ('data', 'errors', 'io', 'loader'):
            return importlib.import_module(f'{__name__}.{name}')
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(importlib.import_module(f'{__name__}.{module}'), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted(__all__)
