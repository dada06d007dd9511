"""Batches of a dataset's samples, made by the engine."""

from __future__ import annotations

import bisect
import contextlib
import itertools
import os
import queue
import sys
from typing import Any, Callable, Dict, Generator, Iterator, List, Literal, Mapping, Optional, Sequence, Tuple, Union

from . import _engine, _layout, _options, _tensors
from ._engine import Engine
from ._names import camel_case, snake_keys
from ._remote import Held, Remote
from ._transforms import Moment
from .data import VascuDataset
from .errors import ConfigError, OrderNeeded, restore

__all__ = ['DataLoader', 'World']

#: Batches that are on their way or here while one is used.
_CREDITS = 2
#: Variables by which torchrun says which process of how many this is.
_TORCHRUN = ('RANK', 'WORLD_SIZE', 'LOCAL_RANK', 'LOCAL_WORLD_SIZE', 'GROUP_RANK', 'TORCHELASTIC_RUN_ID')
_FORWARDED = (
    'max_nodes_per_batch',
    'max_edges_per_batch',
    'oversize',
    'remainder',
    'prefetch_batches',
    'prefetch_bytes',
    'in_order',
    'arrays',
)


class World:
    """Processes that train together, and which of them this is."""

    def __init__(
        self, rank: int, size: int, local_rank: Optional[int] = None, local_size: Optional[int] = None
    ) -> None:
        self.rank, self.size = rank, size
        self.local_rank = rank if local_rank is None else local_rank
        self.local_size = size if local_size is None else local_size

    @classmethod
    def single(cls) -> 'World':
        """A process that trains alone."""
        return cls(0, 1)

    @classmethod
    def from_env(cls, environment: Optional[Mapping[str, str]] = None, size: Optional[int] = None) -> 'World':
        """The world that torchrun, mpirun, srun or an indexed job describes by variables. Raises ConfigError."""
        variables = dict(os.environ if environment is None else environment)
        found = _engine.current().request('world', environment=variables, size=size)
        return cls(found['rank'], found['size'], found['localRank'], found['localSize'])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, World) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f'World(rank={self.rank}, size={self.size})'


