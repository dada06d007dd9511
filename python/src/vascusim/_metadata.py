"""Metadata of samples."""

from __future__ import annotations

from typing import Any, Dict, ItemsView, Iterator, KeysView, Mapping, Optional, Tuple, ValuesView


class Metadata:
    """What is said of a sample. It reads like a dict and is none: PyTorch Geometric takes dicts apart."""

    __slots__ = ('_entries',)

    def __init__(self, entries: Optional[Mapping[str, Any]] = None) -> None:
        self._entries: Dict[str, Any] = dict(entries or {})

    def __getitem__(self, key: str) -> Any:
        return self._entries[key]

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __eq__(self, other: object) -> bool:
        return self._entries == (other._entries if isinstance(other, Metadata) else other)

    __hash__ = None  # type: ignore[assignment]

    def get(self, key: str, default: Any = None) -> Any:
        return self._entries.get(key, default)

    def keys(self) -> KeysView[str]:
        return self._entries.keys()

    def values(self) -> ValuesView[Any]:
        return self._entries.values()

    def items(self) -> ItemsView[str, Any]:
        return self._entries.items()

    def __repr__(self) -> str:
        return repr(self._entries)

    def __reduce__(self) -> Tuple[Any, ...]:
        return (Metadata, (self._entries,))
