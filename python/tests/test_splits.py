"""Subsets, splits, statistics, and arrays that are standardized by them."""

import json
import os
import pathlib
import pickle
import unittest
from unittest import mock

import vascusim
from support import TestCase, values
from vascusim.data import StreamingVascuDataset, VascuDataset


class Subsets(TestCase):
    def test_a_subset_has_the_samples_of_its_indices(self):
        dataset = VascuDataset(self.cases(5))
        subset = dataset.subset([4, 1, -2])
        self.assertIsInstance(subset, VascuDataset)
        self.assertEqual(len(subset), 3)
        self.assertEqual([sample.id for sample in subset.samples], ['case_4', 'case_1', 'case_3'])
        self.assertEqual([data.id for data in subset], ['case_4', 'case_1', 'case_3'])
        self.assertEqual([data.id for data in subset.subset([2, 0])], ['case_3', 'case_4'])

    def test_a_subset_has_the_samples_for_which_a_function_says_yes(self):
        dataset = StreamingVascuDataset(self.cases(5), filter_fn=lambda metadata: metadata['age'] != 41)
        subset = dataset.subset(lambda sample: sample.metadata['age'] > 42)
        self.assertIsInstance(subset, StreamingVascuDataset)
        self.assertEqual([data.id for data in subset], ['case_3', 'case_4'])

    def test_a_subset_goes_through_the_loader_and_through_pickle(self):
        subset = VascuDataset(self.cases(4)).subset([3, 0])
        with vascusim.DataLoader(subset, batch_size=2) as loader:
            self.assertEqual([list(batch.id) for batch in loader], [['case_3', 'case_0']])
        again = pickle.loads(pickle.dumps(subset))
        self.assertEqual([data.id for data in again], ['case_3', 'case_0'])

    def test_closing_a_subset_leaves_the_dataset_whose_end_is_its_own(self):
        dataset = VascuDataset(self.cases(3))
        one, other = dataset.subset([0]), dataset.subset([1])
        one.close()
        self.assertEqual(other[0].id, 'case_1')
        dataset.close()
        with self.assertRaises(vascusim.DisposedError):
            other[0]

    def test_indices_that_there_are_not_are_refused(self):
        dataset = VascuDataset(self.cases(2))
        for indices in ([2], [-3]):
            with self.assertRaises(IndexError):
                dataset.subset(indices)
        with self.assertRaises(vascusim.ConfigError):
            dataset.subset([0, 0])
        with self.assertRaisesRegex(TypeError, 'whole numbers, not by str'):
            dataset.subset('01')


