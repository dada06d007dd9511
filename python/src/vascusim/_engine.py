"""The engine of this process: started at its first use, shared with processes that it forks or spawns."""

from __future__ import annotations

import atexit
import collections
import hashlib
import hmac
import logging
import os
import queue
import signal
import socket
import subprocess
import threading
import weakref
from typing import Any, Deque, Dict, NamedTuple, Optional

from . import _node, _tensors
from ._memory import LentMemory
from ._version import __version__
from ._wire import Call, Connection, Decode, Function, write_to
from .errors import EngineError, UnsupportedError

LOG = logging.getLogger('vascusim')

PROTOCOL = 1
_GREETING_TIMEOUT_S = 10.0
_CLOSING_TIMEOUT_S = 5.0
_PIPE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031
_LAST_LINES = 8
#: Beginnings of the names of variables that matter to the engine, also when they are set while it runs.
_WATCHED = ('AWS_', 'HF_', 'HUGGING', 'VASCUSIM_', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'XDG_')


class Share(NamedTuple):
    """Where an engine lets processes attach. The token follows from it and from what only they have in common."""

    address: str
    nonce: str

    def token(self) -> str:
        from multiprocessing.process import current_process

        return hmac.new(bytes(current_process().authkey), self.nonce.encode(), hashlib.sha256).hexdigest()


def _environment() -> Dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.upper().startswith(_WATCHED)}


