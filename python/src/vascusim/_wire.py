"""Frames: requests to the engine, answers and streams from it. docs/guide/engine.md describes them."""

from __future__ import annotations

import io
import json
import os
import queue
import select
import struct
import threading
import weakref
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from ._memory import LentMemory
from .errors import ConfigError, EngineError, VascuError, restore

_PREFIX = struct.Struct('<IIQ')
_MAX_MESSAGE_BYTES = 64 * 1024**2
_MAX_PAYLOAD_BYTES = 1 << 40
_FRAME_TIMEOUT_S = 10.0

Message = Dict[str, Any]
#: Makes something of a message and its payload. Of a payload that is lent nothing may be kept.
Decode = Callable[[Message, Any, bool], Any]


Function = Callable[..., Any]


class NotAFrame(Exception):
    """Bytes that are no frame."""


class Ended(Exception):
    """The other side has ended."""


class Call:
    """Request under way, with what has come of its answer."""

    def __init__(self, number: int, decode: Optional[Decode], asked: Optional[Function] = None) -> None:
        self.number = number
        self.decode = decode
        #: Function that the engine may call while it makes the answer: by whoever waits for that.
        self.asked = asked
        #: What cancels it where nobody waits any more.
        self.on_forgotten: Any = None
        self.arrived: 'queue.SimpleQueue[Tuple[str, Any]]' = queue.SimpleQueue()


def _no_memory(size: int) -> Any:
    return bytearray(size)


