"""Batches: as PyTorch Geometric makes them, in an order that can be resumed."""

import json
import os
import unittest

import vascusim
from support import ODD_ARRAYS, TestCase, names, needs_pyg, needs_torch, torch, values, vtu
from vascusim.data import StreamingVascuDataset, VascuDataset
from vascusim.loader import DataLoader, World


def same(one, other):
    """Whether values of samples and batches are the same, type and shape and all."""
    if hasattr(one, 'shape'):
        return one.dtype == other.dtype and tuple(one.shape) == tuple(other.shape) and one.tolist() == other.tolist()
    if isinstance(one, dict):
        return set(one) == set(other) and all(same(one[name], other[name]) for name in one)
    return one == other


class Batches(TestCase):
    def assertSame(self, one, other):
        self.assertEqual(names(one), names(other))
        for name in names(one):
            self.assertTrue(same(one[name], other[name]), f'{name}: {one[name]} is not {other[name]}')

    def odd_cases(self):
        folder = self.cases(
            4,
            arrays={**ODD_ARRAYS, 'velocity': ('Float32', 3)},
            cell_arrays={'region': ('Int32', 1), 'index': ('Int64', 1)},
            metadata=lambda at: {'age': at} if at % 2 else {'name': 'x'},
        )
        for name, points in (('d_one', 1), ('e_two', 2)):
            path = os.path.join(folder, f'{name}.vtu')
            arrays = {**ODD_ARRAYS, 'velocity': ('Float32', 3)}
            self.write(path, vtu(points, arrays, {'region': ('Int32', 1), 'index': ('Int64', 1)}))
        return folder

    def check(self, **options):
        dataset = VascuDataset(self.odd_cases(), **options)
        batch = next(iter(DataLoader(dataset, batch_size=6)))
        expected = vascusim.collate([dataset[at] for at in range(6)])
        self.assertSame(batch, expected)
        for one, other in zip(batch.to_data_list(), expected.to_data_list()):
            self.assertSame(one, other)
        for at in range(6):
            self.assertSame(batch[at], expected[at])
        return batch, expected

    def test_a_batch_is_what_joining_its_samples_makes(self):
        batch, _ = self.check()
        self.assertEqual(batch.num_graphs, 6)
        self.assertEqual(values(batch.cell_ptr), [0, 2, 5, 9, 14, 14, 14])

    def test_the_same_with_every_option(self):
        self.check(
            x=['velocity', 'face'], y='face', split_components=True, dtype='float64'
        )

    def test_the_same_of_attributes_from_metadata(self):
        folder = self.cases(3, metadata=lambda at: {'age': 40 + at, 'ok': at == 1, 'name': 'P', 'list': [at, 0.5] + at * [1]})
        dataset = VascuDataset(folder, metadata_attributes=['age', 'ok', 'name', 'list'])
        batch = next(iter(DataLoader(dataset, batch_size=3)))
        expected = vascusim.collate(list(dataset))
        self.assertSame(batch, expected)
        self.assertEqual(values(batch.age), [40, 41, 42])

    def test_the_same_of_one_sample(self):
        dataset = VascuDataset(self.cases(1))
        self.assertSame(next(iter(DataLoader(dataset))), vascusim.collate([dataset[0]]))

    def test_only_edges_are_shifted(self):
        batch, _ = self.check()
        samples = list(VascuDataset(self.odd_cases()))
        for name in ('node_index', 'node_batch', 'node_face', 'node_node_index', 'cell_index'):
            joined = [row for sample in samples for row in values(sample[name])]
            self.assertEqual(values(batch[name]), joined)

    @needs_pyg
    def test_it_is_a_batch_of_pytorch_geometric(self):
        from torch_geometric.data import Batch

        batch, expected = self.check()
        self.assertIsInstance(batch, Batch)
        self.assertTrue(same(batch._slice_dict, expected._slice_dict))
        self.assertTrue(same(batch._inc_dict, expected._inc_dict))

    @needs_pyg
    def test_its_own_loader_makes_the_same(self):
        from torch_geometric.loader import DataLoader as Other

        dataset = VascuDataset(self.odd_cases())
        for ours, others in zip(DataLoader(dataset, batch_size=3), Other(dataset, batch_size=3)):
            self.assertEqual({name for name in names(ours) if name != 'cell_ptr'}, names(others))
            for name in names(others):
                self.assertTrue(same(ours[name], others[name]), name)

    @needs_torch
    def test_a_batch_can_be_moved(self):
        batch, _ = self.check()
        moved = batch.to('cpu')
        self.assertEqual(moved.metadata[1], {'age': 1})

    def test_normalized_positions_say_how(self):
        dataset = VascuDataset(self.cases(2), normalize=True)
        batch = next(iter(DataLoader(dataset, batch_size=2)))
        self.assertEqual(batch.normalization[0]['offset'], dataset[0].normalization['offset'])

    def test_an_edge_array_called_ptr(self):
        module = self.write(
            os.path.join(self.folder, 'edges.mjs'),
            'export default (data) => ({ ...data, edge: { ptr: { shape: [data.numEdges],'
            ' data: Float32Array.from({ length: data.numEdges }, (_, edge) => edge) } } });',
        )
        dataset = VascuDataset(self.cases(2), transform=module)
        batch = next(iter(DataLoader(dataset, batch_size=2)))
        self.assertSame(batch, vascusim.collate(list(dataset)))
        self.assertEqual(values(batch.edge_ptr_), [*range(18), *range(24)])

    def test_arrays_that_some_samples_lack(self):
        folder = self.cases(1)
        self.write(os.path.join(folder, 'other.vtu'), vtu(5, arrays={'pressure': ('Float32', 1)}))
        dataset = VascuDataset(folder)
        with self.assertRaises(vascusim.ConfigError):
            next(iter(DataLoader(dataset, batch_size=2)))
        batch = next(iter(DataLoader(dataset, batch_size=2, arrays='common')))
        self.assertEqual(batch.left_out, ['velocity'])
        self.assertNotIn('node_velocity', batch)


