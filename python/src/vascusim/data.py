"""Datasets: meshes of any source as graphs."""

from __future__ import annotations

import operator
from typing import Any, Callable, Dict, Iterable, Iterator, List, Literal, Mapping, Optional, Sequence, Tuple, Union

from . import _engine, _layout, _options, _tensors
from ._choice import Choice, Sample, group_of, grouped, pages, wish
from ._engine import Engine, Share
from ._names import snake_keys
from ._remote import Held, Remote
from ._transforms import Moment, TransformContext, Transforms
from .errors import ConfigError, NotFoundError

__all__ = ['OrderedSampler', 'Sample', 'StreamingVascuDataset', 'TransformContext', 'VascuDataset']

_Base: Any = object if _tensors.torch is None else _tensors.torch.utils.data.Dataset


class OrderedSampler:
    """Order of a dataset's samples that the engine is told, so that it fetches them ahead; for ``DataLoader(sampler=…)``.

    The order is a function of the seed and of how many epochs there were before, or of ``set_epoch``.
    """

    def __init__(self, dataset: 'VascuDataset', shuffle: bool, seed: int) -> None:
        self._dataset = dataset
        self._shuffle = shuffle
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._dataset)

    def __iter__(self) -> Iterator[int]:
        order = list(range(len(self._dataset)))
        if self._shuffle:
            import random

            random.Random(f'{self._seed} {self._epoch}').shuffle(order)
        self._epoch += 1
        self._dataset._expect(order)
        return iter(order)


