"""Functions of Python that change samples, and what they are told."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, Callable, List, Optional, Tuple

_MASK = 0xFFFFFFFF
_LANES = (0x9E3779B9, 0x243F6A88, 0xB7E15162, 0x6A09E667)
#: Keys that set the numbers of the two transforms of one sample apart.
_KEYS = {'pre_transform': (1,), 'transform': ()}


@dataclass(frozen=True)
class TransformContext:
    """The sample that a transform changes, and the moment at which it does."""

    #: Index of the sample in its dataset.
    index: int
    #: Epoch of the loader that asked for the sample; 0 without a loader of this package.
    epoch: int
    #: Name of the sample, as its dataset knows it.
    id: str
    #: Makes random numbers in [0, 1), of 53 bits: those of TypeScript, a pure function of the loader's seed, the epoch,
    #: the index and how often it was called, the same on any worker, in any world and after a resume.
    random: Callable[[], float]
    #: What was given with the transform; a function has none.
    options: Any = None


@dataclass(frozen=True)
class Moment:
    """Index of a sample, and the epoch and seed of the loader that asked for it."""

    index: int
    epoch: int = 0
    seed: int = 0


def wants_context(function: Callable[..., Any]) -> bool:
    """Whether a transform takes a second argument: one without a default, or one that is called ``context``."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return False
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    second = [each for each in parameters if each.kind in places][1:2]
    return any(each.default is inspect.Parameter.empty or each.name == 'context' for each in second)


class Transforms:
    """The two transforms of a dataset, as they are now."""

    def __init__(self) -> None:
        #: Functions that were looked at last, and whether they take a context.
        self._known: List[Any] = [(None, False), (None, False)]

    def apply(self, data: Any, pre_transform: Any, transform: Any, moment: Moment) -> Any:
        name: Optional[str] = None
        for at, (option, change) in enumerate((('pre_transform', pre_transform), ('transform', transform))):
            if change is None:
                continue
            if self._known[at][0] is not change:
                self._known[at] = (change, wants_context(change))
            if not self._known[at][1]:
                data = change(data)
                continue
            name = data['id'] if name is None else name
            key = (moment.seed, moment.epoch, moment.index, *_KEYS[option])
            data = change(data, TransformContext(moment.index, moment.epoch, name, _numbers(key)))
        return data


def _numbers(key: Tuple[int, ...]) -> Callable[[], float]:
    """Random numbers of a key, those that TypeScript's ``Random`` gives: xoshiro128** by Blackman and Vigna (2021)."""
    state: List[int] = []

    def following() -> int:
        if not state:
            state.extend(_seeded(key))
        a, b, c, d = state
        result = _rotate(b * 5 & _MASK, 7) * 9 & _MASK
        c ^= a
        d ^= b
        state[:] = (a ^ d, b ^ c, c ^ (b << 9 & _MASK), _rotate(d, 11))
        return result

    return lambda: ((following() >> 5) * 2**26 + (following() >> 6)) / 2**53


def _seeded(key: Tuple[int, ...]) -> List[int]:
    words = [word for part in key for word in (part & _MASK, part >> 32 & _MASK)]
    lanes = list(_LANES)
    for word in words:
        lanes = [_scramble((lane + _LANES[0] & _MASK) ^ word) for lane in lanes]
    return lanes if any(lanes) else [1, 0, 0, 0]


def _rotate(value: int, bits: int) -> int:
    return (value << bits & _MASK) | value >> (32 - bits)


def _scramble(value: int) -> int:
    value = (value ^ value >> 16) * 0x7FEB352D & _MASK
    value = (value ^ value >> 15) * 0x846CA68B & _MASK
    return value ^ value >> 16