class DataLoader(Remote):
    """Batches of a dataset: PyTorch's arguments, and those of this package.

    The order is a function of ``seed`` and the epoch; each iteration that is run to its end moves on to the next
    epoch. ``state_dict()`` is what TypeScript's loader gives, and goes on there, too.

    A ``sampler`` or ``batch_sampler`` gives what this process is to have: ranks are not looked for then. With
    ``world=`` the order of a ``sampler`` is that of all processes, of which each has its part.
    """

    _what = 'loader'

    def __init__(
        self,
        dataset: Any,
        batch_size: Optional[int] = None,
        shuffle: Optional[bool] = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: Union[int, Literal['auto']] = 0,
        collate_fn: Optional[Callable[[List[Any]], Any]] = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Any = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: Optional[int] = None,
        persistent_workers: bool = False,
        pin_memory_device: str = '',
        seed: Optional[int] = None,
        world: Any = None,
        **options: Any,
    ) -> None:
        """``worker_init_fn``, ``multiprocessing_context`` and ``persistent_workers`` have no meaning: workers are threads
        of the engine, which stay. ``num_workers='auto'`` has it find out how many help."""
        _options.refuse_unknown('DataLoader', options, _options.LOADER | _options.TORCH_LOADER)
        self.dataset = dataset
        self._source, self._indices = _source_of(dataset)
        self.batch_size, self.num_workers, self.drop_last = batch_size, num_workers, drop_last
        collate_option = options.pop('collate', None)
        self.collate_fn = collate_fn if collate_fn is not None else collate_option
        self._pins = bool(pin_memory)
        self._timeout = None if not timeout else float(timeout)
        self.sampler, self.batch_sampler = sampler, batch_sampler
        self._on = {name: options.pop(f'on_{name}', None) for name in ('error', 'sample', 'batch')}
        if batch_sampler is not None:
            if batch_size is not None or shuffle or sampler is not None or drop_last:
                raise ConfigError(
                    'batch_sampler decides what batches are: leave out batch_size, shuffle, sampler and drop_last.',
                    option='batch_sampler',
                )
            if world is not None and int(world.size) > 1:
                raise ConfigError(
                    'batch_sampler gives the batches of this process, which are not dealt to others: leave out world.',
                    option='world',
                )
            batch_size = 1
            # Samples that come when they like cannot be put together again.
            options['in_order'] = True
        if generator is not None and seed is None:
            seed = int(generator.initial_seed()) & ((1 << 53) - 1)
        self._told = self._tell(batch_size, shuffle, num_workers, drop_last, seed, prefetch_factor, options)
        self._world = world
        self._orders: Dict[int, List[int]] = {}
        self._sizes: Dict[int, List[int]] = {}
        self._state: Optional[Dict[str, Any]] = None
        self._resumes: Optional[Dict[str, Any]] = None
        #: Epoch of the iteration under way, or of the next one, as far as it is not the first.
        self._epoch: Optional[int] = None
        self._as_samples = False
        self._progress: Optional[Dict[str, Any]] = None
        super().__init__()
        self._use()

    def _tell(
        self,
        batch_size: Optional[int],
        shuffle: Optional[bool],
        num_workers: Union[int, Literal['auto']],
        drop_last: bool,
        seed: Optional[int],
        prefetch_factor: Optional[int],
        options: Dict[str, Any],
    ) -> Dict[str, Any]:
        """Options as the engine takes them."""
        told: Dict[str, Any] = {'numWorkers': num_workers, 'dropLast': drop_last}
        given = {'batchSize': batch_size, 'shuffle': shuffle, 'seed': seed, 'prefetchBatches': prefetch_factor}
        told.update({name: value for name, value in given.items() if value is not None})
        for name in _FORWARDED:
            if options.get(name) is not None:
                told[camel_case(name)] = options.pop(name)
        sizes = options.pop('sample_sizes', None)
        if sizes is not None:
            count = len(self._source) if self._indices is None else len(self._indices)
            each = [sizes(index) for index in range(count)] if callable(sizes) else sizes
            told['sampleSizes'] = [_size(size) for size in each]
        on_error = self._on['error']
        if on_error is not None and not callable(on_error):
            told['onError'] = on_error
        return told

    @property
    def _gives_samples(self) -> bool:
        """Whether batches are joined in Python: where Python has a word in it."""
        source = self._source
        changes = source.pre_transform is not None or source.transform is not None
        return changes or self.collate_fn is not None or self.batch_sampler is not None

    def _open(self, engine: Engine, held: Held) -> None:
        _, of = self._source._use()
        if self._indices is not None:
            of = _subset_of_subset(self._source, engine, self._indices)
            held.handles.append(of)
        options = dict(self._told)
        self._as_samples = self._gives_samples
        environment = None
        world = self._world
        if world is None and not self._needs_order:
            world = _distributed_world()
        if world is not None:
            options['world'] = {'rank': int(world.rank), 'size': int(world.size)}
            for name, field in (('localRank', 'local_rank'), ('localSize', 'local_size')):
                if getattr(world, field, None) is not None:
                    options['world'][name] = int(getattr(world, field))
        elif not self._needs_order and 'RANK' in os.environ and 'WORLD_SIZE' in os.environ:
            environment = {name: os.environ[name] for name in _TORCHRUN if name in os.environ}
        loader = engine.request(
            'loader',
            of=of,
            options=options,
            samples=self._as_samples,
            givesOrder=self._needs_order,
            reports=[name for name, function in self._on.items() if callable(function)],
            environment=environment,
        )
        held.handles.append(loader['handle'])
        self._restore(engine, loader['handle'])

    def _restore(self, engine: Engine, handle: int) -> None:
        """Puts a loader that was opened again, in another engine, to where it was."""
        if self._resumes is not None:
            self._ordered(engine, handle, 'loadStateDict', state=self._resumes)
        elif self._epoch is not None:
            engine.request('setEpoch', of=handle, epoch=self._epoch)

    def _ordered(self, engine: Engine, handle: int, op: str, **fields: Any) -> Any:
        """Asks what may need the order of an epoch that only this process knows."""
        while True:
            try:
                return engine.request(op, of=handle, **fields)
            except OrderNeeded as needed:
                engine.request('order', of=handle, epoch=needed.epoch, order=self._order_of(needed.epoch))

    def _order_of(self, epoch: int) -> List[int]:
        if epoch not in self._orders:
            for known in [each for each in self._orders if each < epoch - 1]:
                del self._orders[known]
                self._sizes.pop(known, None)
            chosen = self.sampler if self.batch_sampler is None else self.batch_sampler
            drawn = list(chosen(epoch) if callable(chosen) else chosen)
            if self.batch_sampler is not None:
                self._sizes[epoch] = [len(batch) for batch in drawn]
                drawn = [index for batch in drawn for index in batch]
            self._orders[epoch] = [int(index) for index in drawn]
        return self._orders[epoch]

    def _sizes_of(self, epoch: int) -> List[int]:
        """Sizes of the batches of an epoch that a sampler of batches gives."""
        self._order_of(epoch)
        return self._sizes[epoch]

    def _ask_ordered(self, op: str, **fields: Any) -> Any:
        engine, handle = self._use()
        return self._ordered(engine, handle, op, **fields)

    def __len__(self) -> int:
        if self.batch_sampler is not None:
            if hasattr(self.batch_sampler, '__len__'):
                return len(self.batch_sampler)
            return len(self._sizes_of(self.epoch))
        return int(self._ask_ordered('length'))

    @property
    def epoch(self) -> int:
        """The epoch that the next iteration goes through."""
        return int(self._ask('epoch'))

    def set_epoch(self, epoch: int) -> None:
        """Sets the epoch of the next iteration, and that of a sampler that has one."""
        for chosen in (self.sampler, self.batch_sampler):
            if hasattr(chosen, 'set_epoch'):
                chosen.set_epoch(epoch)
        self._ask('setEpoch', epoch=epoch)
        self._epoch = epoch
        if self._resumes is None or self._resumes['epoch'] != epoch:
            self._resumes = None
            self._state = None
            # Drawn, perhaps, for the state or the length before the sampler was told of the epoch.
            self._orders.pop(epoch, None)
            self._sizes.pop(epoch, None)

    def state_dict(self) -> Dict[str, Any]:
        """Where the loader is: behind the batch that was handed out last. JSON of less than 1 KB."""
        if self._state is None:
            self._state = self._ask_ordered('stateDict')
        return dict(self._state)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Makes the next iteration go on where the state was taken. Raises ConfigError where it does not fit."""
        self._ask_ordered('loadStateDict', state=dict(state))
        loaded: Dict[str, Any] = self._ask_ordered('stateDict')
        self._state = self._resumes = loaded
        self._epoch = int(loaded['epoch'])

    def stats(self) -> Dict[str, Any]:
        """What the loader did so far, and what holds it up (``bound_by``)."""
        return dict(snake_keys(self._ask('loaderStats')))

    def progress(self) -> Dict[str, Any]:
        """How far the present iteration is."""
        if self._progress is None:
            told = self._ask_ordered('progress')
            if self.batch_sampler is not None:
                ends = list(itertools.accumulate(self._sizes_of(told['epoch'])))
                told.update(batches=bisect.bisect_right(ends, told['batches']), of=len(ends))
            self._progress = told
        return dict(snake_keys(self._progress))

    def __iter__(self) -> Iterator[Any]:
        self._check()
        return self._iterate()

    def _iterate(self) -> Iterator[Any]:
        engine, handle = self._use()
        self._resumes = None
        credits = _CREDITS
        sizes: Optional[List[int]] = None
        if self._needs_order:
            epoch = self._ordered(engine, handle, 'epoch')
            engine.request('order', of=handle, epoch=epoch, order=self._order_of(epoch))
            sizes = self._sizes.get(epoch)
        if sizes is not None:
            # Each sample is a batch of the engine's.
            credits *= max(sizes, default=1)
        with contextlib.closing(self._stream(engine, handle, credits)) as stream:
            for batch, about in stream if sizes is None else _regrouped(stream, sizes):
                self._state, self._progress = about['state'], about['progress']
                self._tell_reports(about)
                yield self._made(batch, about['epoch'])

    @property
    def _needs_order(self) -> bool:
        return self.sampler is not None or self.batch_sampler is not None

    def _transformed(self, batch: Sequence[Any], epoch: int) -> List[Any]:
        """The samples of a batch, each of which came with its index in what this loader is of."""
        seed, indices = self._told.get('seed', 0), self._indices
        made = []
        for sample, index in batch:
            place = index if indices is None else range(len(self._source))[indices[index]]
            made.append(self._source._transformed(sample, Moment(place, epoch, seed)))
        return made

    def _made(self, batch: Any, epoch: int) -> Any:
        if isinstance(batch, list):
            samples = self._transformed(batch, epoch)
            made = (self.collate_fn or _layout.samples_module().collate)(samples)
        else:
            made = _layout.finish_batch(batch)
        if self._pins and _tensors.torch is not None and _tensors.torch.cuda.is_available():
            made = made.pin_memory()
        return made

    def _stream(self, engine: Engine, handle: int, credits: int) -> Generator[Tuple[Any, Dict[str, Any]], None, None]:
        """What the engine sends, batch by batch, with what it says of each."""
        layout, as_samples = self._source._layout, self._as_samples

        def decode(message: Dict[str, Any], payload: Any, is_lent: bool) -> Any:
            if payload is None:
                return None, message.get('ok')
            unpacked = _tensors.unpack(payload, is_lent)
            make = _layout.make_sample if as_samples else _layout.join_batch
            return make(unpacked, layout), message

        _layout.samples_module()
        call = engine.stream('iterate', decode, of=handle, credits=credits)
        samples: List[Any] = []
        has_ended = False
        try:
            while True:
                try:
                    follows, (item, about) = engine.connection.take(call, self._timeout)
                except queue.Empty:
                    raise RuntimeError(f'DataLoader timed out after {self._timeout:g} seconds') from None
                if not follows:
                    has_ended = True
                    self._state, self._epoch = about['state'], about['epoch']
                    self._progress = None
                    self._tell_reports(about)
                    return
                if as_samples:
                    samples.append((item, about['index']))
                    if about.get('rest'):
                        continue
                    item, samples = samples, []
                engine.connection.credit(call)
                self._epoch = about['epoch']
                yield item, about
        finally:
            if not has_ended:
                # Left early, or by an error of this process: the engine goes back to the beginning of the epoch, however far ahead it was.
                connection = engine.connection
                if connection.dead is None:
                    connection.tell({'id': 0, 'op': 'cancel', 'of': call.number})
                    engine.start_unheard('leave', of=handle)

    def _tell_reports(self, about: Mapping[str, Any]) -> None:
        for report in about.get('reports') or ():
            function = self._on[report['kind']]
            assert function is not None
            if report['kind'] == 'error':
                function(restore(report['error']), report['index'])
            else:
                function(snake_keys(report['event']))

    def __repr__(self) -> str:
        return f'DataLoader({self.dataset!r}, batch_size={self.batch_size})'


class _SampleStream(DataLoader):
    """Samples of a dataset one by one, as a loader of batches of one makes them."""

    @property
    def _gives_samples(self) -> bool:
        return True

    def _made(self, batch: Any, epoch: int) -> Any:
        return self._transformed(batch, epoch)[0]


def stream_samples(dataset: Any) -> Iterator[Any]:
    """The samples in order, read ahead as far as the dataset's options say."""
    with _SampleStream(dataset, 1, world=World.single(), prefetch_batches=dataset._ahead) as samples:
        yield from samples


