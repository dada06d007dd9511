"""Memory that this process lends to the engine: what lies there need not be sent."""

from __future__ import annotations

import mmap
import os
import secrets
from typing import Any, Optional

_TEXT_BYTES = 32


class LentMemory:
    """A file without a name, gone with the two processes however they end; mapped as far as it is used."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._map: Optional[mmap.mmap] = None
        #: What it holds at first, by which the engine knows that it has opened this one.
        self.text = secrets.token_hex(_TEXT_BYTES // 2)
        os.pwrite(descriptor, self.text.encode(), 0)

    @classmethod
    def make(cls) -> 'Optional[LentMemory]':
        """None where the system has no such files."""
        if not hasattr(os, 'memfd_create') or not os.path.isdir('/proc/self/fd'):
            return None
        try:
            return cls(os.memfd_create('vascusim', os.MFD_CLOEXEC))
        except OSError:
            return None

    @property
    def path(self) -> str:
        return f'/proc/{os.getpid()}/fd/{self._descriptor}'

    def view(self, at: int, length: int) -> Any:
        """What lies at a place, until that is taken. Raises ValueError where nothing does."""
        if self._map is None or len(self._map) < at + length:
            self._map = mmap.mmap(self._descriptor, os.fstat(self._descriptor).st_size)
        if at < 0 or length < 0 or len(self._map) < at + length:
            raise ValueError('a place outside the memory')
        return memoryview(self._map)[at : at + length]

    def close(self) -> None:
        # A map that somebody still looks at is gone when they are.
        self._map = None
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