class Connection:
    """Line to an engine: one thread reads, one writes, so that an interrupt never leaves half a frame."""

    def __init__(
        self,
        read_descriptor: int,
        write: Callable[[Any], None],
        on_end: Callable[[str], str],
        allocate: Callable[[int], Any] = _no_memory,
    ) -> None:
        """``on_end`` makes of what was seen at the end the sentence that errors say."""
        self._input = io.FileIO(read_descriptor, closefd=False)
        self._poll = None
        if hasattr(select, 'poll'):
            self._poll = select.poll()
            self._poll.register(read_descriptor, select.POLLIN)
        self._write = write
        self._on_end = on_end
        self._allocate = allocate
        self._calls: 'weakref.WeakValueDictionary[int, Call]' = weakref.WeakValueDictionary()
        self._outgoing: 'queue.SimpleQueue[Optional[bytes]]' = queue.SimpleQueue()
        self._numbers = iter(range(1, 1 << 62))
        self._callbacks: Dict[int, Callable[..., Any]] = {}
        self.greeting: 'queue.SimpleQueue[Optional[Message]]' = queue.SimpleQueue()
        self.dead: Optional[str] = None
        #: Where the engine may leave payloads.
        self.memory: Optional[LentMemory] = None
        self.reader = threading.Thread(target=self._read_all, name='vascusim-reader', daemon=True)
        self.writer = threading.Thread(target=self._write_all, name='vascusim-writer', daemon=True)
        self.reader.start()
        self.writer.start()

    def tell(self, message: Mapping[str, Any]) -> None:
        """Sends a frame that nobody waits for."""
        try:
            text = json.dumps(message, allow_nan=False).encode()
        except (TypeError, ValueError) as cause:
            raise ConfigError(f'What was given cannot be sent to the engine: {cause}.') from cause
        if len(text) > _MAX_MESSAGE_BYTES:
            raise ConfigError(
                f'What was given cannot be sent to the engine: it is {len(text) / 1024**2:.0f} MiB; '
                f'{_MAX_MESSAGE_BYTES // 1024**2} are the most.'
            )
        self._outgoing.put(_PREFIX.pack(len(text), 0, 0) + text)

    def start(
        self, op: str, decode: Optional[Decode] = None, asked: Optional[Function] = None, **fields: Any
    ) -> Call:
        """Sends a request. Whoever forgets the call cancels it. ``asked`` is the function of the call's own number."""
        number = next(self._numbers)
        call = Call(number, decode, asked)
        self._calls[number] = call
        call.on_forgotten = weakref.finalize(call, self._cancel, number)
        call.on_forgotten.atexit = False
        self.tell({'id': number, 'op': op, **fields})
        if self.dead is not None:
            call.arrived.put(('dead', None))
        return call

    def take(self, call: Call, timeout: Optional[float] = None) -> Tuple[bool, Any]:
        """The next of an answer: whether more follows, and what has come."""
        kind, value = call.arrived.get(timeout=timeout)
        while kind == 'ask':
            self._answer_ask(value, call.asked)
            kind, value = call.arrived.get(timeout=timeout)
        if kind == 'more':
            return True, value
        if call.on_forgotten is not None:
            call.on_forgotten.detach()
        if kind == 'ok':
            return False, value
        if kind == 'error':
            raise value
        raise EngineError(self.dead or 'The engine has ended.')

    def request(
        self, op: str, decode: Optional[Decode] = None, asked: Optional[Function] = None, **fields: Any
    ) -> Any:
        """Sends a request and waits for its answer. ``asked`` is called by this thread, and what it raises is raised here."""
        return self.take(self.start(op, decode, asked, **fields))[1]

    def next_number(self) -> int:
        return next(self._numbers)

    def lend(self, memory: LentMemory) -> bool:
        """Has the engine leave payloads in memory of this process; False where it cannot."""
        self.memory = memory
        if not self.request('memory', path=memory.path, text=memory.text):
            self.memory = None
        return self.memory is not None

    def credit(self, call: Call, credits: int = 1) -> None:
        self.tell({'id': 0, 'op': 'credit', 'of': call.number, 'credits': credits})

    def callback(self, function: Callable[..., Any]) -> int:
        """Number under which the engine calls a function."""
        number = next(self._numbers)
        self._callbacks[number] = function
        return number

    def forget(self, callback: int) -> None:
        """Lets go of a function that the engine has no reason to call any more."""
        self._callbacks.pop(callback, None)

    def close(self) -> None:
        """Ends what is sent, once all of it has been."""
        self._outgoing.put(None)

    def _cancel(self, number: int) -> None:
        if self.dead is None:
            self._outgoing.put(_cancel_frame(number))

    def _write_all(self) -> None:
        try:
            for frame in iter(self._outgoing.get, None):
                self._write(frame)
        except (OSError, ValueError):
            pass  # The reader meets the end as well, and knows more of it.

    def _read_all(self) -> None:
        seen = ''
        try:
            while True:
                message, payload = self._read_frame()
                try:
                    if 'shared' in message:
                        self._deliver_lent(message)
                    else:
                        self._deliver(message, payload, False)
                except (AttributeError, KeyError, TypeError, ValueError) as error:
                    raise NotAFrame(f'a message that means nothing: {error!r}') from error
        except NotAFrame as error:
            seen = f'has sent what is no frame: {error}'
        except (Ended, OSError, ValueError):
            pass
        except MemoryError:
            seen = 'has announced more bytes than there is memory'
        except Exception as error:
            # Whatever it was: nobody reads any more, and nobody may wait for ever.
            seen = f'has sent what cannot be read: {error!r}'
        self.dead = self._on_end(seen)
        self.greeting.put(None)
        self._outgoing.put(None)
        for call in list(self._calls.values()):
            call.arrived.put(('dead', None))

    def _read_frame(self) -> Tuple[Message, Any]:
        prefix = bytearray(_PREFIX.size)
        view = memoryview(prefix)
        have = 0
        while have < len(prefix):
            have += self._read_some(view[have:], have > 0)
            # As soon as it can be told: what is no frame may never become as long as one.
            if have >= 4 and int.from_bytes(prefix[:4], 'little') > _MAX_MESSAGE_BYTES:
                raise NotAFrame(f'it begins with {bytes(prefix[:have])!r}')
        length, reserved, payload_length = _PREFIX.unpack(prefix)
        if reserved or payload_length > _MAX_PAYLOAD_BYTES:
            raise NotAFrame(f'it begins with {bytes(prefix)!r}')
        text = bytearray(length)
        self._fill(text)
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            raise NotAFrame(f'{length} bytes that are no JSON') from None
        if not isinstance(message, dict):
            raise NotAFrame('a message that is no object')
        payload = None
        if payload_length:
            payload = self._allocate(payload_length)
            self._fill(payload)
        return message, payload

    def _fill(self, memory: Any) -> None:
        view = memoryview(memory)
        have = 0
        while have < len(view):
            have += self._read_some(view[have:], True)

    def _read_some(self, view: memoryview, inside: bool) -> int:
        if inside and self._poll is not None and not self._poll.poll(_FRAME_TIMEOUT_S * 1000):
            raise NotAFrame(f'nothing for {_FRAME_TIMEOUT_S:.0f} s within a frame')
        count = self._input.readinto(view)
        if not count:
            raise Ended
        return count

    def _deliver_lent(self, message: Message) -> None:
        """Delivers a message whose payload lies in the memory that was lent."""
        if self.memory is None:
            raise NotAFrame('a payload in memory that was not lent')
        at, length = message['shared']
        try:
            self._deliver(message, self.memory.view(at, length), True)
        finally:
            self.tell({'id': 0, 'op': 'taken', 'at': at})

    def _deliver(self, message: Message, payload: Any, is_lent: bool) -> None:
        if 'ask' in message:
            asked = self._calls.get(message['callback'])
            if asked is not None and asked.asked is not None:
                asked.arrived.put(('ask', message))
                return
            thread = threading.Thread(target=self._answer, args=(message,), name='vascusim-callback', daemon=True)
            thread.start()
            return
        if 'id' not in message:
            if 'protocol' not in message:
                raise NotAFrame('a message without "id"')
            self.greeting.put(message)
            return
        call = self._calls.get(message['id'])
        if call is None:
            return
        if 'error' in message:
            call.arrived.put(('error', restore(message['error'])))
            return
        kind = 'more' if message.get('more') else 'ok'
        value: Any = message if kind == 'more' else message.get('ok')
        if call.decode is not None:
            try:
                value = call.decode(message, payload, is_lent)
            except VascuError as error:
                call.arrived.put(('error', error))
                return
            except Exception as error:
                wrong = EngineError(f'The engine has sent what is no sample: {error!r}.')
                wrong.__cause__ = error
                call.arrived.put(('error', wrong))
                return
        call.arrived.put((kind, value))

    def _answer(self, message: Message) -> None:
        try:
            self._answer_ask(message, self._callbacks.get(message['callback']))
        except BaseException:
            # SystemExit, too: this thread ends anyway, and the engine has been told.
            pass

    def _answer_ask(self, message: Message, function: Optional[Function]) -> None:
        """Calls a function for the engine, and raises what it raises once that is told."""
        answer: Dict[str, Any] = {'id': 0, 'op': 'answer', 'of': message['ask']}
        try:
            if function is None:
                raise KeyError(message['callback'])
            self.tell({**answer, 'ok': function(*message.get('args', []))})
        except BaseException as error:
            self.tell({**answer, 'error': f'{type(error).__name__}: {error}'})
            raise


def _cancel_frame(number: int) -> bytes:
    text = json.dumps({'id': 0, 'op': 'cancel', 'of': number}).encode()
    return _PREFIX.pack(len(text), 0, 0) + text


def write_to(descriptor: int) -> Callable[[Any], None]:
    """What writes all of some bytes to a descriptor."""

    def write(data: Any) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    return write
