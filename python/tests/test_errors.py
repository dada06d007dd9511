"""Exceptions: names, attributes, causes, and what is left of them behind a worker."""

import os
import pickle
import unittest

import vascusim
from support import TestCase, needs_torch
from vascusim import errors
from vascusim.data import VascuDataset
from vascusim.io import LocalStreamer

BASES = {
    'NotFoundError': FileNotFoundError,
    'AuthError': PermissionError,
    'NetworkError': ConnectionError,
    'IntegrityError': OSError,
    'FormatError': ValueError,
    'CacheError': OSError,
    'ConfigError': ValueError,
    'UnsupportedError': NotImplementedError,
    'DisposedError': RuntimeError,
    'EngineError': RuntimeError,
}


class Classes(unittest.TestCase):
    def test_each_is_one_of_python_and_of_this_package(self):
        for name, base in BASES.items():
            kind = getattr(vascusim, name)
            self.assertTrue(issubclass(kind, base) and issubclass(kind, vascusim.VascuError), name)

    def test_each_is_made_of_one_text(self):
        for name in BASES:
            self.assertEqual(str(getattr(vascusim, name)('what was wrong')), 'what was wrong')

    def test_each_survives_pickling_with_its_attributes_and_cause(self):
        for name in BASES:
            error = getattr(vascusim, name)('wrong', option='max_size')
            error.__cause__ = vascusim.NetworkError('cause', status=503)
            copy = pickle.loads(pickle.dumps(error))
            self.assertIs(type(copy), type(error))
            self.assertEqual((str(copy), copy.option), ('wrong', 'max_size'))
            self.assertEqual((str(copy.__cause__), copy.__cause__.status), ('cause', 503))

    def test_names_are_those_of_python(self):
        error = errors.restore(
            {
                'name': 'ConfigError',
                'message': 'VascuDataset.open: maxCacheSize must be …; prefetchSize too. nodeId stays.',
                'fields': {'option': 'maxCacheSize', 'code': 'CONFIG'},
                'cause': {'name': 'RangeError', 'message': 'why', 'fields': {}},
            }
        )
        self.assertEqual(str(error), 'VascuDataset: max_cache_size must be …; prefetch_size too. nodeId stays.')
        self.assertEqual((error.option, error.code), ('max_cache_size', 'CONFIG'))
        self.assertIsInstance(error.__cause__, IndexError)

    def test_names_of_files_are_left_as_they_are(self):
        message = 'case.open.vtu: see VascuDataset.open.json and CacheManager.open.'
        self.assertEqual(
            str(errors.restore({'name': 'FormatError', 'message': message})),
            'case.open.vtu: see VascuDataset.open.json and CacheManager.',
        )

    def test_an_error_of_another_name_is_one_of_this_package(self):
        self.assertIs(type(errors.restore({'name': 'SomethingError', 'message': 'x'})), vascusim.VascuError)


class FromTheEngine(TestCase):
    def test_a_folder_that_is_not_there(self):
        with self.assertRaises(vascusim.NotFoundError) as caught:
            VascuDataset(os.path.join(self.folder, 'nowhere'))
        self.assertIsInstance(caught.exception.__cause__, vascusim.NotFoundError)

    def test_a_file_that_is_broken(self):
        folder = self.cases(1)
        self.write(os.path.join(folder, 'case_0.vtu'), '<?xml version="1.0"?><VTKFile>')
        with self.assertRaises(ValueError) as caught:
            VascuDataset(folder)[0]
        self.assertIsInstance(caught.exception, vascusim.FormatError)
        self.assertEqual(caught.exception.path, 'case_0.vtu')

    def test_a_value_that_cannot_be_sent(self):
        with self.assertRaisesRegex(vascusim.ConfigError, 'cannot be sent'):
            VascuDataset(self.cases(1), tries=object())

    def test_a_file_of_a_streamer(self):
        with self.assertRaises(FileNotFoundError):
            LocalStreamer(self.cases(1)).get_file('nothing.vtu')

    @needs_torch
    def test_its_type_survives_a_worker(self):
        from torch.utils.data import DataLoader

        folder = self.cases(2)
        self.write(os.path.join(folder, 'case_1.vtu'), 'broken')
        loader = DataLoader(VascuDataset(folder), batch_size=None, num_workers=1)
        with self.assertRaises(vascusim.FormatError):
            list(loader)


if __name__ == '__main__':
    unittest.main()
