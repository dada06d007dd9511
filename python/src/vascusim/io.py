"""Streamers and the cache: single files of any source."""

from __future__ import annotations

import datetime
import logging
import os
import pathlib
from typing import Any, Dict, List, Optional

from . import _options
from ._engine import Engine
from ._names import snake_keys
from ._remote import Held, Remote
from .errors import AuthError, NetworkError, VascuError

__all__ = ['CacheManager', 'DataStreamer', 'HeldFile', 'HuggingFaceStreamer', 'LocalStreamer', 'NASStreamer']

LOG = logging.getLogger('vascusim')

#: Pages of a listing that are on their way while one is taken.
_PAGES_AHEAD = 2


class HeldFile(os.PathLike):  # type: ignore[type-arg]
    """File of this machine that stays where it is until it is let go."""

    def __init__(self, engine: Engine, handle: int, path: str, size: int) -> None:
        self._engine, self._handle = engine, handle
        self.path, self.size = pathlib.Path(path), size
        self._is_held = True

    def release(self, remove: bool = False) -> None:
        """Lets go of the file; ``remove`` has a cached copy removed as soon as nobody holds it."""
        if not self._is_held:
            return
        self._is_held = False
        if self._engine.is_usable:
            self._engine.request('release', of=self._handle, remove=remove)
            self._engine.close_handle(self._handle)

    def __fspath__(self) -> str:
        return str(self.path)

    def __enter__(self) -> 'HeldFile':
        return self

    def __exit__(self, *_: Any) -> None:
        self.release()


class CacheManager(Remote):
    """Files of remote sources on this machine, up to a number of bytes."""

    _what = 'cache'
    #: Folder in which the files lie.
    cache_dir: str = ''

    def __init__(self, cache_dir: Any = None, max_size: Optional[int] = None, **options: Any) -> None:
        _options.refuse_unknown('CacheManager', options, _options.CACHE)
        self._options = _options.resolve_paths({'cache_dir': cache_dir, 'max_size': max_size, **options}, None)
        self.max_size = max_size
        super().__init__()
        self._use()

    def _open(self, engine: Engine, held: Held) -> None:
        opened = engine.request('cache', options=_options.told(self._options, engine, held.callbacks))
        self.cache_dir = opened['cacheDir']
        held.handles.append(opened['handle'])

    def handle_in(self, engine: Engine) -> int:
        """The number under which an engine knows it."""
        return self._use()[1]

    def get_cache_stats(self) -> Dict[str, Any]:
        """``total_size``, ``file_count``, ``max_size``, ``usage_percent``, ``hits``, ``misses``, ``evictions``."""
        return dict(snake_keys(self._ask('cacheStats')))

    def list_sources(self) -> List[Dict[str, Any]]:
        """What is kept of each source."""
        found: List[Dict[str, Any]] = snake_keys(self._ask('listSources'))
        return [{**each, 'last_used': _time(each.get('last_used'))} for each in found]

    def cleanup(self) -> None:
        """Removes the least recently used files until the limit is kept."""
        self._ask('cleanupCache')

    def clear_all(self) -> None:
        """Removes every file that nobody holds."""
        self._ask('clearAll')

    def verify(self, repair: bool = False) -> Dict[str, Any]:
        """Reads every file again and compares its digest; ``repair`` removes those that are damaged."""
        return dict(snake_keys(self._ask('verify', repair=repair)))

    def __repr__(self) -> str:
        return f'CacheManager({self.cache_dir!r})'


