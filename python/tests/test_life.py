"""Life of the engine: how it begins, and how it ends."""

import os
import signal
import stat
import subprocess
import sys
import time
import unittest

import vascusim
from support import LIGHT, PYTHON, TestCase, needs_pyg, processes, torch
from vascusim import _engine
from vascusim.__main__ import describe
from vascusim._memory import LentMemory
from vascusim.data import StreamingVascuDataset, VascuDataset
from vascusim.io import NASStreamer
from vascusim.loader import DataLoader


def gone_within(number, seconds):
    """Whether a process is gone before so long. A zombie is not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not os.path.exists(f'/proc/{number}'):
            return True
        time.sleep(0.01)
    return False


class Beginning(TestCase):
    def test_an_import_starts_nothing(self):
        lines = self.run_python(
            'import sys, vascusim, vascusim.data, vascusim.io, vascusim.loader\n'
            'from vascusim import _engine\n'
            'print(_engine.running(), "torch_geometric" in sys.modules)\n'
        )
        self.assertEqual(lines, ['None False'])

    def test_one_engine_serves_all(self):
        folder = self.cases(1)
        VascuDataset(folder)
        first = _engine.current().greeting['pid']
        with VascuDataset(folder), StreamingVascuDataset(folder):
            self.assertEqual(_engine.current().greeting['pid'], first)


class Programs(TestCase):
    """What is found, and what is said of what is not."""

    def tell(self, **environment):
        program = 'import vascusim\ntry:\n    print(vascusim._engine.current().greeting["place"])\nexcept vascusim.EngineError as error:\n    print("EngineError", error)\n'
        program = 'import vascusim._engine\n' + program
        return self.run_python(program, **environment)[0]

    def script(self, name, text):
        path = self.write(os.path.join(self.folder, name), text)
        os.chmod(path, stat.S_IRWXU)
        return path

    def test_a_node_that_is_too_old(self):
        old = self.script('node', '#!/bin/sh\necho v18.19.0\n')
        self.assertIn(f'needs Node.js 22.19 or newer: {old} (VASCUSIM_NODE) is 18.19.0', self.tell(VASCUSIM_NODE=old))

    def test_a_node_that_is_none(self):
        self.assertIn('/no/node (VASCUSIM_NODE) does not run', self.tell(VASCUSIM_NODE='/no/node'))

    def test_an_engine_that_is_not_there(self):
        self.assertIn('VASCUSIM_ENGINE names no file: /no/engine', self.tell(VASCUSIM_ENGINE='/no/engine'))

    def test_another_protocol(self):
        engine = self.script(
            'engine.py',
            f'#!{PYTHON}\nimport json, struct, sys, time\n'
            'text = json.dumps({"protocol": 99, "version": "9.9.9", "place": "/elsewhere"}).encode()\n'
            'sys.stdout.buffer.write(struct.pack("<IIQ", len(text), 0, 0) + text)\nsys.stdout.flush()\ntime.sleep(60)\n',
        )
        said = self.tell(VASCUSIM_ENGINE=engine)
        for part in ('/elsewhere of vascusim 9.9.9 speaks protocol 99', 'protocol 1', 'vascusim 0.1.0'):
            self.assertIn(part, said)

    def test_bytes_that_are_no_frames(self):
        for written in ('hello world', 'Traceback (most recent call last)', '\\0\\0\\0\\0\\1\\0\\0\\0' + '\\0' * 8):
            engine = self.script(
                'engine.py',
                f'#!{PYTHON}\nimport sys, time\nsys.stdout.buffer.write(b"{written}")\nsys.stdout.flush()\ntime.sleep(60)\n',
            )
            said = self.tell(VASCUSIM_ENGINE=engine)
            self.assertIn('has sent what is no frame', said)

    def test_messages_that_mean_nothing(self):
        for message in (
            '[' * 200_000,
            '{"id": []}',
            '{"id": 1, "error": "x"}',
            '{"id": 1, "error": {"name": "OrderNeededError"}}',
            '{"id": 1, "shared": [0, 8]}',
            '{"id": 1, "error": {"name": "OrderNeededError", "fields": {"epoch": "x"}}}',
        ):
            engine = self.script(
                'engine.py',
                f'#!{PYTHON}\nimport json, struct, sys, time\n'
                'def send(text):\n'
                '    sys.stdout.buffer.write(struct.pack("<IIQ", len(text), 0, 0) + text.encode())\n'
                '    sys.stdout.flush()\n'
                'def receive():\n'
                '    sys.stdin.buffer.read(struct.unpack("<IIQ", sys.stdin.buffer.read(16))[0])\n'
                'send(json.dumps({"protocol": 1, "version": "0", "place": "/here"}))\n'
                f'receive()\nreceive()\nsend({message!r})\ntime.sleep(60)\n',
            )
            program = (
                'import vascusim._engine\n'
                'try:\n    vascusim._engine.current()\nexcept vascusim.EngineError as error:\n    print(error)\n'
            )
            (said,) = self.run_python(program, timeout=30, VASCUSIM_ENGINE=engine)
            self.assertIn('has sent what is no frame', said, message[:80])

    def test_an_engine_that_says_nothing(self):
        engine = self.script('engine.py', f'#!{PYTHON}\nimport time\ntime.sleep(60)\n')
        program = (
            'import vascusim._engine\nvascusim._engine._GREETING_TIMEOUT_S = 0.3\n'
            'try:\n    vascusim._engine.current()\nexcept vascusim.EngineError as error:\n    print(error)\n'
        )
        (said,) = self.run_python(program, VASCUSIM_ENGINE=engine)
        self.assertIn('has said nothing for 0 s', said)

    def test_a_frame_that_does_not_end(self):
        engine = self.script(
            'engine.py',
            f'#!{PYTHON}\nimport sys, time\nsys.stdout.buffer.write(b"\\x05" + b"\\0" * 15 + b"{{")\n'
            'sys.stdout.flush()\ntime.sleep(60)\n',
        )
        program = (
            'import vascusim._engine, vascusim._wire\nvascusim._wire._FRAME_TIMEOUT_S = 0.3\n'
            'try:\n    vascusim._engine.current()\nexcept vascusim.EngineError as error:\n    print(error)\n'
        )
        (said,) = self.run_python(program, VASCUSIM_ENGINE=engine)
        self.assertIn('nothing for 0 s within a frame', said)

    def test_an_engine_that_ends_at_once(self):
        engine = self.script('engine.sh', '#!/bin/sh\necho something is wrong >&2\nexit 7\n')
        said = self.tell(VASCUSIM_ENGINE=engine)
        self.assertIn('has ended with status 7. Its last lines: something is wrong', said)

    def test_what_is_in_use_is_told(self):
        done = subprocess.run(
            [PYTHON, '-m', 'vascusim'], stdout=subprocess.PIPE, env={**os.environ, **LIGHT}, check=True
        )
        lines = done.stdout.decode().splitlines()
        for part in ('engine             0.1.0', 'Node.js', f'cache              {self.folder}'):
            self.assertTrue(any(line.startswith(part) for line in lines), lines)
        self.assertIn('PyTorch            not installed', lines)
        self.assertIn(f'PyTorch            {torch.__version__}', describe())


class Memory(TestCase):
    def setUp(self):
        super().setUp()
        self.memory = LentMemory.make()
        self.addCleanup(self.memory.close)

    def test_holds_what_was_written_by_its_path(self):
        with open(self.memory.path, 'r+b') as file:
            self.assertEqual(file.read(), self.memory.text.encode())
            file.seek(70_000)
            file.write(b'abc')
        self.assertEqual(bytes(self.memory.view(70_000, 3)), b'abc')

    def test_places_outside_it_are_refused(self):
        for at, length in ((0, 1 << 20), (1 << 40, 1), (-1, 4), (4, -1)):
            with self.assertRaises(ValueError):
                self.memory.view(at, length)

    def test_is_let_go_with_its_engine(self):
        VascuDataset(self.cases(1))
        memory = _engine.current().connection.memory
        self.assertEqual(len(memory.view(0, 1)), 1)
        _engine.current().stop()
        with self.assertRaises(OSError):
            memory.view(0, 1)


class Ending(TestCase):
    def test_a_killed_engine_is_an_error_and_the_next_use_starts_another(self):
        # More batches than are sent ahead: the epoch does not end by what had come when the engine was killed.
        dataset = StreamingVascuDataset(self.cases(20), filter_fn=lambda metadata: metadata['age'] > 40)
        loader = DataLoader(dataset, shuffle=True, seed=2)
        list(loader)
        before = None
        for _ in range(3):
            first = _engine.current().greeting['pid']
            with self.assertRaisesRegex(vascusim.EngineError, 'was ended by SIGKILL'):
                for at, _ in enumerate(loader):
                    if at == 0:
                        os.kill(first, signal.SIGKILL)
                        self.assertTrue(gone_within(first, 5))
            self.assertEqual(dataset[0].id, 'case_1')
            self.assertNotEqual(_engine.current().greeting['pid'], first)
            self.assertEqual(loader.epoch, 1)
            self.assertEqual(len(list(DataLoader(dataset))), 19)
            counts = (len(os.listdir('/proc/self/fd')), len(os.listdir('/proc/self/task')))
            before = before or counts
            self.assertEqual(counts, before)

    def test_an_epoch_that_was_set_stays_so_in_another_engine(self):
        loader = DataLoader(StreamingVascuDataset(self.cases(2)), shuffle=True)
        loader.set_epoch(5)
        self.kill()
        self.assertEqual(loader.epoch, 5)

    def test_of_a_sampler_as_well(self):
        loader = DataLoader(StreamingVascuDataset(self.cases(4)), sampler=lambda epoch: [epoch, 3])
        list(loader)
        self.kill()
        self.assertEqual(loader.epoch, 1)
        self.assertEqual([batch.id for batch in loader], [['case_1'], ['case_3']])

    def kill(self):
        first = _engine.current().greeting['pid']
        os.kill(first, signal.SIGKILL)
        self.assertTrue(gone_within(first, 5))

    def test_waiting_requests_end_with_it(self):
        def credentials():
            self.kill()

        with self.assertRaisesRegex(vascusim.EngineError, 'was ended by SIGKILL'):
            VascuDataset('s3://bucket', endpoint='http://127.0.0.1:9', credentials=credentials)

    def test_a_function_that_wants_to_exit_is_an_error_of_what_called_it(self):
        with self.assertRaisesRegex(vascusim.VascuError, 'SystemExit'):
            VascuDataset('s3://bucket', endpoint='http://127.0.0.1:9', credentials=sys.exit)

    def test_functions_are_forgotten_with_what_they_were_given_to(self):
        callbacks = _engine.current().connection._callbacks
        before = set(callbacks)
        with NASStreamer('127.0.0.1', username='u', password=lambda: ''):
            self.assertEqual(len(set(callbacks) - before), 1)
        self.assertEqual(set(callbacks), before)

    def test_a_dataset_that_cannot_be_opened_again_leaves_nothing_open(self):
        folder = self.cases(2)
        dataset = VascuDataset(folder, filter_fn=lambda metadata: metadata['age'] == 41)
        self.kill()
        os.remove(os.path.join(folder, 'case_1.vtu'))
        with self.assertRaisesRegex(vascusim.NotFoundError, "'case_1' is not there any more"):
            dataset[0]
        with self.assertRaises(vascusim.DisposedError):
            _engine.current().request('samples', of=1, first=0)

    def test_an_order_of_one_engine_ends_nothing_of_the_next(self):
        dataset = StreamingVascuDataset(self.cases(2))
        list(dataset.sampler())
        _, number = dataset._expected
        self.kill()
        others = [VascuDataset(self.cases(1)) for _ in range(number)]
        list(dataset.sampler())
        for other in others:
            self.assertEqual(other[0].id, 'case_0')

    def test_what_is_more_than_a_message_may_have_is_refused(self):
        engine = _engine.current()
        with self.assertRaisesRegex(vascusim.ConfigError, 'it is 65 MiB; 64 are the most'):
            engine.request('world', environment={'RANK': 'x' * (65 << 20)})
        self.assertIsNotNone(engine.request('world', environment={}))

    def test_variables_that_are_set_later_are_told(self):
        for name in ('AWS_ACCESS_KEY_ID', 'all_proxy', 'HF_TOKEN'):
            self.assertNotIn(name, _engine._environment())
            os.environ[name] = 'x'
            self.addCleanup(os.environ.pop, name)
            self.assertIn(name, _engine._environment())

    def test_a_program_leaves_no_engine_behind(self):
        program = (
            'import sys\nfrom vascusim.data import VascuDataset\nfrom vascusim import _engine\n'
            'dataset = VascuDataset(sys.argv[1])\nprint(_engine.current().greeting["pid"])\n'
        )
        (number,) = self.run_python(program, self.cases(1))
        self.assertNotIn(int(number), processes())

    @needs_pyg
    def test_nor_one_that_is_killed_with_workers(self):
        program = (
            'import sys\nfrom torch_geometric.loader import DataLoader\nfrom vascusim.data import StreamingVascuDataset\n'
            'from vascusim import _engine\n'
            'dataset = StreamingVascuDataset(sys.argv[1])\n'
            'loader = DataLoader(dataset, batch_size=2, num_workers=2)\n'
            'while True:\n    for batch in loader:\n        print(_engine.current().greeting["pid"], flush=True)\n'
        )
        path = self.write(os.path.join(self.folder, 'program.py'), program)
        child = subprocess.Popen([PYTHON, path, self.cases(8)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(child.stdout.close)
        number = int(child.stdout.readline())
        child.kill()
        child.wait()
        self.assertTrue(gone_within(number, 5))
        named = [line for line in open('/proc/net/unix', encoding='utf-8') if f'@vascusim-{number}-' in line]
        self.assertEqual(named, [])

    def test_an_interrupt_is_nothing_else(self):
        program = (
            'import os, sys, threading\nfrom vascusim.data import StreamingVascuDataset\nfrom vascusim.loader import DataLoader\n'
            'from vascusim import _engine\n'
            'dataset = StreamingVascuDataset(sys.argv[1])\nloader = DataLoader(dataset, batch_size=2, shuffle=True)\n'
            'first = _engine.current().greeting["pid"]\n'
            # Imports of others that are interrupted stay half done.
            'list(loader)\n'
            'for turn in range(10):\n'
            '    threading.Timer(0.02 + turn / 100, os.killpg, (0, 2)).start()\n'
            '    try:\n        while True:\n            for batch in loader: pass\n'
            '    except KeyboardInterrupt:\n        pass\n'
            '    ids = sorted(name for batch in loader for name in batch.id)\n'
            '    assert ids == sorted(sample.id for sample in dataset.samples), ids\n'
            'assert _engine.current().greeting["pid"] == first\nprint("ten interrupts")\n'
        )
        self.maxDiff = None
        path = self.write(os.path.join(self.folder, 'program.py'), program)
        done = subprocess.run(
            [PYTHON, path, self.cases(6)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **LIGHT},
            start_new_session=True,
            timeout=100,
        )
        self.assertEqual((done.stdout.decode(), done.stderr.decode()), ('ten interrupts\n', ''))

    def test_what_is_collected_is_closed(self):
        folder = self.cases(1)
        dataset = VascuDataset(folder)
        engine, handle = dataset._use()
        del dataset
        with self.assertRaises(vascusim.DisposedError):
            engine.request('get', of=handle, index=0)

    def test_what_a_module_prints_goes_to_the_log(self):
        module = self.write(
            os.path.join(self.folder, 'noisy.mjs'),
            'export default (data) => { console.log("x".repeat(1024 * 1024)); return data; };',
        )
        with self.assertLogs('vascusim', 'INFO') as log:
            self.assertEqual(VascuDataset(self.cases(1), transform=module)[0].id, 'case_0')
            _engine.current().request('environment', values={})
            end = time.monotonic() + 10
            while not log.output and time.monotonic() < end:
                time.sleep(0.01)
        self.assertGreater(len(log.output[0]), 1024 * 1024)

    def test_many_epochs_leave_nothing(self):
        dataset = StreamingVascuDataset(self.cases(4))
        loader = DataLoader(dataset, batch_size=2, num_workers=1)
        list(loader)
        before = (len(os.listdir('/proc/self/fd')), len(os.listdir('/proc/self/task')))
        for _ in range(20):
            list(loader)
            list(dataset)
        self.assertEqual((len(os.listdir('/proc/self/fd')), len(os.listdir('/proc/self/task'))), before)


if __name__ == '__main__':
    sys.exit(unittest.main())