class Splits(TestCase):
    def test_fractions_are_a_partition_that_the_seed_decides(self):
        dataset = VascuDataset(self.cases(10))
        parts = dataset.split({'train': 0.7, 'val': 0.2, 'test': 0.1}, seed=3)
        self.assertEqual({name: len(part) for name, part in parts.items()}, {'train': 7, 'val': 2, 'test': 1})
        ids = sorted(sample.id for part in parts.values() for sample in part.samples)
        self.assertEqual(ids, [sample.id for sample in dataset.samples])
        again = dataset.split({'train': 0.7, 'val': 0.2, 'test': 0.1}, seed=3)
        self.assertEqual([s.id for s in again['val'].samples], [s.id for s in parts['val'].samples])

    def test_samples_of_one_group_stay_together(self):
        dataset = VascuDataset(self.cases(9))
        for by in ('is_healthy', lambda sample: sample.metadata['is_healthy']):
            parts = dataset.split({'a': 0.5, 'b': 0.5}, by=by)
            groups = [{sample.metadata['is_healthy'] for sample in part.samples} for part in parts.values()]
            self.assertEqual([len(group) for group in groups], [1, 1])

    def test_lists_name_samples(self):
        folder = self.cases(4)
        with open(os.path.join(folder, 'lists.json'), 'w', encoding='utf8') as file:
            json.dump({'train': ['case_0', 'case_2.vtu'], 'test': ['case_3']}, file)
        dataset = VascuDataset(folder)
        parts = dataset.split({name: {'file': 'lists.json', 'key': name} for name in ('train', 'test')})
        self.assertEqual([sample.id for sample in parts['train'].samples], ['case_0', 'case_2'])
        for list_of_here in (pathlib.Path(folder, 'lists.json'), '~/lists.json'):
            with mock.patch.dict(os.environ, HOME=folder):
                parts = dataset.split({'test': {'file': list_of_here, 'key': 'test'}})
            self.assertEqual([sample.id for sample in parts['test'].samples], ['case_3'])
        inner = dataset.subset([3, 2, 1]).split({'train': {'file': 'lists.json', 'key': 'train'}})
        self.assertEqual([data.id for data in inner['train']], ['case_2'])

    def test_what_cannot_be_split_is_refused(self):
        dataset = VascuDataset(self.cases(2))
        for splits, options, option in (
            ({'a': 1.1}, {}, 'split'),
            ({'a': 0.5, 'b': 0.5}, {'by': 'patient'}, 'by'),
            ({'a': 0.5, 'b': 0.5}, {'stratify': lambda sample: None}, 'stratify'),
            ({'a': 'nowhere.txt'}, {'missing': 'never'}, 'missing'),
        ):
            with self.assertRaises(vascusim.ConfigError) as caught:
                dataset.split(splits, **options)
            self.assertEqual(caught.exception.option, option)
        with self.assertRaises(vascusim.NotFoundError):
            dataset.split({'a': 'nowhere.txt'})


class Statistics(TestCase):
    def test_statistics_are_those_of_the_stored_values_and_plain_json(self):
        dataset = VascuDataset(self.cases(2))
        told = []
        found = dataset.measure(attributes=['pressure', 'velocity'], num_workers=1, on_progress=told.append)
        stored = [value for data in dataset for value in values(data.node_pressure)]
        field = found['fields']['node.pressure']
        self.assertAlmostEqual(field['mean'][0], sum(stored) / len(stored))
        self.assertEqual((field['count'], field['shape'], field['min']), (len(stored), [], [min(stored)]))
        self.assertEqual(found['fields']['node.velocity']['shape'], [3])
        self.assertEqual(json.loads(json.dumps(found)), found)
        self.assertEqual([progress['done'] for progress in told], [1, 2])

    def test_a_subset_is_measured_alone(self):
        dataset = VascuDataset(self.cases(3))
        self.assertEqual(dataset.subset([1]).measure()['samples'], 1)

    def test_arrays_are_standardized_by_statistics_of_some_samples(self):
        dataset = VascuDataset(self.cases(4))
        train = dataset.subset([0, 1])
        statistics = train.measure()
        data = dataset.subset([2]).with_(standardize=statistics)[0]
        plain = values(dataset[2].node_pressure)
        scale = data.standardization['node.pressure']
        undone = [value * scale['std'][0] + scale['mean'][0] for value in values(data.node_pressure)]
        for one, other in zip(undone, plain):
            self.assertAlmostEqual(one, other, places=4)
        standardized = dataset.with_(standardize=statistics)
        again = pickle.loads(pickle.dumps(standardized))
        self.assertEqual(values(again[2].node_pressure), values(data.node_pressure))
        self.assertNotIn('standardization', again.with_(standardize=None)[0])

    def test_the_option_standardizes_batches_as_well(self):
        folder = self.cases(2)
        statistics = VascuDataset(folder).measure()
        dataset = StreamingVascuDataset(folder, standardize=statistics)
        with vascusim.DataLoader(dataset, batch_size=2) as loader:
            (batch,) = loader
        self.assertEqual(batch.standardization[1]['node.pressure'], dataset[1].standardization['node.pressure'])
        with self.assertRaises(vascusim.ConfigError):
            VascuDataset(folder, standardize={})


if __name__ == '__main__':
    unittest.main()
