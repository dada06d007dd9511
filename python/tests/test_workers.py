"""Workers of PyTorch: one engine for all, and no secret in what they are sent."""

import copy
import os
import pickle
import threading
import unittest

import vascusim
from support import TestCase, needs_pyg, needs_torch, processes
from vascusim import _engine
from vascusim.data import StreamingVascuDataset, VascuDataset
from vascusim.io import CacheManager


def engines():
    """Engines that this process or a child of it has."""
    return sorted(number for number, line in processes().items() if line.rstrip().endswith(' engine') and _is_ours(number))


def _is_ours(number):
    with open(f'/proc/{number}/stat', encoding='utf-8') as file:
        parent = int(file.read().rpartition(')')[2].split()[1])
    return parent == os.getpid() or (parent > 1 and parent in processes() and _is_ours(parent))


class Workers(TestCase):
    def check(self, method, epochs):
        from torch_geometric.loader import DataLoader

        folder = self.cases(8)
        cache = CacheManager(os.path.join(self.folder, 'own'))
        dataset = StreamingVascuDataset(
            folder,
            cache=cache,
            copy_to_cache=True,
            # What is guessed ahead of two in a row is given up where a third does not follow, and may be half fetched then.
            prefetch=False,
            filter_fn=lambda metadata: metadata['age'] != 43,
        )
        loader = DataLoader(dataset, batch_size=2, shuffle=True, num_workers=2, multiprocessing_context=method)
        expected = [f'case_{at}' for at in range(8) if at != 3]
        first = None
        for _ in range(epochs):
            ids = []
            for batch in loader:
                ids += batch.id
                self.assertEqual(len(engines()), 1)
            self.assertEqual(sorted(ids), expected)
            # Those of PyTorch's queues end when they like.
            own = [thread.name for thread in threading.enumerate() if thread.name.startswith('vascusim')]
            counts = (len(own), len(engines()))
            first = first or counts
            self.assertEqual(counts, first)
        stats = dataset.stats()
        # Each mesh and each sidecar once, whoever asked for it.
        self.assertEqual((stats['misses'], stats['samples_read']), (8 + 7, 7 * epochs))

    @needs_pyg
    def test_forked_ones_share_the_engine(self):
        self.check('fork', 3)

    @needs_pyg
    def test_spawned_ones_share_the_engine(self):
        # Each of them imports PyTorch anew.
        self.check('spawn', 2)

    @needs_pyg
    def test_an_order_that_the_engine_knows(self):
        from torch_geometric.loader import DataLoader

        dataset = StreamingVascuDataset(self.cases(6))
        sampler = dataset.sampler(shuffle=True, seed=4)
        self.assertEqual(len(sampler), 6)
        epochs = [[name for batch in DataLoader(dataset, sampler=sampler) for name in batch.id] for _ in range(2)]
        self.assertEqual(sorted(epochs[0]), sorted(epochs[1]))
        self.assertNotEqual(epochs[0], epochs[1])
        sampler.set_epoch(0)
        self.assertEqual([f'case_{at}' for at in sampler], epochs[0])

    @needs_torch
    def test_loader_of_pytorch_with_our_collate(self):
        from torch.utils.data import DataLoader

        dataset = VascuDataset(self.cases(4))
        loader = DataLoader(dataset, batch_size=2, collate_fn=vascusim.collate, num_workers=1)
        self.assertEqual([batch.id for batch in loader], [['case_0', 'case_1'], ['case_2', 'case_3']])


class Pickles(TestCase):
    SECRET = 'a secret word'

    def dataset(self):
        # Options of other sources are refused for a folder: put where they would be.
        dataset = VascuDataset(self.cases(5), filter_fn=lambda metadata: metadata['age'] > 42)
        dataset._options.update(password=self.SECRET, token=self.SECRET, otp=lambda attempt: self.SECRET)
        dataset._options.update(credentials={'secret_access_key': self.SECRET}, device_id=self.SECRET)
        dataset._options.update(proxy=f'http://user:{self.SECRET}@proxy:8080', http={'headers': {'cookie': self.SECRET}})
        dataset._options.update(headers={'authorization': self.SECRET}, environment={'HF_TOKEN': self.SECRET})
        return dataset

    def test_hold_what_the_filter_has_kept_and_no_secret(self):
        dataset = self.dataset()
        text = pickle.dumps(dataset)
        self.assertNotIn(self.SECRET.encode(), text)
        self.assertNotIn(_engine.current().share.token().encode(), text)
        other = pickle.loads(text)
        self.assertEqual([data.id for data in other], ['case_3', 'case_4'])

    def test_are_opened_again_where_no_engine_answers(self):
        text = pickle.dumps(self.dataset())
        program = 'import pickle, sys\nprint(*[data.id for data in pickle.load(open(sys.argv[1], "rb"))])'
        path = os.path.join(self.folder, 'dataset.pickle')
        with open(path, 'wb') as file:
            file.write(text)
        self.assertEqual(self.run_python(program, path), ['case_3 case_4'])

    def test_no_secret_is_shown(self):
        dataset = self.dataset()
        self.assertNotIn(self.SECRET, repr(dataset))
        engine = _engine.current()
        with open(f'/proc/{engine.greeting["pid"]}/cmdline', 'rb') as file:
            self.assertNotIn(engine.share.token().encode(), file.read())

    def test_a_copy_is_as_good(self):
        dataset = self.dataset()
        self.assertEqual(copy.deepcopy(dataset)[0].id, 'case_3')


class Threads(TestCase):
    def test_share_all_objects(self):
        dataset = StreamingVascuDataset(self.cases(6))
        seen, wrong = [], []

        def work(at):
            try:
                for index in range(6):
                    seen.append(dataset[(index + at) % 6].id)
            except Exception as error:
                wrong.append(error)

        threads = [threading.Thread(target=work, args=(at,)) for at in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertEqual(sorted(seen), sorted(f'case_{at}' for at in range(6) for _ in range(6)))


if __name__ == '__main__':
    unittest.main()