class Orders(TestCase):
    def ids(self, loader):
        return [name for batch in loader for name in batch.id]

    def test_each_sample_comes_once_an_epoch_in_an_order_of_its_own(self):
        loader = DataLoader(VascuDataset(self.cases(9)), batch_size=2, shuffle=True, seed=3)
        first, second = self.ids(loader), self.ids(loader)
        self.assertEqual(sorted(first), sorted(second))
        self.assertNotEqual(first, second)
        loader.set_epoch(0)
        self.assertEqual(self.ids(loader), first)
        self.assertEqual((len(loader), loader.epoch), (5, 1))

    def test_workers_change_nothing(self):
        dataset = StreamingVascuDataset(self.cases(9))
        of = [self.ids(DataLoader(dataset, batch_size=2, shuffle=True, seed=3, num_workers=n)) for n in (0, 2, 'auto')]
        self.assertEqual(of[0], of[1])
        self.assertEqual(of[0], of[2])

    def test_a_state_goes_on_exactly_behind_any_batch(self):
        dataset = VascuDataset(self.cases(7))
        whole = [batch.id for batch in DataLoader(dataset, batch_size=2, shuffle=True, seed=5)]
        for stop in range(1, 5):
            loader = DataLoader(dataset, batch_size=2, shuffle=True, seed=5)
            for at, _ in enumerate(loader, 1):
                if at == stop:
                    break
            state = json.loads(json.dumps(loader.state_dict()))
            other = DataLoader(dataset, batch_size=2, shuffle=True, seed=5, num_workers=1)
            other.load_state_dict(state)
            self.assertEqual(other.state_dict(), state)
            rest = [batch.id for batch in other]
            if stop < 4:
                self.assertEqual(rest, whole[stop:])
            else:
                self.assertEqual(state['epoch'], 1)

    def test_an_iteration_that_is_left_begins_anew(self):
        loader = DataLoader(VascuDataset(self.cases(3)), shuffle=True)
        first = next(iter(loader)).id
        self.assertEqual(loader.epoch, 0)
        again = self.ids(loader)
        self.assertEqual((again[:1], len(again)), (first, 3))
        # The last batch alone is no end of an epoch either.
        for _ in zip(range(3), loader):
            pass
        self.assertEqual(loader.epoch, 1)

    def test_a_state_of_something_else_is_refused(self):
        dataset = VascuDataset(self.cases(3))
        state = DataLoader(dataset, seed=1, shuffle=True).state_dict()
        with self.assertRaisesRegex(vascusim.ConfigError, 'seed'):
            DataLoader(dataset, seed=2, shuffle=True).load_state_dict(state)

    def test_the_state_behind_a_batch_does_not_know_of_what_is_ahead(self):
        loader = DataLoader(VascuDataset(self.cases(6)))
        for at, _ in enumerate(loader, 1):
            self.assertEqual(loader.progress()['batches'], at)
            expected = (0, at) if at < 6 else (1, 0)
            state = loader.state_dict()
            self.assertEqual((state['epoch'], state['batches']), expected)

    def test_a_sampler_decides_the_order(self):
        dataset = VascuDataset(self.cases(4))
        self.assertEqual(self.ids(DataLoader(dataset, sampler=[3, 1, 1])), ['case_3', 'case_1', 'case_1'])
        by_epoch = DataLoader(dataset, sampler=lambda epoch: [epoch, epoch + 1], batch_size=2)
        self.assertEqual(self.ids(by_epoch), ['case_0', 'case_1'])
        self.assertEqual(self.ids(by_epoch), ['case_1', 'case_2'])
        self.assertEqual(len(by_epoch), 1)
        self.assertEqual(by_epoch.state_dict()['epoch'], 2)

    def test_an_order_may_be_of_more_than_the_cache_holds(self):
        folder = self.cases(8)
        size = os.path.getsize(os.path.join(folder, 'case_7.vtu'))
        dataset = StreamingVascuDataset(folder, copy_to_cache=True, max_cache_size=2 * size + 200)
        loader = DataLoader(dataset, sampler=[7, 6, 5, 4, 3, 2, 1, 0])
        for _ in range(2):
            self.assertEqual(self.ids(loader), [f'case_{at}' for at in range(7, -1, -1)])

    def test_a_sampler_gives_what_this_process_has(self):
        dataset = VascuDataset(self.cases(4))
        os.environ.update(RANK='1', WORLD_SIZE='2')
        self.addCleanup(os.environ.pop, 'RANK', None)
        self.addCleanup(os.environ.pop, 'WORLD_SIZE', None)
        self.assertEqual(self.ids(DataLoader(dataset, sampler=[3, 2, 1])), ['case_3', 'case_2', 'case_1'])
        batches = DataLoader(dataset, batch_sampler=[[0, 1], [2, 3]])
        self.assertEqual([batch.id for batch in batches], [['case_0', 'case_1'], ['case_2', 'case_3']])
        # Said so, the order is that of all.
        self.assertEqual(self.ids(DataLoader(dataset, sampler=[3, 2, 1, 0], world=World(1, 2))), ['case_2', 'case_0'])
        with self.assertRaisesRegex(vascusim.ConfigError, 'leave out world') as caught:
            DataLoader(dataset, batch_sampler=[[0, 1], [2, 3]], world=World(1, 2))
        self.assertEqual(caught.exception.option, 'world')

    def test_an_epoch_that_is_set_reaches_a_sampler_whose_order_was_drawn_already(self):
        class Sampler:
            epoch = 0

            def set_epoch(self, epoch):
                self.epoch = epoch

            def __iter__(self):
                return iter([self.epoch, self.epoch + 1])

        dataset = VascuDataset(self.cases(8))
        for kind in ({'sampler': Sampler(), 'batch_size': 2}, {'batch_sampler': _Batches(Sampler())}):
            loader = DataLoader(dataset, **kind)
            self.assertEqual(self.ids(loader), ['case_0', 'case_1'])
            # Both need the order of the next epoch.
            self.assertEqual((loader.state_dict()['epoch'], len(loader)), (1, 1))
            loader.set_epoch(1)
            self.assertEqual(len(loader), 1)
            self.assertEqual(self.ids(loader), ['case_1', 'case_2'])
            loader.set_epoch(5)
            self.assertEqual(self.ids(loader), ['case_5', 'case_6'])

    def test_a_state_outlives_its_epoch_being_set(self):
        dataset = VascuDataset(self.cases(4))
        loader = DataLoader(dataset, sampler=[3, 1, 2])
        next(iter(loader))
        state = loader.state_dict()
        other = DataLoader(dataset, sampler=[3, 1, 2])
        other.load_state_dict(state)
        other.set_epoch(0)
        self.assertEqual(self.ids(other), ['case_1', 'case_2'])

    def test_a_sampler_of_batches_decides_what_they_are(self):
        dataset = VascuDataset(self.cases(5))
        chosen = [[0, 4], [1], [2, 3, 0]]
        loader = DataLoader(dataset, batch_sampler=chosen)
        for _ in range(2):
            batches = [batch.id for batch in loader]
            self.assertEqual(batches, [[f'case_{at}' for at in batch] for batch in chosen])
        self.assertEqual(len(loader), 3)
        next(iter(loader))
        state = loader.state_dict()
        other = DataLoader(dataset, batch_sampler=chosen)
        other.load_state_dict(state)
        self.assertEqual([batch.id for batch in other], [['case_1'], ['case_2', 'case_3', 'case_0']])
        with self.assertRaises(vascusim.ConfigError):
            DataLoader(dataset, batch_sampler=chosen, shuffle=True)

    def test_batches_stay_what_they_are_where_samples_are_left_out(self):
        folder = self.cases(7)
        for broken in (1, 4, 5):
            self.write(os.path.join(folder, f'case_{broken}.vtu'), 'broken')
        dataset = VascuDataset(folder)
        chosen = [[0, 1], [2, 3], [], [4, 5], [6]]
        expected = [['case_0'], ['case_2', 'case_3'], ['case_6']]
        loader = DataLoader(dataset, batch_sampler=chosen, on_error='skip')
        seen = []
        for batch in loader:
            progress = loader.progress()
            seen.append((batch.id, progress['batches'], progress['of']))
        self.assertEqual(seen, [(ids, done, 5) for ids, done in zip(expected, (1, 2, 5))])
        for stop in (1, 2):
            for at, _ in enumerate(loader, 1):
                if at == stop:
                    break
            state = loader.state_dict()
            loader.set_epoch(loader.epoch)
            other = DataLoader(dataset, batch_sampler=chosen, on_error='skip')
            other.load_state_dict(state)
            self.assertEqual([batch.id for batch in other], expected[stop:])

    def test_a_sampler_of_batches_may_be_a_function_of_the_epoch(self):
        loader = DataLoader(VascuDataset(self.cases(4)), batch_sampler=lambda epoch: [[epoch], [1, 2]])
        self.assertEqual((len(loader), loader.progress()['of']), (2, 2))
        self.assertEqual([[batch.id for batch in loader] for _ in range(2)][1], [['case_1'], ['case_1', 'case_2']])

    @needs_torch
    def test_samplers_and_subsets_of_pytorch(self):
        from torch.utils.data import RandomSampler, Subset

        dataset = VascuDataset(self.cases(6), filter_fn=lambda metadata: metadata['age'] != 41)
        loader = DataLoader(dataset, sampler=RandomSampler(range(5)))
        self.assertEqual(sorted(self.ids(loader)), ['case_0', 'case_2', 'case_3', 'case_4', 'case_5'])
        inner = Subset(Subset(dataset, [4, 1, 0]), [0, 2])
        self.assertEqual(self.ids(DataLoader(inner)), ['case_5', 'case_0'])

    @needs_torch
    def test_a_generator_of_pytorch_gives_the_seed(self):
        dataset = VascuDataset(self.cases(6))
        order = [
            self.ids(DataLoader(dataset, shuffle=True, generator=torch.Generator().manual_seed(seed))) for seed in (1, 1, 2)
        ]
        self.assertEqual(order[0], order[1])
        self.assertNotEqual(order[0], order[2])

    def test_two_processes_make_the_batches_of_one(self):
        dataset = VascuDataset(self.cases(8))
        whole = [batch.id for batch in DataLoader(dataset, batch_size=4, shuffle=True)]
        of = []
        for rank in range(2):
            os.environ.update(RANK=str(rank), WORLD_SIZE='2')
            self.addCleanup(os.environ.pop, 'RANK', None)
            self.addCleanup(os.environ.pop, 'WORLD_SIZE', None)
            of.append([batch.id for batch in DataLoader(dataset, batch_size=2, shuffle=True)])
        joined = [sorted(first + second) for first, second in zip(*of)]
        self.assertEqual(joined, [sorted(batch) for batch in whole])

    def test_a_world_can_be_given(self):
        dataset = VascuDataset(self.cases(4))
        loader = DataLoader(dataset, world=World(1, 2))
        self.assertEqual(len(loader), 2)
        found = World.from_env({'SLURM_PROCID': '3', 'SLURM_NTASKS': '4', 'SLURM_LOCALID': '1'})
        self.assertEqual((found.rank, found.size, found.local_rank), (3, 4, 1))

    def test_a_budget_of_nodes(self):
        loader = DataLoader(VascuDataset(self.cases(4)), max_nodes_per_batch=12)
        self.assertEqual([batch.num_nodes for batch in loader], [11, 7, 8])
        sized = DataLoader(VascuDataset(self.cases(4)), max_nodes_per_batch=12, sample_sizes=[(5, 18), 6, 7, {'num_nodes': 8}])
        self.assertEqual(len(sized), 3)


