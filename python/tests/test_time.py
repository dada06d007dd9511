"""Steps and windows of them as samples."""

import os
import unittest

import vascusim
from support import TestCase, values, vtu
from vascusim import _engine
from vascusim.data import VascuDataset
from vascusim.errors import ConfigError

FIELDS = {f'{name}_{step:05d}': ('Float32', width) for step in (100, 105, 110) for name, width in (('p', 1), ('u', 3))}


class Time(TestCase):
    def open(self, **options):
        folder = os.path.join(self.folder, 'series')
        os.makedirs(folder, exist_ok=True)
        self.write(os.path.join(folder, 'run.vtu'), vtu(5, FIELDS))
        return VascuDataset(folder, **options)

    def test_windows_are_stacked_and_have_times(self):
        dataset = self.open(time={'window': {'length': 2}, 'dt': 0.5, 'mesh_bytes': 10_000})
        self.assertEqual([sample.id for sample in dataset.samples], ['run@100', 'run@105'])
        first = dataset.samples[0]
        self.assertEqual((first.series, first.steps, first.times), ('run', [100, 105], [50.0, 52.5]))
        data = dataset[0]
        self.assertEqual(tuple(data.node_p.shape), (5, 2))
        self.assertEqual(tuple(data.node_u.shape), (5, 2, 3))
        self.assertEqual(values(data.times), [50.0, 52.5])

    def test_batches_have_a_row_of_times_for_each_sample(self):
        dataset = self.open(time={'window': {'length': 2}})
        with vascusim.DataLoader(dataset, batch_size=2) as loader:
            (batch,) = list(loader)
        self.assertEqual(values(batch.times), [[100.0, 105.0], [105.0, 110.0]])
        self.assertEqual(values(batch[1].times), [105.0, 110.0])

    def test_a_filter_sees_them_and_what_it_keeps_is_found_again(self):
        dataset = self.open(time={'window': {'length': 2}}, filter_fn=lambda metadata, sample: sample.steps[0] > 100)
        self.assertEqual([(sample.series, sample.steps) for sample in dataset.samples], [('run', [105, 110])])
        _engine.current().stop()
        self.assertEqual([values(data.times) for data in dataset], [[105.0, 110.0]])

    def test_each_step_may_be_a_sample_of_its_own(self):
        dataset = self.open(time=True)
        self.assertEqual([tuple(data.node_u.shape) for data in dataset], [(5, 3)] * 3)

    def test_what_cannot_be_told_to_the_engine_names_the_option(self):
        with self.assertRaisesRegex(ConfigError, "time\\['dt'\\]"):
            self.open(time={'dt': lambda metadata: 1.0})


if __name__ == '__main__':
    unittest.main()
