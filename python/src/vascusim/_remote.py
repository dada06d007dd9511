"""Objects that live in the engine."""

from __future__ import annotations

import threading
import weakref
from typing import Any, List, Optional, Tuple, TypeVar

from . import _engine
from ._engine import Engine
from .errors import DisposedError

Self = TypeVar('Self', bound='Remote')


class Held:
    """Numbers of what is open, and in which engine."""

    def __init__(self) -> None:
        self.address = ''
        self.engine: Optional[Engine] = None
        self.handles: List[int] = []
        #: Functions that the engine may call.
        self.callbacks: List[int] = []

    def release(self) -> None:
        """Has everything closed, the last one first. What another process has opened is left to it."""
        engine, handles, callbacks = self.engine, self.handles, self.callbacks
        self.engine, self.handles, self.callbacks = None, [], []
        if engine is not None:
            for handle in reversed(handles):
                engine.close_handle(handle)
            for number in callbacks:
                engine.connection.forget(number)


class Remote(_engine.ForkAware):
    """Object of the engine: opened where it is needed, and again where the engine is another one."""

    _what = 'object'

    def __init__(self) -> None:
        self._prepare()

    def _prepare(self) -> None:
        self._lock = threading.RLock()
        self._held = Held()
        self._is_closed = False
        finalizer = weakref.finalize(self, self._held.release)
        finalizer.atexit = False
        _engine.tell_after_fork(self)

    def _open(self, engine: Engine, held: Held) -> None:
        """Opens it; adds the numbers of what was opened, of which the last one is it."""
        raise NotImplementedError

    def _use(self) -> Tuple[Engine, int]:
        """The engine, and the number under which the object is known there."""
        with self._lock:
            self._check()
            engine = _engine.current()
            held = self._held
            if held.address != engine.share.address or not held.handles:
                engine.tell_environment()
                held.engine, held.handles, held.callbacks = engine, [], []
                try:
                    self._open(engine, held)
                except BaseException:
                    # What was opened on the way to it.
                    held.release()
                    raise
                held.address = engine.share.address
            return engine, held.handles[-1]

    def _ask(self, op: str, **fields: Any) -> Any:
        engine, handle = self._use()
        return engine.request(op, of=handle, **fields)

    def _check(self) -> None:
        if self._is_closed:
            raise DisposedError(f'The {self._what} was closed.')

    def after_fork(self) -> None:
        # Of the parent's: whoever held the lock is not in this process.
        self._lock = threading.RLock()
        # What the parent has opened can be used here, and is closed there.
        if self._held.engine is not None:
            self._held.engine = None

    def _let_go(self) -> None:
        """Closes what is open; the next use opens it anew."""
        with self._lock:
            self._held.release()
            self._held.address = ''

    def close(self) -> None:
        """Lets go of everything. Closing twice is no error."""
        with self._lock:
            self._is_closed = True
            self._held.release()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
