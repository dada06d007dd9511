"""Exceptions: the names of the TypeScript package, derived from Python's own."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple, Type

from ._names import in_python, snake_case

__all__ = [
    'AuthError',
    'CacheError',
    'ConfigError',
    'DisposedError',
    'EngineError',
    'FormatError',
    'IntegrityError',
    'NetworkError',
    'NotFoundError',
    'UnsupportedError',
    'VascuError',
]


class VascuError(Exception):
    """Base of every error of this package. It can be made of one text, and keeps its attributes and cause when pickled."""

    code: Optional[str] = None

    def __init__(self, message: str = '', **attributes: Any) -> None:
        super().__init__(message)
        self.__dict__.update(attributes)

    def __reduce__(self) -> Tuple[Any, ...]:
        return (_rebuild, (type(self), str(self), dict(self.__dict__), self.__cause__))


def _rebuild(
    kind: Type[VascuError], message: str, attributes: Dict[str, Any], cause: Optional[BaseException]
) -> VascuError:
    error = kind(message)
    error.__dict__.update(attributes)
    error.__cause__ = cause
    return error


class NotFoundError(VascuError, FileNotFoundError):
    """A file, sample, share or array name that does not exist."""

    code = 'NOT_FOUND'


class AuthError(VascuError, PermissionError):
    """A login, permission or certificate that was refused; ``reason`` says which."""

    code = 'AUTH'
    reason: Optional[str] = None


class NetworkError(VascuError, ConnectionError):
    """A server that cannot be reached, does not answer in time or fails."""

    code = 'NETWORK'
    status: Optional[int] = None
    retryable: bool = True
    retry_after_ms: Optional[float] = None


class IntegrityError(VascuError, OSError):
    """Bytes that arrived and are not those that were announced."""

    code = 'INTEGRITY'
    expected: Optional[str] = None
    actual: Optional[str] = None


class FormatError(VascuError, ValueError):
    """Bytes that are not what their format requires: ``path``, ``array``, ``offset``, ``problem``."""

    code = 'FORMAT'
    path: Optional[str] = None
    offset: Optional[int] = None
    array: Optional[str] = None
    problem: Optional[str] = None


class CacheError(VascuError, OSError):
    """A cache that cannot be used or has no room left."""

    code = 'CACHE'


class ConfigError(VascuError, ValueError):
    """An option that cannot be used as given; ``option`` names it."""

    code = 'CONFIG'
    option: Optional[str] = None


class UnsupportedError(VascuError, NotImplementedError):
    """Something valid that this package does not do."""

    code = 'UNSUPPORTED'
    feature: Optional[str] = None


class DisposedError(VascuError, RuntimeError):
    """An object used after it was closed."""

    code = 'DISPOSED'


class EngineError(VascuError, RuntimeError):
    """The engine cannot be started, has ended, or does not speak as it should."""

    code = 'ENGINE'


class OrderNeeded(Exception):
    """The engine needs the order of an epoch that only this process knows."""

    def __init__(self, epoch: int) -> None:
        super().__init__(epoch)
        self.epoch = epoch


_CLASSES: Dict[str, Type[VascuError]] = {
    kind.__name__: kind
    for kind in (
        NotFoundError,
        AuthError,
        NetworkError,
        IntegrityError,
        FormatError,
        CacheError,
        ConfigError,
        UnsupportedError,
        DisposedError,
    )
}

_BUILT_IN: Dict[str, Type[Exception]] = {
    'RangeError': IndexError,
    'TypeError': TypeError,
}


def restore(said: Mapping[str, Any]) -> Exception:
    """Makes of what the engine says of an error an exception of Python."""
    name = str(said.get('name', 'Error'))
    fields: Mapping[str, Any] = said.get('fields') or {}
    if name == 'OrderNeededError':
        return OrderNeeded(int(fields['epoch']))
    message = in_python(str(said.get('message', '')))
    error: Exception
    if name in _BUILT_IN:
        error = _BUILT_IN[name](message)
    else:
        error = _CLASSES.get(name, VascuError)(message)
        for field, value in fields.items():
            if field not in ('name', 'code'):
                setattr(error, snake_case(field), snake_case(value) if field == 'option' else value)
    cause = said.get('cause')
    if isinstance(cause, Mapping):
        error.__cause__ = restore(cause)
    return error