def _regrouped(
    stream: Iterator[Tuple[Any, Dict[str, Any]]], sizes: Sequence[int]
) -> Iterator[Tuple[Any, Dict[str, Any]]]:
    """Single samples as batches of given sizes, by their places in the order: some may be left out, or done already."""
    ends = list(itertools.accumulate(sizes))
    samples: List[Any] = []
    reports: List[Any] = []
    last: Dict[str, Any] = {}
    batch = 0

    def made() -> Tuple[List[Any], Dict[str, Any]]:
        progress = {**last['progress'], 'batches': batch + 1, 'of': len(ends)}
        return samples, {**last, 'reports': reports, 'progress': progress}

    for (sample,), about in stream:
        place = about['batch']
        if samples and place >= ends[batch]:
            yield made()
            samples, reports = [], []
        batch = bisect.bisect_right(ends, place)
        samples.append(sample)
        reports += about['reports']
        last = about
        if place + 1 == ends[batch]:
            yield made()
            samples, reports = [], []
    if samples:
        yield made()


def _source_of(dataset: Any) -> Tuple[VascuDataset, Optional[List[int]]]:
    """The dataset of the engine, and which of its samples, where a ``Subset`` of PyTorch names some."""
    indices: Optional[List[int]] = None
    while not isinstance(dataset, VascuDataset):
        inner, chosen = getattr(dataset, 'dataset', None), getattr(dataset, 'indices', None)
        if inner is None or chosen is None:
            raise ConfigError(
                'A DataLoader of vascusim takes a VascuDataset, a StreamingVascuDataset, or a Subset of one: '
                'for other datasets use that of PyTorch.',
                option='dataset',
            )
        chosen = [int(index) for index in chosen]
        indices = chosen if indices is None else [chosen[index] for index in indices]
        dataset = inner
    return dataset, indices


def _subset_of_subset(dataset: VascuDataset, engine: Engine, indices: Sequence[int]) -> int:
    """Samples of a dataset that may itself be some of the engine's."""
    handles = dataset._held.handles
    own = [range(len(dataset))[index] for index in indices]
    if dataset._kept is not None:
        kept = dataset._kept_indices
        own = [kept[index] for index in own]
    handle: int = engine.request('subset', of=handles[0], indices=own)['handle']
    return handle


def _size(size: Any) -> Dict[str, int]:
    if isinstance(size, Mapping):
        return {camel_case(name): int(value) for name, value in size.items()}
    if isinstance(size, (tuple, list)):
        return dict(zip(('numNodes', 'numEdges'), (int(value) for value in size)))
    return {'numNodes': int(size)}


def _distributed_world() -> Optional[World]:
    """The process group of PyTorch, where there is one."""
    distributed = sys.modules.get('torch.distributed')
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return None
    return World(distributed.get_rank(), distributed.get_world_size())


