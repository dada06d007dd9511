"""Streamers and caches of a folder; those of servers are tested with the guide."""

import datetime
import os
import pathlib
import unittest

import vascusim
from support import TestCase, vtu
from vascusim.data import VascuDataset
from vascusim.io import CacheManager, LocalStreamer, NASStreamer


class Streamers(TestCase):
    def test_files_of_a_folder(self):
        folder = self.cases(2)
        with LocalStreamer(folder) as streamer:
            self.assertEqual(streamer.list_files(pattern='*.vtu'), ['case_0.vtu', 'case_1.vtu'])
            path = streamer.get_file('case_1.vtu')
            self.assertEqual(path, pathlib.Path(folder, 'case_1.vtu'))
            self.assertEqual(streamer.get_metadata(pathlib.PurePosixPath('case_1.vtu'))['age'], 41)
            with streamer.open_file('case_1.vtu') as held:
                self.assertEqual(held.size, os.path.getsize(held))
            self.assertTrue(streamer.check_connection()['ok'])
            self.assertEqual(streamer.stats()['misses'], 0)
        with self.assertRaises(vascusim.DisposedError):
            streamer.list_files()

    def test_a_relative_folder_is_that_of_the_call(self):
        folder = self.cases(1)
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(os.path.dirname(folder))
        streamer = LocalStreamer(os.path.basename(folder))
        os.chdir(here)
        self.assertEqual(len(streamer.list_files()), 2)

    def test_a_host_stays_one_where_a_folder_has_its_name(self):
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(self.folder)
        os.makedirs('nas.example/data')
        nas = NASStreamer('nas.example', username='u', password='p')
        self.assertEqual(nas._options['source_url'], 'nas.example')
        with self.assertRaises(vascusim.VascuError) as caught:
            VascuDataset('nas.example/data', streaming_type='hf', endpoint='http://127.0.0.1:9', tries=1)
        self.assertNotIn(self.folder, str(caught.exception))
        self.write('nas.example/case.vtu', vtu())
        self.assertEqual(len(VascuDataset('nas.example')), 1)

    def test_a_nas_that_is_not_there(self):
        nas = NASStreamer('127.0.0.1', username='u', password='secret word', port=9, secure=False)
        with self.assertLogs('vascusim', 'WARNING') as log:
            self.assertIs(nas.connect(), False)
        self.assertIsInstance(nas.last_error, vascusim.NetworkError)
        self.assertIn(str(nas.last_error), log.output[0])
        with self.assertRaises(ConnectionError):
            nas.list_shares()
        report = nas.check_connection()
        self.assertIs(report['ok'], False)
        for text in (repr(nas), str(nas.last_error), *log.output, str(report)):
            self.assertNotIn('secret word', text)

    def test_a_misspelt_option(self):
        with self.assertRaisesRegex(vascusim.ConfigError, 'Did you mean access_mode'):
            NASStreamer('127.0.0.1', acess_mode='api')


class Caches(TestCase):
    def test_what_lies_in_a_cache(self):
        folder = self.cases(2)
        with CacheManager(os.path.join(self.folder, 'own'), max_size=1024**2) as cache:
            with LocalStreamer(folder, copy_to_cache=True, cache=cache) as streamer:
                kept = streamer.get_file('case_0.vtu')
                self.assertNotEqual(os.path.dirname(kept), folder)
            stats = cache.get_cache_stats()
            self.assertEqual((stats['file_count'], stats['max_size']), (1, 1024**2))
            (source,) = cache.list_sources()
            self.assertIsInstance(source['last_used'], datetime.datetime)
            self.assertEqual(cache.verify(repair=True)['ok'], 1)
            cache.cleanup()
            cache.clear_all()
            self.assertEqual(cache.get_cache_stats()['file_count'], 0)

    def test_the_cache_of_the_environment_is_that_of_now(self):
        os.environ['VASCUSIM_CACHE_DIR'] = os.path.join(self.folder, 'later')
        self.assertEqual(CacheManager().cache_dir, os.path.join(self.folder, 'later'))

    def test_a_cache_for_a_dataset(self):
        cache = CacheManager(os.path.join(self.folder, 'own'))
        dataset = VascuDataset(self.cases(1), cache=cache, copy_to_cache=True)
        dataset[0]
        # The mesh, and what is said of it.
        self.assertEqual(cache.get_cache_stats()['file_count'], 2)
        with self.assertRaisesRegex(vascusim.ConfigError, 'CacheManager'):
            VascuDataset(self.cases(1), cache='somewhere')


if __name__ == '__main__':
    unittest.main()