class Engine:
    """Engine as this process sees it: a child, or that of a parent process."""

    def __init__(self, share: Share) -> None:
        self.share = share
        self.owner = os.getpid()
        self.greeting: Dict[str, Any] = {}
        self._environment = _environment()
        self._lines: Deque[str] = collections.deque(maxlen=_LAST_LINES)
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._socket: Optional[socket.socket] = None
        self._drain: Optional[threading.Thread] = None
        self._program: Optional[_node.Program] = None
        self._is_stopped = False
        self._memory: Optional[LentMemory] = None
        self.connection: Connection = None  # type: ignore[assignment]

    @classmethod
    def start(cls) -> 'Engine':
        program = _node.find_program()
        engine = cls(Share('', os.urandom(16).hex()))
        engine._program = program
        try:
            process = subprocess.Popen(
                program.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                # A Ctrl-C of a terminal or a notebook goes to the whole group; it is this process's affair.
                start_new_session=True,
            )
        except OSError as cause:
            raise EngineError(f'{program.command[0]} cannot be started: {cause.strerror}.') from cause
        engine._process = process
        try:
            assert process.stdin is not None and process.stdout is not None
            for pipe in (process.stdin, process.stdout):
                _enlarge(pipe.fileno())
            engine._drain = threading.Thread(target=engine._read_errors, name='vascusim-stderr', daemon=True)
            engine._drain.start()
            engine.connection = Connection(
                process.stdout.fileno(), write_to(process.stdin.fileno()), engine._ended, _tensors.allocate
            )
            engine._greet({})
            token = engine.share.token()
            address = engine.connection.request('share', token=token)['address']
            engine.share = Share(address, engine.share.nonce)
            engine._lend()
        except BaseException:
            engine.kill()
            raise
        return engine

    @classmethod
    def attach(cls, share: Share) -> 'Engine':
        """Attaches to the engine of another process. Raises OSError where there is none."""
        engine = cls(share)
        line = engine._socket = socket.socket(socket.AF_UNIX)
        try:
            line.settimeout(_GREETING_TIMEOUT_S)
            line.connect('\0' + share.address[1:] if share.address.startswith('@') else share.address)
            line.settimeout(None)
            engine.connection = Connection(line.fileno(), line.sendall, engine._ended, _tensors.allocate)
            engine._greet({'token': share.token()})
            engine._lend()
        except EngineError as error:
            engine._hang_up()
            raise OSError(str(error)) from error
        except BaseException:
            engine._hang_up()
            raise
        return engine

    def _greet(self, more: Dict[str, str]) -> None:
        own = {'protocol': PROTOCOL, 'version': __version__, 'place': os.path.dirname(__file__)}
        self.connection.tell({**own, **more})
        try:
            greeting = self.connection.greeting.get(timeout=_GREETING_TIMEOUT_S)
        except queue.Empty:
            raise EngineError(f'{self.name} has said nothing for {_GREETING_TIMEOUT_S:.0f} s.') from None
        if greeting is None:
            raise EngineError(self.connection.dead or 'The engine has ended.')
        if greeting.get('protocol') != PROTOCOL:
            raise EngineError(
                f'{greeting.get("place", self.name)} of vascusim {greeting.get("version")} speaks protocol '
                f'{greeting.get("protocol")}, {own["place"]} of vascusim {__version__} protocol {PROTOCOL}: '
                'use both of one version.'
            )
        self.greeting = greeting

    def _lend(self) -> None:
        """Lends memory for payloads, where both have such."""
        memory = LentMemory.make() if _tensors.numpy is not None else None
        if memory is None:
            return
        self._memory = memory
        try:
            has_taken = self.connection.lend(memory)
        except UnsupportedError:
            has_taken = False  # By an engine that knows of none.
        if not has_taken:
            self._let_memory_go()

    def _let_memory_go(self) -> None:
        if self._memory is not None:
            self._memory.close()

    @property
    def name(self) -> str:
        return 'The engine' if self._program is None else f'The engine {self._program.script}'

    @property
    def program(self) -> Optional[_node.Program]:
        return self._program

    def request(
        self, op: str, decode: Optional[Decode] = None, asked: Optional[Function] = None, **fields: Any
    ) -> Any:
        return self.connection.request(op, decode, asked, **fields)

    def stream(self, op: str, decode: Optional[Decode] = None, **fields: Any) -> Call:
        return self.connection.start(op, decode, **fields)

    def tell_environment(self) -> None:
        """Tells which variables have changed since it was told last."""
        now = _environment()
        changed: Dict[str, Optional[str]] = {
            name: value for name, value in now.items() if self._environment.get(name) != value
        }
        changed.update({name: None for name in self._environment if name not in now})
        if changed:
            self._environment = now
            self.request('environment', values=changed)

    @property
    def is_usable(self) -> bool:
        return self.owner == os.getpid() and not self._is_stopped and self.connection.dead is None

    def start_unheard(self, op: str, **fields: Any) -> None:
        """Sends a request whose answer nobody waits for."""
        if self.is_usable:
            self.connection.tell({'id': self.connection.next_number(), 'op': op, **fields})

    def close_handle(self, handle: int) -> None:
        """Has an object closed without waiting for it."""
        self.start_unheard('close', of=handle)

    def stop(self) -> None:
        """Ends the engine where it is this process's own, else the connection to it."""
        if self.owner != os.getpid() or self._is_stopped:
            return
        self._is_stopped = True
        self.connection.close()
        self._hang_up()
        if self._process is not None:
            self.connection.writer.join(1)
            try:
                assert self._process.stdin is not None
                self._process.stdin.close()
                self._process.wait(_CLOSING_TIMEOUT_S)
            except (OSError, subprocess.TimeoutExpired):
                self.kill()
            self.connection.reader.join(1)
            self._close_pipes()
        self._let_memory_go()

    def _hang_up(self) -> None:
        """Ends a connection, and the thread that reads from it before its descriptor can be another's."""
        if self._socket is None:
            return
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        if self.connection is not None:
            self.connection.close()
            if self.connection.reader is not threading.current_thread():
                self.connection.reader.join(1)
        self._socket.close()

    def kill(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._close_pipes()
        self._let_memory_go()

    def discard(self) -> None:
        """Lets go of what is left of an engine that has ended."""
        if self.owner != os.getpid() or self.connection is None:
            return
        self.connection.close()
        if self.connection.reader is not threading.current_thread():
            self.connection.reader.join(1)
            self.connection.writer.join(1)
        self._hang_up()
        self._close_pipes()
        self._let_memory_go()

    def abandon(self) -> None:
        """Lets go, in a forked child, of what is the parent's: its pipes kept open would keep the engine alive."""
        if self._socket is not None:
            self._socket.close()
        self._close_pipes()
        self._let_memory_go()
        if self._process is not None:
            self._process.returncode = 0

    def _close_pipes(self) -> None:
        if self._process is None:
            return
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                pass

    def _read_errors(self) -> None:
        assert self._process is not None and self._process.stderr is not None
        try:
            for raw in self._process.stderr:
                line = raw.decode('utf-8', 'replace').rstrip()
                if line.startswith('warning: '):
                    LOG.warning('%s', line[len('warning: ') :])
                elif line:
                    self._lines.append(line)
                    LOG.info('%s', line)
        except (OSError, ValueError):
            pass

    def _ended(self, seen: str) -> str:
        if self._process is None:
            return 'The engine of the process that this one has attached to ' + (seen or 'has ended') + '.'
        if seen:
            self._process.kill()
        try:
            status = self._process.wait(_CLOSING_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        if self._drain is not None:
            self._drain.join(0.5)
        if not seen:
            seen = f'was ended by {_signal_name(-status)}' if status < 0 else f'has ended with status {status}'
        last = ' | '.join(self._lines)
        return f'{self.name} {seen}' + (f'. Its last lines: {last}' if last else '.')


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f'signal {number}'


def _enlarge(descriptor: int) -> None:
    try:
        import fcntl

        fcntl.fcntl(descriptor, _F_SETPIPE_SZ, _PIPE_BYTES)
    except (ImportError, OSError):
        pass


# The engine of this process

_guard = threading.RLock()
_current: Optional[Engine] = None
_parent: Optional[Share] = None
_aware: 'weakref.WeakSet[ForkAware]' = weakref.WeakSet()


def current() -> Engine:
    """The engine of this process, or of its parent; started or attached to where it is not yet."""
    global _current, _parent
    with _guard:
        if _current is not None and _current.is_usable:
            return _current
        if _current is not None:
            _current.discard()
        _current = None
        if _parent is not None:
            try:
                _current = Engine.attach(_parent)
                return _current
            except OSError:
                _parent = None
        _current = Engine.start()
        return _current


def running() -> Optional[Engine]:
    """The engine, where there is one already."""
    engine = _current
    return engine if engine is not None and engine.is_usable else None


def offer(share: Share) -> None:
    """Says where the engine of the process is that has pickled something; used where there is none here."""
    global _parent
    with _guard:
        if running() is None and _parent is None and share.address:
            _parent = share


class ForkAware:
    """Object that is told, in a forked child, that it is there."""

    def after_fork(self) -> None:
        raise NotImplementedError


def tell_after_fork(aware: ForkAware) -> None:
    _aware.add(aware)


def _in_child() -> None:
    global _guard, _current, _parent
    _guard = threading.RLock()
    if _current is not None:
        _parent = _current.share
        _current.abandon()
        _current = None
    for aware in list(_aware):
        aware.after_fork()


def _at_exit() -> None:
    if _current is not None:
        _current.stop()


if hasattr(os, 'register_at_fork'):
    os.register_at_fork(after_in_child=_in_child)
atexit.register(_at_exit)
