"""Names of options and methods in both languages."""

from __future__ import annotations

import re
from typing import Any, Set

_KNOWN: Set[str] = set()


def snake_case(name: str) -> str:
    """``maxCacheSize`` as ``max_cache_size``."""
    return re.sub(r'(?<=[a-z0-9])([A-Z])', lambda found: '_' + found.group(1).lower(), name)


def camel_case(name: str) -> str:
    """``max_cache_size`` as ``maxCacheSize``."""
    first, *rest = name.split('_')
    return first + ''.join(word[:1].upper() + word[1:] for word in rest)


def learn(*names: str) -> None:
    """Lets messages have these names of Python in place of those of TypeScript."""
    _KNOWN.update(camel_case(name) for name in names if '_' in name)


def in_python(message: str) -> str:
    """A message of the engine with options and methods as Python writes them."""
    message = re.sub(r'\b(VascuDataset|StreamingVascuDataset|CacheManager)\.open\b(?!\.\w)', r'\1', message)
    return re.sub(
        r'\b[a-z]+(?:[A-Z][a-z0-9]*)+\b',
        lambda found: snake_case(found.group()) if found.group() in _KNOWN else found.group(),
        message,
    )


def snake_keys(value: Any) -> Any:
    """Dictionaries with keys as Python writes them, at any depth."""
    if isinstance(value, dict):
        return {snake_case(key): snake_keys(each) for key, each in value.items()}
    if isinstance(value, list):
        return [snake_keys(each) for each in value]
    return value
