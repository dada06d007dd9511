"""What transforms of Python are told of the sample and the moment."""

import itertools
import os
import pickle
import unittest

import vascusim
from support import TestCase, needs_torch, torch, values
from vascusim.data import StreamingVascuDataset, TransformContext, VascuDataset
from vascusim.loader import DataLoader, World


def note(data, context):
    """Notes all that a transform is told, its first two random numbers among it."""
    data.told = (context.id, context.index, context.epoch, context.random(), context.random())
    return data


def told_of(batches):
    return [told for batch in batches for told in batch.told]


class Contexts(TestCase):
    def module(self):
        """A module that writes the same where it runs, in the threads of the engine: as values of the graph."""
        return self.write(
            os.path.join(self.folder, 'note.mjs'),
            'export default (data, { index, epoch, random }) => ({ ...data, graph: { told:'
            ' { data: Float64Array.of(index, epoch, random(), random()), shape: [4] } } });',
        )

    def test_a_function_of_one_argument_gets_one(self):
        class Twice:
            def __call__(self, data, factor=2):
                data.node_pressure *= factor
                return data

        data = VascuDataset(self.cases(1), transform=Twice())[0]
        self.assertEqual(values(data.node_pressure), [at * 7.0 for at in range(5)])

    def test_a_function_of_two_is_told_of_the_sample(self):
        seen = []
        dataset = VascuDataset(
            self.cases(3), transform=lambda data, context: seen.append(context) or data, pre_transform=note
        )
        self.assertEqual(dataset[-1].told[:3], ('case_2', 2, 0))
        self.assertIsInstance(seen[0], TransformContext)
        self.assertEqual((seen[0].id, seen[0].index, seen[0].epoch, seen[0].options), ('case_2', 2, 0, None))
        # The numbers of the two are not the same ones.
        self.assertNotEqual(seen[0].random(), dataset[-1].told[3])
        self.assertEqual([data.told[1] for data in dataset.subset([2, 0])], [0, 1])

    def test_an_argument_with_a_default_is_given_where_it_is_called_context(self):
        def change(data, context=None):
            data.index_of = context.index
            return data

        self.assertEqual(VascuDataset(self.cases(2), transform=change)[1].index_of, 1)

    def test_numbers_are_those_of_a_module_on_any_thread(self):
        folder = self.cases(7)
        there = StreamingVascuDataset(folder, transform=self.module())
        here = StreamingVascuDataset(folder, transform=note)
        for seed in (0, 11, -3, 2**40 + 5):
            options = {'batch_size': 3, 'shuffle': True, 'seed': seed}
            with DataLoader(there, num_workers=1, **options) as one, DataLoader(here, **options) as other:
                for _ in range(2):
                    expected = [row for batch in one for row in values(batch.graph_told)]
                    found = [list(told[1:]) for told in told_of(other)]
                    self.assertEqual(found, expected)
        self.assertEqual(list(here[4].told[1:]), values(there[4].graph_told[0]))
        self.assertEqual([list(data.told[1:]) for data in here], [values(data.graph_told[0]) for data in there])

    def test_of_a_pre_transform_as_well(self):
        folder = self.cases(2)
        there, here = VascuDataset(folder, pre_transform=self.module()), VascuDataset(folder, pre_transform=note)
        self.assertEqual(list(here[1].told[1:]), values(there[1].graph_told[0]))

    def test_they_are_the_same_after_a_resume_and_in_any_world(self):
        dataset = VascuDataset(self.cases(8), transform=note)
        options = {'batch_size': 2, 'shuffle': True, 'seed': 5}
        with DataLoader(dataset, **options) as loader:
            list(loader)
            whole = told_of(loader)
        self.assertEqual({told[2] for told in whole}, {1})
        with DataLoader(dataset, num_workers=2, **options) as loader:
            loader.set_epoch(1)
            first = told_of(itertools.islice(loader, 2))
            state = loader.state_dict()
        with DataLoader(pickle.loads(pickle.dumps(dataset)), **options) as loader:
            loader.load_state_dict(state)
            self.assertEqual(first + told_of(loader), whole)
        parts = []
        for rank in range(2):
            with DataLoader(dataset, world=World(rank, 2), **{**options, 'batch_size': 1}) as loader:
                loader.set_epoch(1)
                parts += told_of(loader)
        self.assertEqual(sorted(parts), sorted(whole))

    def test_samplers_that_give_a_sample_twice_and_batches_of_any_size(self):
        dataset = VascuDataset(self.cases(4), transform=note)
        with DataLoader(dataset, sampler=lambda epoch: [3, 1, 3]) as loader:
            self.assertEqual([told[:2] for told in told_of(loader)], [('case_3', 3), ('case_1', 1), ('case_3', 3)])
        with DataLoader(dataset, batch_sampler=[[2, 0, 2], [1]]) as loader:
            self.assertEqual([[told[1] for told in batch.told] for batch in loader], [[2, 0, 2], [1]])

    @needs_torch
    def test_subsets_of_pytorch_count_as_their_dataset(self):
        dataset = VascuDataset(self.cases(4), transform=note)
        with DataLoader(torch.utils.data.Subset(dataset, [3, -4]), batch_size=2) as loader:
            self.assertEqual([told[:2] for told in told_of(loader)], [('case_3', 3), ('case_0', 0)])

    def test_one_that_is_set_later_counts(self):
        dataset = VascuDataset(self.cases(1))
        dataset.transform = lambda data: data.id
        self.assertEqual(dataset[0], 'case_0')
        dataset.transform = note
        self.assertEqual(dataset[0].told[0], 'case_0')


if __name__ == '__main__':
    unittest.main()
