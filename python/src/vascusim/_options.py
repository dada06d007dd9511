"""Options of every class, and how they are told to the engine."""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING, Any, Callable, Dict, FrozenSet, List, Mapping, Optional, Tuple
from urllib.parse import quote

from ._names import camel_case, learn
from .errors import ConfigError

if TYPE_CHECKING:
    from ._engine import Engine


def _names(text: str) -> FrozenSet[str]:
    return frozenset(text.split())


STREAMER = _names(
    'cache cache_dir max_cache_size connect_timeout_ms idle_timeout_ms total_timeout_ms tries retry_delay_ms oversized hedge '
    'archives max_expansion'
)
NAS = STREAMER | _names(
    'source_url access_mode username password port secure otp device_id on_device_id device_id_file tls verify '
    'max_connections proxy on_warning domain require_encryption signing guest'
)
HUGGING_FACE = STREAMER | _names(
    'repo_id revision endpoint token offline hub_cache_dir max_wait_ms http environment tls max_connections proxy'
)
LOCAL = STREAMER | _names('source_url copy_to_cache')
DATASET = (
    NAS
    | (HUGGING_FACE - {'repo_id'})
    | LOCAL
    | _names('streaming_type headers index')
    | _names('region path_style credentials anonymous profile requester_pays')
    | _names('source_dir include exclude samples metadata sidecars filter_fn include_attributes mode time shared_mesh graph_of normalize standardize pre_transform transform cache_decoded')
)
STREAMING_DATASET = DATASET | _names('prefetch prefetch_size delete_after_use')
#: What datasets take in Python alone.
PYTHON_DATASET = _names('load_vtu load_vtp split_components metadata_attributes dtype x y')
CACHE = _names('cache_dir max_size room_timeout_ms lease_timeout_ms')
LOADER = _names(
    'batch_size max_nodes_per_batch max_edges_per_batch oversize sample_sizes shuffle sampler seed drop_last world '
    'remainder num_workers prefetch_batches prefetch_bytes in_order arrays collate on_error on_sample on_batch report'
)
#: What PyTorch's DataLoader takes beyond them.
TORCH_LOADER = _names(
    'batch_sampler collate_fn pin_memory pin_memory_device timeout worker_init_fn multiprocessing_context generator '
    'prefetch_factor persistent_workers'
)

#: The options of each class, as the TypeScript package has them.
TABLES: Mapping[str, FrozenSet[str]] = {
    'VascuDataset': DATASET,
    'StreamingVascuDataset': STREAMING_DATASET,
    'NASStreamer': NAS,
    'HuggingFaceStreamer': HUGGING_FACE,
    'LocalStreamer': LOCAL,
    'CacheManager': CACHE,
    'DataLoader': LOADER,
}

learn(*STREAMING_DATASET, *CACHE, *LOADER, *PYTHON_DATASET)
learn('repo_id', 'list_shares', 'list_directory', 'list_files', 'get_file', 'open_file', 'get_metadata')
learn('check_connection', 'clear_all', 'get_cache_stats', 'set_epoch', 'state_dict', 'load_state_dict')
learn('num_workers', 'on_progress', 'download_if_missing', 'edge_index', 'num_nodes', 'num_cells')

#: What is not pickled: logins, and what may hold one.
_SECRETS = (
    'password',
    'token',
    'otp',
    'credentials',
    'device_id',
    'proxy',
    'http',
    'headers',
    'environment',
)
_OWN_PATHS = ('cache_dir', 'device_id_file', 'hub_cache_dir')
#: Options with names of their own in them.
_NESTED = ('tls', 'http', 'credentials', 'time')
#: Options of names of the user's own, with options in them.
_NAMED = ('samples',)


def refuse_unknown(owner: str, given: Mapping[str, Any], known: FrozenSet[str]) -> None:
    """Raises ConfigError for an option that there is not."""
    for name in given:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, 1)
        hint = f' Did you mean {near[0]}?' if near else f' Its options are: {", ".join(sorted(known))}.'
        raise ConfigError(f'{owner} has no option {name!r}.{hint}', option=name)


def without_secrets(options: Mapping[str, Any]) -> Dict[str, Any]:
    """What may be pickled: no login, no function."""
    kept = {
        name: value for name, value in options.items() if name not in _SECRETS and not callable(value)
    }
    cache = kept.pop('cache', None)
    if cache is not None:
        kept.setdefault('cache_dir', cache.cache_dir)
        if cache.max_size is not None:
            kept.setdefault('max_cache_size', cache.max_size)
    return kept


def resolve_paths(options: Mapping[str, Any], streaming_type: Optional[str]) -> Dict[str, Any]:
    """Options with paths of this machine as absolute ones, by the working directory of now; without those left out.

    ``streaming_type``: the kind of source that ``source_url`` is one of, where that is known.
    """
    resolved: Dict[str, Any] = {}
    for name, value in options.items():
        if value is None:
            continue
        if name in _OWN_PATHS:
            value = os.path.abspath(os.path.expanduser(os.fspath(value)))
        elif name == 'source_url':
            value = _source(value, streaming_type)
        elif name == 'repo_id' and isinstance(value, os.PathLike):
            value = os.fspath(value)
        elif name == 'metadata':
            value = _files(value)
        resolved[name] = value
    return resolved


