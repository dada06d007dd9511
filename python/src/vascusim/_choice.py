"""Samples as the engine tells of them, and which of them a dataset has."""

from __future__ import annotations

import logging
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence

from . import _options
from ._engine import Engine
from .errors import ConfigError

LOG = logging.getLogger('vascusim')


class Sample(NamedTuple):
    """What is known of a sample without reading its mesh."""

    id: str
    path: str
    size: int
    metadata: Dict[str, Any]
    #: Paths by part, the first one among them; None where samples have no parts.
    parts: Optional[Dict[str, str]] = None
    #: What the template captured; None where there is none.
    captures: Optional[Dict[str, Any]] = None


def pages(engine: Engine, handle: int, length: int) -> Iterable[Sample]:
    """All samples, page by page."""
    at = 0
    while at < length:
        page = engine.request('samples', of=handle, first=at)
        yield from map(_sample, page['samples'])
        if page['next'] <= at:
            return
        at = page['next']


def group_of(option: str, function: Callable[[Sample], Any], sample: Sample) -> str:
    """Group that a function puts a sample into, as a text."""
    value = function(sample)
    if isinstance(value, (str, int, float)):
        return str(value)
    raise ConfigError(f'The group of the sample {sample.id!r} must be a text or a number, not {value!r}.', option=option)


class Choice:
    """Choice of samples that the engine asks for, page by page."""

    def __init__(self, is_wanted: Callable[[Sample], bool]) -> None:
        self._is_wanted = is_wanted
        #: Those that are wanted, in their order.
        self.kept: List[Sample] = []

    def __call__(self, page: Sequence[Mapping[str, Any]]) -> List[bool]:
        samples = [_sample(entry) for entry in page]
        answers = [self._is_wanted(sample) for sample in samples]
        self.kept += [sample for sample, is_wanted in zip(samples, answers) if is_wanted]
        return answers


def wish(
    filter_fn: Optional[Callable[..., Any]], load_vtu: bool, load_vtp: bool
) -> Callable[[Sample], bool]:
    """What says of a sample whether the options ask for it."""
    with_sample = filter_fn is not None and _options.positional(2, filter_fn)

    def is_wanted(sample: Sample) -> bool:
        suffix = sample.path.lower()
        if not (load_vtu if suffix.endswith('vtu') else load_vtp if suffix.endswith('vtp') else True):
            return False
        return filter_fn is None or _says_yes(filter_fn, sample, with_sample)

    return is_wanted


def grouped(group_of: Callable[..., Any], samples: Iterable[Sample]) -> Dict[str, str]:
    groups = {sample.path: group_of(sample) for sample in samples}
    return {path: str(group) for path, group in groups.items() if group is not None}


def _sample(entry: Mapping[str, Any]) -> Sample:
    fields: Any = (entry.get(name) for name in Sample._fields)
    return Sample(*fields)


def _says_yes(filter_fn: Callable[..., Any], sample: Sample, with_sample: bool) -> bool:
    try:
        return bool(filter_fn(sample.metadata, sample) if with_sample else filter_fn(sample.metadata))
    except Exception as error:
        note = f'filter_fn was called with the metadata of the sample {sample.id!r}.'
        if hasattr(error, 'add_note'):
            error.add_note(note)
        else:
            LOG.error('%s', note)
        raise
