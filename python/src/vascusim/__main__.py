"""``python -m vascusim`` says what is in use; ``vascusim …`` is the command line of the engine."""

from __future__ import annotations

import os
import sys
from typing import List

from . import _engine, _node, _tensors
from ._version import __version__
from .errors import VascuError


def describe() -> List[str]:
    """Lines that say which engine, Node.js, PyTorch, PyTorch Geometric and cache are in use."""
    torch, pyg = _tensors.torch, _tensors._find('torch_geometric') if _tensors.torch is not None else None
    lines = [
        f'vascusim           {__version__}, {os.path.dirname(__file__)}',
        f'Python             {sys.version.split()[0]}, {sys.executable}',
        f'PyTorch            {"not installed" if torch is None else torch.__version__}',
        f'PyTorch Geometric  {"not installed" if pyg is None else pyg.__version__}',
        f'numpy              {"not installed" if _tensors.numpy is None else _tensors.numpy.__version__}',
    ]
    engine = _engine.current()
    greeting, program = engine.greeting, engine.program
    lines.append(f'engine             {greeting["version"]}, {greeting["place"]}')
    if program is not None and program.node is not None:
        lines.append(f'Node.js            {greeting["node"]}, {program.node}')
    cache = engine.request('cache', options={})
    lines.append(f'cache              {cache["cacheDir"]}')
    engine.close_handle(cache['handle'])
    return lines


def command() -> int:
    """The command line of the engine, in place of this process."""
    try:
        program = _node.find_program()
    except VascuError as error:
        sys.stderr.write(f'error: {error}\n')
        return 2
    arguments = [*program.command[:-1], *sys.argv[1:]]
    os.execv(arguments[0], arguments)


def main() -> int:
    if len(sys.argv) > 1:
        return command()
    try:
        for line in describe():
            print(line)
    except VascuError as error:
        sys.stderr.write(f'error: {error}\n')
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(main())