def _files(value: Any) -> Any:
    """Tables or lists by their files: a path that is an object is of this machine, a text may be one in the source."""
    if isinstance(value, os.PathLike):
        return os.path.abspath(os.path.expanduser(os.fspath(value)))
    if isinstance(value, str) and value.startswith('~'):
        return os.path.expanduser(value)
    if isinstance(value, Mapping):
        return {name: _files(each) if name == 'file' else each for name, each in value.items()}
    return [_files(each) for each in value] if isinstance(value, (list, tuple)) else value


def _source(value: Any, streaming_type: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.path.abspath(os.path.expanduser(os.fspath(value)))
    if not isinstance(value, str) or '://' in value or value.startswith('file:') or value.startswith('\\\\'):
        return value
    if streaming_type not in (None, 'auto', 'local'):
        # A host or a name, also where a folder of this machine is called so.
        return value
    path = os.path.abspath(os.path.expanduser(value))
    if streaming_type == 'local' or value.startswith(('~', './', '../')) or os.path.isdir(path):
        return path
    return value


def told(options: Mapping[str, Any], engine: 'Engine', callbacks: List[int]) -> Dict[str, Any]:
    """Options as the engine is told them. Numbers of functions that it may call are added to ``callbacks``."""
    given = {name: value for name, value in options.items() if value is not None}
    return {camel_case(name): _told(name, value, engine, callbacks) for name, value in given.items()}


def _told(name: str, value: Any, engine: 'Engine', callbacks: List[int]) -> Any:
    if name == 'cache':
        handle = getattr(value, 'handle_in', None)
        if handle is None:
            raise ConfigError(f'cache must be a CacheManager, not {type(value).__name__}.', option='cache')
        return {'$handle': handle(engine)}
    if callable(value):
        result = _nested_result(value) if name in _NESTED else _plain_result(value)
        callbacks.append(engine.connection.callback(result))
        return {'$callback': callbacks[-1]}
    if name in _NESTED and isinstance(value, Mapping):
        for key, each in value.items():
            if callable(each):
                raise ConfigError(
                    f'{name}[{key!r}] cannot be a function here: give a number, a name or a list.', option=f'{name}.{key}'
                )
        return _nested(value)
    if name in _NAMED and isinstance(value, Mapping):
        return {str(key): _nested(each) if isinstance(each, Mapping) else _plain(key, each) for key, each in value.items()}
    return _plain(name, value)


def told_list(value: Any) -> Any:
    """A split as the engine is told it: a fraction, or a list of samples by its file."""
    return _plain('', _files(value))


def _nested(value: Mapping[str, Any]) -> Dict[str, Any]:
    return {camel_case(key): _plain(key, each) for key, each in value.items()}


def _nested_result(function: Callable[..., Any]) -> Callable[..., Any]:
    def result(*arguments: Any) -> Any:
        value = function(*arguments)
        return _nested(value) if isinstance(value, Mapping) else value

    return result


def _plain_result(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: _plain('', function(*arguments))


def _plain(name: str, value: Any) -> Any:
    """Values as JSON has them. A path in ``tls['ca']`` is read."""
    if isinstance(value, os.PathLike):
        if name != 'ca':
            return os.fspath(value)
        with open(os.path.expanduser(value), encoding='ascii') as file:
            return file.read()
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, Mapping):
        return {str(key): _plain('', each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(name, each) for each in value]
    if hasattr(value, 'item') and callable(value.item) and getattr(value, 'ndim', 0) == 0:
        return value.item()
    return value


def module_url(option: str, value: Any) -> Any:
    """A module of JavaScript for the engine's threads, as a URL, or with options of its own. Raises ConfigError for anything else."""
    if isinstance(value, Mapping) and 'module' in value:
        return {**value, 'module': module_url(option, value['module'])}
    text = os.fspath(value) if isinstance(value, os.PathLike) else value
    if isinstance(text, str):
        if text.startswith(('file:', 'data:')):
            return text
        path, mark, name = text.partition('#')
        if path.endswith(('.mjs', '.js')):
            return 'file://' + quote(os.path.abspath(os.path.expanduser(path))) + mark + name
    raise ConfigError(
        f"{option} must be a function, the path of a .mjs module, or {{'module': path, 'options': …}}, not {value!r}.",
        option=option,
    )


def positional(count: int, function: Callable[..., Any]) -> bool:
    """Whether a function wants so many arguments, or takes no fewer."""
    import inspect

    kinds: Tuple[Any, ...] = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    needed = [each for each in parameters if each.kind in kinds and each.default is inspect.Parameter.empty]
    return len(needed) >= count