class DataStreamer(Remote):
    """Files of a source, brought to this machine once for all who ask."""

    _what = 'streamer'
    _kind = ''
    #: What ``streaming_type`` of a dataset says of such a source.
    _streaming_type = ''

    def __init__(self, options: Dict[str, Any]) -> None:
        self._options = _options.resolve_paths(options, self._streaming_type)
        #: Why ``connect()`` was False.
        self.last_error: Optional[VascuError] = None
        super().__init__()
        self._use()

    def _open(self, engine: Engine, held: Held) -> None:
        options = _options.told(self._options, engine, held.callbacks)
        held.handles.append(engine.request('streamer', kind=self._kind, options=options)['handle'])

    def list_files(self, pattern: Optional[str] = None, prefix: Optional[str] = None) -> List[str]:
        """Paths of all files, sorted. A pattern without ``/`` matches names at any depth."""
        given = {'pattern': pattern, 'prefix': prefix}
        options = {name: value for name, value in given.items() if value is not None}
        engine, handle = self._use()
        call = engine.stream('listFiles', of=handle, options=options, credits=_PAGES_AHEAD)
        files: List[str] = []
        while True:
            follows, page = engine.connection.take(call)
            if not follows:
                return files
            files += page['files']
            engine.connection.credit(call)

    def get_file(self, path: Any, download_if_missing: bool = True) -> pathlib.Path:
        """Path of a file on this machine; fetched where it is not there."""
        options = {'downloadIfMissing': download_if_missing}
        return pathlib.Path(self._ask('getFile', path=_text(path), options=options))

    def open_file(self, path: Any, download_if_missing: bool = True) -> HeldFile:
        """The same, held: it is not removed from the cache before it is let go."""
        engine, handle = self._use()
        options = {'downloadIfMissing': download_if_missing}
        opened = engine.request('openFile', of=handle, path=_text(path), options=options)
        return HeldFile(engine, opened['handle'], opened['path'], opened['size'])

    def get_metadata(self, path: Any) -> Dict[str, Any]:
        """What the sidecar of a mesh says, or the ``.json`` itself."""
        return dict(self._ask('getMetadata', path=_text(path)))

    def check_connection(self, path: Any = None) -> Dict[str, Any]:
        """What works and what does not, step by step: ``ok`` and ``steps``."""
        options = {} if path is None else {'path': _text(path)}
        return dict(snake_keys(self._ask('checkConnection', options=options)))

    def cleanup(self, strategy: str = 'lru') -> None:
        """Removes cached files: ``'lru'`` down to the limit, ``'all'`` those of this source."""
        self._ask('cleanup', what=strategy)

    def stats(self) -> Dict[str, Any]:
        return dict(snake_keys(self._ask('streamerStats')))

    def __repr__(self) -> str:
        where = self._options.get('source_url', self._options.get('repo_id'))
        return f'{type(self).__name__}({where!r})'


class NASStreamer(DataStreamer):
    """Files of a NAS, by Synology's web API or by SMB. Every call connects by itself where that is needed."""

    _kind = 'NASStreamer'
    _streaming_type = 'nas'

    def __init__(self, source_url: Any, **options: Any) -> None:
        _options.refuse_unknown('NASStreamer', options, _options.NAS)
        super().__init__({'source_url': source_url, **options})

    def connect(self) -> bool:
        """Whether the NAS can be reached and lets in; ``last_error`` and a line of the log say why not."""
        try:
            self._ask('connect')
        except (AuthError, NetworkError) as error:
            self.last_error = error
            LOG.warning('%s', error)
            return False
        self.last_error = None
        return True

    def disconnect(self) -> None:
        """Logs out. A later call connects again."""
        with self._lock:
            engine, handle = self._use()
            engine.request('close', of=handle)
            self._let_go()

    def list_shares(self) -> List[str]:
        return list(self._ask('listShares'))

    def list_directory(self, path: Any = '') -> List[Dict[str, Any]]:
        """``name``, ``path``, ``is_directory`` (also ``isdir``), ``size``, ``modified`` of what lies in a folder."""
        entries: List[Dict[str, Any]] = snake_keys(self._ask('listDirectory', path=_text(path)))
        return [
            {**entry, 'isdir': entry['is_directory'], 'modified': _time(entry.get('modified'))} for entry in entries
        ]


class HuggingFaceStreamer(DataStreamer):
    """Files of a dataset of the Hugging Face Hub."""

    _kind = 'HuggingFaceStreamer'
    _streaming_type = 'hf'

    def __init__(self, repo_id: Any, **options: Any) -> None:
        _options.refuse_unknown('HuggingFaceStreamer', options, _options.HUGGING_FACE)
        super().__init__({'repo_id': repo_id, **options})


class LocalStreamer(DataStreamer):
    """Files of a folder of this machine, read where they lie."""

    _kind = 'LocalStreamer'
    _streaming_type = 'local'

    def __init__(self, source_url: Any, **options: Any) -> None:
        _options.refuse_unknown('LocalStreamer', options, _options.LOCAL)
        super().__init__({'source_url': source_url, **options})


def _text(path: Any) -> str:
    return path.as_posix() if isinstance(path, pathlib.PurePath) else str(os.fspath(path))


def _time(text: Optional[str]) -> Optional[datetime.datetime]:
    return None if text is None else datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))