class _Batches:
    """All that a sampler gives, in one batch."""

    def __init__(self, sampler):
        self.sampler = sampler
        self.set_epoch = sampler.set_epoch

    def __iter__(self):
        return iter([list(self.sampler)])

    def __len__(self):
        return 1


class Calls(TestCase):
    def test_functions_of_python_run_in_python(self):
        def halve(data):
            data.node_pressure = data.node_pressure / 2
            return data

        dataset = VascuDataset(self.cases(2), transform=halve)
        batch = next(iter(DataLoader(dataset, batch_size=2)))
        self.assertEqual(values(batch.node_pressure)[:3], [0.0, 1.75, 3.5])
        self.assertEqual(values(batch.cell_ptr), [0, 2, 5])
        made = list(DataLoader(dataset, batch_size=2, collate_fn=lambda samples: [data.id for data in samples]))
        self.assertEqual(made, [['case_0', 'case_1']])

    def test_samples_that_cannot_be_read(self):
        folder = self.cases(3)
        self.write(os.path.join(folder, 'case_1.vtu'), 'broken')
        dataset = VascuDataset(folder)
        loader = DataLoader(dataset, batch_size=3)
        with self.assertRaises(vascusim.FormatError) as caught:
            next(iter(loader))
        self.assertEqual(caught.exception.path, 'case_1.vtu')
        left = []
        loader = DataLoader(dataset, batch_size=3, on_error=lambda error, index: left.append((type(error), index)))
        self.assertEqual([batch.id for batch in loader], [['case_0', 'case_2']])
        self.assertEqual(left, [(vascusim.FormatError, 1)])
        loader = DataLoader(dataset, on_error='skip')
        self.assertEqual(len(list(loader)), 2)
        self.assertEqual(loader.stats()['skipped_ids'], ['case_1'])

    def test_what_cannot_be_made_here_ends_the_iteration_there_as_well(self):
        folder = self.cases(9)
        self.write(os.path.join(folder, 'case_3.vtu'), vtu(8, arrays={'velocity': ('Float32', 3)}))
        loader = DataLoader(VascuDataset(folder, x=['pressure']))
        for _ in range(2):
            seen = []
            with self.assertRaisesRegex(vascusim.ConfigError, "'pressure'"):
                for batch in loader:
                    seen += batch.id
            self.assertEqual(seen, ['case_0', 'case_1', 'case_2'])
            self.assertEqual(loader.progress()['batches'], 3)
            # It waits for the end of what was under way.
            engine, handle = loader._use()
            engine.connection.take(engine.stream('leave', of=handle), 20)
            self.assertEqual(loader.epoch, 0)

    def test_what_goes_on_is_told(self):
        samples, batches = [], []
        loader = DataLoader(VascuDataset(self.cases(3)), batch_size=2, on_sample=samples.append, on_batch=batches.append)
        list(loader)
        self.assertEqual([event['num_nodes'] for event in samples], [5, 6, 7])
        self.assertEqual([event['ids'] for event in batches], [['case_0', 'case_1'], ['case_2']])

    def test_another_dataset_is_refused(self):
        with self.assertRaisesRegex(vascusim.ConfigError, 'that of PyTorch'):
            DataLoader([1, 2, 3])

    def test_a_misspelt_option_is_refused(self):
        with self.assertRaisesRegex(vascusim.ConfigError, 'Did you mean prefetch_bytes'):
            DataLoader(VascuDataset(self.cases(1)), prefetch_byte=3)

    def test_a_wrong_value_is_told_in_names_of_python(self):
        with self.assertRaisesRegex(vascusim.ConfigError, '^batch_size must be') as caught:
            DataLoader(VascuDataset(self.cases(1)), batch_size=0)
        self.assertEqual(caught.exception.option, 'batch_size')

    def test_a_closed_loader_says_so(self):
        dataset = VascuDataset(self.cases(1))
        with DataLoader(dataset) as loader:
            self.assertEqual(len(list(loader)), 1)
        with self.assertRaises(vascusim.DisposedError):
            list(loader)
        dataset.close()
        with self.assertRaisesRegex(vascusim.DisposedError, 'dataset was closed'):
            dataset[0]


if __name__ == '__main__':
    unittest.main()