class VascuDataset(Remote, _Base):  # type: ignore[misc]
    """Meshes as graphs, each read when it is asked for.

    ``source_url`` is a folder, the host of a NAS, or an address: ``nas://host:5001/share``, ``smb://host/share``,
    ``hf://datasets/user/name``, ``https://…``. All options: docs/guide/python.md.
    """

    _what = 'dataset'
    _is_streaming = False
    _known = _options.DATASET | _options.PYTHON_DATASET

    def __init__(
        self,
        source_url: Any = None,
        *,
        filter_fn: Optional[Callable[..., Any]] = None,
        transform: Any = None,
        pre_transform: Any = None,
        load_vtu: bool = True,
        load_vtp: bool = True,
        split_components: bool = False,
        metadata_attributes: Sequence[str] = (),
        dtype: Any = None,
        x: Optional[Sequence[str]] = None,
        y: Optional[str] = None,
        **options: Any,
    ) -> None:
        owner = type(self).__name__
        _options.refuse_unknown(owner, options, self._known)
        if source_url is None:
            raise ConfigError(f'{owner} needs source_url: where the files lie.', option='source_url')
        if filter_fn is not None and not callable(filter_fn):
            raise ConfigError(
                f'filter_fn must be a function of the metadata, not {filter_fn!r}.', option='filter_fn'
            )
        if not load_vtu and not load_vtp:
            raise ConfigError('load_vtu and load_vtp are both False: nothing is left.', option='load_vtp')
        self._layout = _layout.make_layout(split_components, metadata_attributes, dtype, x, y)
        self.pre_transform, self.transform = pre_transform, transform
        self._transforms = Transforms()
        modules = {}
        for name, given in (('pre_transform', pre_transform), ('transform', transform)):
            if given is not None and not callable(given):
                modules[name] = _options.module_url(name, given)
                setattr(self, name, None)
        if 'transform' in modules and self.pre_transform is not None:
            raise ConfigError(
                'transform is a module, which runs before pre_transform, a function of Python: give both as functions.',
                option='transform',
            )
        shared = options.pop('shared_mesh', None)
        self._group_of: Optional[Callable[..., Any]] = shared if callable(shared) else None
        #: Group of each path that ``_group_of`` has put into one.
        self._groups: Optional[Dict[str, str]] = None
        if shared is not None and self._group_of is None:
            options['shared_mesh'] = shared
        self._options = _options.resolve_paths({'source_url': source_url, **options}, options.get('streaming_type'))
        self._options.update(modules)
        self._length = 0
        self._place: Dict[str, str] = {}
        self._samples: Optional[List[Sample]] = None
        self._kept: Optional[List[str]] = None
        #: Of the samples that are kept, their places in the dataset of the engine that the first handle is of.
        self._kept_indices: List[int] = []
        self._expected: Optional[Tuple[Engine, int]] = None
        #: Dataset that this one is of: as long as somebody has this one, that stays open.
        self._parent: Optional['VascuDataset'] = None
        super().__init__()
        choice = None
        if filter_fn is not None or not load_vtu or not load_vtp:
            choice = Choice(wish(filter_fn, load_vtu, load_vtp))
        self._open_first(choice)

    def _open_first(self, choice: 'Optional[Choice]') -> None:
        """Opens the dataset of the samples that the options ask for; from then on they are known by their ids."""
        engine = _engine.current()
        engine.tell_environment()
        if self._group_of is not None:
            callbacks: List[int] = []
            try:
                handle = self._request(engine, callbacks, choice)
                samples = list(pages(engine, handle, self._length))
                engine.close_handle(handle)
            finally:
                for number in callbacks:
                    engine.connection.forget(number)
            self._groups = grouped(self._group_of, samples)
        if choice is not None and self._group_of is None:
            with self._lock:
                held = self._held
                held.engine = engine
                try:
                    held.handles.append(self._request(engine, held.callbacks, choice))
                except BaseException:
                    held.release()
                    raise
                held.address = engine.share.address
        if choice is not None:
            self._samples = choice.kept
            self._kept = [sample.id for sample in choice.kept]
            self._kept_indices = list(range(len(choice.kept)))
        self._use()

    def _request(self, engine: Engine, callbacks: List[int], choice: 'Optional[Choice]') -> int:
        """Opens the dataset of the samples that are chosen, all where there is no choice."""
        options = _options.told(self._options, engine, callbacks)
        if self._groups is not None:
            options['sharedMesh'] = {'$groups': self._groups}
        if choice is not None:
            options['filterFn'] = {'$pages': True}
        whole = engine.request('dataset', asked=choice, streaming=self._is_streaming, options=options)
        self._place, self._length = whole['place'], whole['length']
        handle: int = whole['handle']
        return handle

    def _open(self, engine: Engine, held: Held) -> None:
        if self._kept is None:
            held.handles.append(self._request(engine, held.callbacks, None))
            return
        known = frozenset(self._kept)
        choice = Choice(lambda sample: sample.id in known)
        held.handles.append(self._request(engine, held.callbacks, choice))
        places = {sample.id: at for at, sample in enumerate(choice.kept)}
        missing = next((name for name in self._kept if name not in places), None)
        if missing is not None:
            raise NotFoundError(f'The sample {missing!r} is not there any more: {self._place["source"]}.')
        indices = [places[name] for name in self._kept]
        if indices == list(range(self._length)):
            self._kept_indices = indices
        else:
            held.handles.append(self._open_subset(engine, held.handles[0], indices))

    def _open_subset(self, engine: Engine, whole: int, indices: List[int]) -> int:
        self._length = len(indices)
        self._kept_indices = indices
        handle: int = engine.request('subset', of=whole, indices=indices)['handle']
        return handle

    @property
    def samples(self) -> Sequence[Sample]:
        """What is known of each sample."""
        with self._lock:
            self._check()
            if self._samples is None:
                engine, handle = self._use()
                self._samples = list(pages(engine, handle, self._length))
            return self._samples

    @property
    def place(self) -> Dict[str, str]:
        """Where the samples lie (``source``), and how that was decided on (``why``)."""
        return dict(self._place)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: Any) -> Any:
        return self._finish(self._start(index))

    def __getitems__(self, indices: Sequence[Any]) -> List[Any]:
        """Samples of a batch, which the engine brings at a time."""
        started = [self._start(index) for index in indices]
        return [self._finish(each) for each in started]

    def _start(self, index: Any) -> Any:
        place = self._place_of(index)
        engine, handle = self._use()
        layout = self._layout
        # Here rather than in the thread that reads.
        _layout.samples_module()
        call = engine.stream(
            'get',
            lambda _, payload, is_lent: _layout.make_sample(_tensors.unpack(payload, is_lent), layout),
            of=handle,
            index=place,
        )
        return engine, call, place

    def _finish(self, started: Any) -> Any:
        engine, call, place = started
        return self._transformed(engine.connection.take(call)[1], Moment(place))

    def _transformed(self, data: Any, moment: Moment) -> Any:
        return self._transforms.apply(data, self.pre_transform, self.transform, moment)

    def __iter__(self) -> Iterator[Any]:
        for index in range(len(self)):
            yield self[index]

    def subset(self, chosen: Union[Iterable[int], Callable[[Sample], bool]]) -> Any:
        """A dataset of some samples: by their indices, or by a function that says of each sample whether it belongs.

        Closing it leaves this one; closing this one closes it.
        """
        with self._lock:
            if callable(chosen):
                indices = [at for at, sample in enumerate(self.samples) if chosen(sample)]
            else:
                indices = [self._place_of(index) for index in chosen]
                if len(set(indices)) < len(indices):
                    raise ConfigError('subset has an index twice: a subset has each sample once.', option='subset')
            engine, handle = self._use()
            return self._derive(engine, handle, self._options, indices)

    def split(
        self,
        splits: Mapping[str, Any],
        *,
        by: Union[None, str, Callable[[Sample], Any]] = None,
        seed: Optional[int] = None,
        stratify: Union[None, str, Callable[[Sample], Any]] = None,
        missing: Optional[str] = None,
    ) -> Dict[str, Any]:
        """Datasets by name: of fractions, all samples with one value of ``by`` in one of them, or of lists of ids or paths.

        ``split({'train': 0.8, 'test': 0.2}, by='patient')``, ``split({'train': 'train.txt'})``.
        """
        given = {'by': by, 'seed': seed, 'stratify': stratify, 'missing': missing}
        options = {name: self._told_by(name, value) for name, value in given.items() if value is not None}
        with self._lock:
            engine, handle = self._use()
            told = {str(name): _options.told_list(value) for name, value in splits.items()}
            found = engine.request('split', of=handle, splits=told, options=options)
            return {name: self._derive(engine, handle, self._options, found[name]) for name in told}

    def _told_by(self, option: str, value: Any) -> Any:
        if not callable(value):
            return value
        return {'$groups': {sample.path: group_of(option, value, sample) for sample in self.samples}}

    def with_(self, *, standardize: Optional[Mapping[str, Any]]) -> Any:
        """A dataset of the same samples with other statistics by which arrays are standardized, ``None`` for none."""
        told = _options.told({'standardize': standardize}, _engine.current(), [])
        with self._lock:
            engine, handle = self._use()
            made = engine.request('with', of=handle, options={'standardize': None, **told})
            options = {name: value for name, value in self._options.items() if name != 'standardize'}
            if standardize is not None:
                options['standardize'] = standardize
            indices = None if self._kept is None else list(range(self._length))
            return self._derive(engine, made['handle'], options, indices, owns_whole=True)

    def measure(
        self,
        *,
        attributes: Optional[Sequence[str]] = None,
        num_workers: Union[int, Literal['auto']] = 0,
        on_progress: Optional[Callable[[Dict[str, Any]], None]] = None,
    ) -> Dict[str, Any]:
        """Statistics of the stored arrays: plain JSON, as ``vascusim measure -o`` writes it and ``standardize`` takes it."""
        given = {'attributes': attributes, 'num_workers': num_workers, 'on_progress': on_progress}
        callbacks: List[int] = []
        engine, handle = self._use()
        try:
            options = _options.told(given, engine, callbacks)
            return dict(engine.request('measure', of=handle, options=options))
        finally:
            for number in callbacks:
                engine.connection.forget(number)

    def _place_of(self, index: Any) -> int:
        try:
            number = operator.index(index)
        except TypeError:
            raise TypeError(f'A dataset is indexed by whole numbers, not by {type(index).__name__}.') from None
        if not -self._length <= number < self._length:
            raise IndexError(f'There is no sample {number}: there are {self._length}.')
        return number % self._length

    def _derive(
        self,
        engine: Engine,
        whole: int,
        options: Dict[str, Any],
        indices: Optional[List[int]],
        owns_whole: bool = False,
    ) -> Any:
        """A dataset of samples of this one; ``whole`` is one of all samples of the source, or a subset of that."""
        made = type(self).__new__(type(self))
        made._prepare()
        made.__dict__.update(
            _options=options,
            _layout=self._layout,
            pre_transform=self.pre_transform,
            transform=self.transform,
            _transforms=Transforms(),
            _group_of=self._group_of,
            _groups=self._groups,
            _place=self._place,
            _expected=None,
            _parent=self,
            _samples=None,
            _kept=None,
            _kept_indices=[],
            _length=self._length,
        )
        made._held.engine, made._held.address = engine, engine.share.address
        if owns_whole:
            made._held.handles.append(whole)
        if indices is not None:
            samples = self.samples
            made._samples = [samples[at] for at in indices]
            made._kept = [sample.id for sample in made._samples]
            places = indices if self._kept is None else [self._kept_indices[at] for at in indices]
            made._held.handles.append(made._open_subset(engine, whole, places))
        return made

    def sampler(self, shuffle: bool = False, seed: int = 0) -> OrderedSampler:
        """An order for PyTorch's and PyG's ``DataLoader`` that the engine knows of, and fetches ahead."""
        return OrderedSampler(self, shuffle, seed)

    def _expect(self, order: List[int]) -> None:
        engine, handle = self._use()
        if self._expected is not None:
            before, expected = self._expected
            before.close_handle(expected)
            self._expected = None
        found = engine.request('expect', of=handle, order=order)
        if found is not None:
            self._expected = (engine, found)

    def stats(self) -> Dict[str, Any]:
        """What was fetched, read and decoded so far."""
        return dict(snake_keys(self._ask('datasetStats')))

    @property
    def left_out(self) -> List[Dict[str, Any]]:
        """What the listing has passed over."""
        return list(snake_keys(self._ask('leftOut')['leftOut']))

    @property
    def left_out_arrays(self) -> List[Dict[str, Any]]:
        """Arrays that files have and their graphs have not, as far as samples were decoded."""
        return list(snake_keys(self._ask('leftOut')['leftOutArrays']))

    def __getstate__(self) -> Dict[str, Any]:
        with self._lock:
            _, handle = self._use()
            return {
                'options': _options.without_secrets(self._options),
                'layout': self._layout,
                'transforms': (self.pre_transform, self.transform),
                'groups': self._groups,
                'kept': self._kept,
                'kept_indices': self._kept_indices,
                'length': self._length,
                'place': self._place,
                'share': tuple(_engine.current().share),
                'handle': handle,
            }

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self._prepare()
        self._options, self._layout = state['options'], state['layout']
        self.pre_transform, self.transform = state['transforms']
        self._transforms = Transforms()
        self._kept, self._length, self._place = state['kept'], state['length'], state['place']
        self._kept_indices = state['kept_indices']
        self._samples, self._expected, self._group_of, self._parent = None, None, None, None
        self._groups = state['groups']
        share = Share(*state['share'])
        # Of another process's: used as long as its engine answers, and closed there.
        self._held.handles, self._held.address = [state['handle']], share.address
        _engine.offer(share)

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self._place.get("source")!r}, {self._length} samples)'


class StreamingVascuDataset(VascuDataset):
    """A dataset that works ahead: while a sample is used, the files of the next ones are fetched."""

    _is_streaming = True
    _known = _options.STREAMING_DATASET | _options.PYTHON_DATASET

    def __iter__(self) -> Iterator[Any]:
        from .loader import stream_samples

        return stream_samples(self)

    @property
    def _ahead(self) -> int:
        """How many samples plain iteration has in memory."""
        if self._options.get('prefetch') is False:
            return 0
        return int(self._options.get('prefetch_size', 5))
