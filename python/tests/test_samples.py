"""Samples: their attributes, their memory, and what options add."""

import os
import pathlib
import pickle
import threading
import unittest
from unittest import mock

import vascusim
from support import ODD_ARRAYS, TestCase, names, needs_pyg, needs_torch, torch, values, vtu
from vascusim import _engine
from vascusim.data import StreamingVascuDataset, VascuDataset


class Samples(TestCase):
    def test_a_sample_has_the_attributes_of_its_mesh(self):
        data = VascuDataset(self.cases(1))[0]
        self.assertEqual(
            names(data),
            {'pos', 'edge_index', 'node_pressure', 'node_velocity', 'cell_region', 'num_cells', 'metadata', 'id'},
        )
        self.assertEqual((data.num_nodes, data.num_edges, data.num_cells), (5, 18, 2))
        self.assertEqual(values(data.node_pressure), [at * 3.5 for at in range(5)])
        self.assertEqual(tuple(data.node_velocity.shape), (5, 3))
        self.assertEqual(str(data.edge_index.dtype).rpartition('.')[2], 'int64')
        self.assertEqual(values(data.edge_index)[0][:5], [0, 0, 0, 1, 1])
        self.assertEqual(data.id, 'case_0')

    def test_metadata_read_like_a_dict(self):
        data = VascuDataset(self.cases(1))[0]
        self.assertEqual(dict(data.metadata), {'age': 40, 'is_healthy': True, 'name': 'P0'})
        self.assertEqual(data.metadata, {'age': 40, 'is_healthy': True, 'name': 'P0'})
        self.assertEqual(data.metadata.get('nothing', 3), 3)
        self.assertIn('age', data.metadata)
        self.assertEqual(pickle.loads(pickle.dumps(data.metadata)), data.metadata)

    def test_tables_are_joined_with_samples(self):
        folder = self.cases(2)
        path = pathlib.Path(folder, 'tables', 'cases.csv')
        path.parent.mkdir()
        path.write_text('no,flow\n1,0.5\n')
        table = {'file': path, 'key': 'case', 'column': 'no'}
        for each in (table, [{**table, 'file': 'tables/cases.csv'}], [{**table, 'file': os.path.relpath(path)}]):
            dataset = VascuDataset(folder, samples='case_{case:number}.vtu', metadata=each, sidecars=False)
            self.assertEqual(dict(dataset.samples[0].metadata), {'case': 0})
            self.assertEqual(dict(dataset.samples[1].metadata), {'case': 1, 'no': 1, 'flow': 0.5})

    def test_memory_is_writable_and_shared_by_no_two_samples(self):
        dataset = VascuDataset(self.cases(1))
        first, second = dataset[0], dataset[0]
        first.node_pressure[0] = 99
        self.assertEqual(values(second.node_pressure)[0], 0)

    def test_a_large_sample_is_the_same_whether_it_is_sent_or_left_in_memory(self):
        arrays = {**ODD_ARRAYS, 'pressure': ('Float32', 1)}
        folder = os.path.join(self.folder, 'large')
        os.mkdir(folder)
        for at in range(2):
            self.write(os.path.join(folder, f'{at}.vtu'), vtu(3000, arrays, shift=at))
        dataset = VascuDataset(folder)
        self.assertIsNotNone(_engine.current().connection.memory)
        lent = [dataset[0], dataset[1]]
        lent[0].pos[:] = 7
        self.assertEqual(values(lent[0].pos[-1]), [7, 7, 7])
        _engine.current().stop()
        with mock.patch('vascusim._memory.LentMemory.make', return_value=None):
            sent = [dataset[0], dataset[1]]
            self.assertIsNone(_engine.current().connection.memory)
            _engine.current().stop()
        self.assertEqual(names(lent[1]), names(sent[1]))
        for name in names(lent[1]):
            one, other = lent[1][name], sent[1][name]
            if hasattr(one, 'shape'):
                self.assertEqual((one.dtype, values(one)), (other.dtype, values(other)), name)
        self.assertNotEqual(values(lent[0].pos), values(sent[0].pos))

    def test_sequences_of_python(self):
        dataset = VascuDataset(self.cases(3))
        self.assertEqual(len(dataset), 3)
        self.assertEqual(dataset[-1].id, 'case_2')
        for index in (3, -4):
            with self.assertRaises(IndexError):
                dataset[index]
        with self.assertRaises(TypeError):
            dataset['case_0']
        self.assertEqual([data.id for data in dataset], ['case_0', 'case_1', 'case_2'])
        self.assertEqual([data.id for data in dataset.__getitems__([2, 0])], ['case_2', 'case_0'])

    def test_iteration_of_a_streaming_dataset_is_in_order(self):
        dataset = StreamingVascuDataset(self.cases(5), filter_fn=lambda metadata: metadata['age'] != 42)
        self.assertEqual([data.id for data in dataset], ['case_0', 'case_1', 'case_3', 'case_4'])

    def test_arrays_in_types_that_pytorch_has_not(self):
        folder = self.cases(1, arrays={**ODD_ARRAYS, 'large': ('UInt64', 1)}, cell_arrays={'ptr': ('Int32', 1)})
        data = VascuDataset(folder)[0]
        self.assertEqual(values(data.node_ids), [0, 7, 14, 21, 28])
        self.assertEqual(values(data.node_large), [0, 7, 14, 21, 28])
        self.assertEqual(values(data.node_node_index), [[0, 7, 14], [21, 28, 35], [42, 49, 56], [63, 70, 77], [84, 91, 98]])
        # In a batch `cell_ptr` is where the cells of each sample begin.
        self.assertEqual(values(data.cell_ptr_), [0, 7])
        if torch is not None:
            self.assertEqual(data.node_ids.dtype, torch.int64)
            self.assertEqual(data.node_node_index.dtype, torch.int32)

    @needs_torch
    def test_integers_that_no_type_of_pytorch_holds_are_refused(self):
        folder = self.cases(1, arrays={'large': ('UInt64', 1)})
        path = os.path.join(folder, 'case_0.vtu')
        with open(path, encoding='utf-8') as file:
            text = file.read()
        self.write(path, text.replace('>0 7 14 21 28<', '>0 7 14 21 18446744073709551615<'))
        with self.assertRaisesRegex(vascusim.UnsupportedError, "'large'"):
            VascuDataset(folder)[0]

    def test_a_mesh_of_one_point(self):
        folder = self.cases(0)
        self.write(os.path.join(folder, 'one.vtu'), vtu(1))
        data = VascuDataset(folder)[0]
        self.assertEqual((data.num_nodes, data.num_edges, data.num_cells), (1, 0, 0))
        self.assertEqual(tuple(data.edge_index.shape), (2, 0))

    @needs_pyg
    def test_samples_are_data_of_pytorch_geometric(self):
        from torch_geometric.data import Data

        self.assertIsInstance(VascuDataset(self.cases(1))[0], Data)
        self.assertIs(type(VascuDataset(self.cases(1))[0]), vascusim.Data)

    def test_values_are_those_of_vtk(self):
        try:
            from vtkmodules.util.numpy_support import vtk_to_numpy
            from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridReader
        except ImportError:
            self.skipTest('without VTK')
        folder = self.cases(2, arrays={**ODD_ARRAYS, 'velocity': ('Float32', 3)})
        dataset = VascuDataset(folder)
        for at, data in enumerate(dataset):
            reader = vtkXMLUnstructuredGridReader()
            reader.SetFileName(os.path.join(folder, f'case_{at}.vtu'))
            reader.Update()
            grid = reader.GetOutput()
            self.assertEqual(values(data.pos), vtk_to_numpy(grid.GetPoints().GetData()).tolist())
            for index in range(grid.GetPointData().GetNumberOfArrays()):
                array = grid.GetPointData().GetArray(index)
                self.assertEqual(values(data[f'node_{array.GetName()}']), vtk_to_numpy(array).tolist())
            self.assertEqual(values(data.cell_region), vtk_to_numpy(grid.GetCellData().GetArray(0)).tolist())


class Options(TestCase):
    def test_only_the_arrays_that_are_wanted(self):
        data = VascuDataset(self.cases(1), include_attributes=['pressure'])[0]
        self.assertEqual({name for name in names(data) if '_' in name}, {'edge_index', 'node_pressure', 'num_cells'})

    def test_x_and_y_are_made_of_arrays(self):
        data = VascuDataset(self.cases(1), x=['velocity', 'pressure'], y='pressure')[0]
        self.assertEqual(tuple(data.x.shape), (5, 4))
        self.assertEqual(values(data.x[:, 3]), values(data.node_pressure))
        self.assertEqual(values(data.y), values(data.node_pressure))

    def test_x_of_an_array_that_is_not_there_names_those_that_are(self):
        with self.assertRaisesRegex(vascusim.ConfigError, "'presure'.*pressure, velocity"):
            VascuDataset(self.cases(1), x=['presure'])[0]

    def test_components_as_the_original_named_them(self):
        data = VascuDataset(self.cases(1), split_components=True)[0]
        self.assertEqual(values(data.node_velocity_1), values(data.node_velocity[:, 1]))
        self.assertNotIn('node_pressure_0', data)

    def test_metadata_as_attributes(self):
        folder = self.cases(1, metadata=lambda at: {'age': 50, 'name': 'P', 'inlet': [1.5, 2]})
        data = VascuDataset(folder, metadata_attributes=['age', 'name', 'inlet', 'absent'])[0]
        self.assertEqual((data.age, data.name, values(data.inlet)), (50, 'P', [1.5, 2.0]))
        self.assertNotIn('absent', data)
        for taken in ('pos', 'num_nodes', 'num_edges', 'num_graphs', 'left_out', 'filled'):
            with self.assertRaisesRegex(vascusim.ConfigError, f"'{taken}'"):
                VascuDataset(folder, metadata_attributes=[taken])

    def test_dtype_is_that_of_floating_arrays(self):
        data = VascuDataset(self.cases(1), dtype='float64')[0]
        kinds = {name: str(data[name].dtype).rpartition('.')[2] for name in ('pos', 'node_pressure', 'cell_region')}
        self.assertEqual(kinds, {'pos': 'float64', 'node_pressure': 'float64', 'cell_region': 'int32'})
        with self.assertRaises(vascusim.ConfigError):
            VascuDataset(self.cases(1), dtype='int32')

    def test_transforms_of_python_come_one_after_the_other(self):
        def first(data):
            data.seen = ['first']
            return data

        def last(data):
            data.seen.append('last')
            return data

        self.assertEqual(VascuDataset(self.cases(1), transform=last, pre_transform=first)[0].seen, ['first', 'last'])

    def test_a_module_runs_in_the_engine(self):
        module = self.write(
            os.path.join(self.folder, 'twice.mjs'),
            'export default (data) => { const { data: p } = data.node.pressure;'
            ' for (let i = 0; i < p.length; i++) p[i] *= 2; return data; };',
        )
        data = VascuDataset(self.cases(1), transform=module)[0]
        self.assertEqual(values(data.node_pressure), [at * 7.0 for at in range(5)])

    def test_a_module_has_options_of_its_own(self):
        module = self.write(
            os.path.join(self.folder, 'scaled.mjs'),
            'export default (data, { options }) => { const { data: p } = data.node.pressure;'
            ' for (let i = 0; i < p.length; i++) p[i] *= options.by_factor; return data; };',
        )
        data = VascuDataset(self.cases(1), transform={'module': module, 'options': {'by_factor': 3}})[0]
        self.assertEqual(values(data.node_pressure), [at * 10.5 for at in range(5)])

    def parted(self, count=2):
        """Samples with a part each: the mesh once more, its pressure as ``wss``."""
        module = self.write(
            os.path.join(self.folder, 'parted.mjs'),
            'export default (data) => ({ ...data, parts: { wall: { ...data, metadata: {},'
            ' node: { wss: data.node.pressure } } } });',
        )
        return VascuDataset(self.cases(count), transform=module)

    def test_parts_are_samples_of_their_own(self):
        data = self.parted()[1]
        wall = data.parts['wall']
        self.assertIsInstance(wall, type(data))
        self.assertEqual(values(wall.node_wss), values(data.node_pressure))
        self.assertEqual((wall.num_nodes, wall.num_cells, wall.id), (data.num_nodes, data.num_cells, data.id))
        self.assertNotIn('node_pressure', wall)
        self.assertNotIn('parts', VascuDataset(self.cases(1))[0])

    def test_parts_are_batches_of_their_own_wherever_they_are_joined(self):
        dataset = self.parted()
        here = vascusim.loader.DataLoader(dataset, batch_size=2, collate_fn=vascusim.collate)
        for batch in [*vascusim.loader.DataLoader(dataset, batch_size=2), *here]:
            wall = batch.parts['wall']
            self.assertEqual(values(wall.node_wss), values(batch.node_pressure))
            self.assertEqual(values(wall.ptr), values(batch.ptr))
            self.assertEqual(values(wall[1].node_wss), values(dataset[1].parts['wall'].node_wss))

    def test_what_is_neither_a_function_nor_a_module_is_refused(self):
        for wrong in ('scale', 3):
            with self.assertRaisesRegex(vascusim.ConfigError, 'transform must be a function'):
                VascuDataset(self.cases(1), transform=wrong)

    def test_kinds_of_files_can_be_left_out(self):
        folder = self.cases(2)
        self.assertEqual(len(VascuDataset(folder, load_vtu=False)), 0)
        self.assertEqual(len(VascuDataset(folder, load_vtp=False)), 2)
        with self.assertRaises(vascusim.ConfigError):
            VascuDataset(folder, load_vtu=False, load_vtp=False)

    def test_a_misspelt_option_is_refused(self):
        with self.assertRaisesRegex(vascusim.ConfigError, "StreamingVascuDataset has no option 'prefetch_sise'. Did you mean prefetch_size?") as caught:
            StreamingVascuDataset(self.cases(1), prefetch_sise=3)
        self.assertEqual(caught.exception.option, 'prefetch_sise')

    def test_paths_of_python(self):
        import pathlib

        folder = self.cases(1)
        self.assertEqual(len(VascuDataset(pathlib.Path(folder))), 1)
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(os.path.dirname(folder))
        self.assertEqual(len(VascuDataset(os.path.basename(folder))), 1)
        os.environ['HOME'], home = os.path.dirname(folder), os.environ.get('HOME', '')
        self.addCleanup(os.environ.__setitem__, 'HOME', home)
        self.assertEqual(len(VascuDataset('~/' + os.path.basename(folder))), 1)

    def test_samples_that_share_a_mesh_may_be_named_by_a_function(self):
        seen = []

        def group(sample):
            seen.append(sample.id)
            return 'all'

        dataset = VascuDataset(self.cases(2), shared_mesh=group)
        self.assertEqual(seen, ['case_0', 'case_1'])
        self.assertEqual(len(dataset), 2)
        copy = pickle.loads(pickle.dumps(dataset))
        copy._let_go()
        engine = _engine.current()
        with mock.patch.object(engine, 'request', wraps=engine.request) as request:
            self.assertEqual(copy[0].id, 'case_0')
        options = request.call_args_list[0][1]['options']
        self.assertEqual(options['sharedMesh'], {'$groups': {'case_0.vtu': 'all', 'case_1.vtu': 'all'}})
        self.assertEqual(len(seen), 2)


class Filters(TestCase):
    def test_a_filter_gets_a_plain_dict(self):
        seen = []
        dataset = VascuDataset(self.cases(4), filter_fn=lambda metadata: seen.append(metadata) or metadata['age'] > 41)
        self.assertIs(type(seen[0]), dict)
        self.assertEqual([sample.id for sample in dataset.samples], ['case_2', 'case_3'])
        self.assertEqual(dataset[0].id, 'case_2')

    def test_a_filter_of_two_arguments_gets_the_sample(self):
        dataset = VascuDataset(self.cases(4), filter_fn=lambda metadata, sample: sample.path == 'case_3.vtu')
        self.assertEqual([data.id for data in dataset], ['case_3'])

    def test_what_a_filter_raises_arrives_with_the_sample_named(self):
        def wrong(metadata):
            return metadata['no such key']

        with self.assertRaises(KeyError) as caught:
            VascuDataset(self.cases(2), filter_fn=wrong)
        if hasattr(caught.exception, 'add_note'):
            self.assertIn("'case_0'", caught.exception.__notes__[0])

    def parts(self, *lacking):
        """A folder of cases of a volume and a wall, of which some lack one."""
        folder = os.path.join(self.folder, f'parts-{len(os.listdir(self.folder))}')
        for at in range(4):
            os.makedirs(os.path.join(folder, f'case_{at}'))
            for name, points in (('volume', 8), ('wall', 5)):
                if f'case_{at}/{name}' not in lacking:
                    self.write(os.path.join(folder, f'case_{at}', f'{name}.vtu'), vtu(points + at))
        return {'source_url': folder, 'samples': {name: f'{{case}}/{name}.vtu' for name in ('volume', 'wall')}}

    def test_incomplete_samples_can_be_left_out(self):
        options = self.parts('case_1/wall', 'case_2/volume')
        with self.assertRaisesRegex(vascusim.NotFoundError, 'filter_fn'):
            VascuDataset(**options)
        seen = []
        complete = lambda metadata, sample: seen.append(sample.parts) or len(sample.parts) == 2
        dataset = VascuDataset(**options, filter_fn=complete)
        self.assertEqual([data.id for data in dataset], ['case_0', 'case_3'])
        self.assertEqual(seen[1], {'volume': 'case_1/volume.vtu'})
        self.assertEqual(seen[2], {'wall': 'case_2/wall.vtu'})
        _engine.current().stop()
        self.assertEqual([data.id for data in dataset.subset([1, 0])], ['case_3', 'case_0'])
        again = pickle.loads(pickle.dumps(dataset))
        _engine.current().stop()
        self.assertEqual([data.id for data in again], ['case_0', 'case_3'])

    def test_incomplete_samples_that_the_filter_keeps_are_an_error(self):
        with self.assertRaisesRegex(vascusim.NotFoundError, 'case_1'):
            VascuDataset(**self.parts('case_1/wall'), filter_fn=lambda metadata: metadata['case'] != 'case_2')

    def test_a_filter_and_a_function_that_groups_see_each_sample_once(self):
        filtered, grouped = [], []
        dataset = VascuDataset(
            **self.parts('case_1/wall'),
            filter_fn=lambda metadata, sample: filtered.append(sample.id) or len(sample.parts) == 2,
            shared_mesh=lambda sample: grouped.append(sample.id),
        )
        self.assertEqual(filtered, ['case_0', 'case_1', 'case_2', 'case_3'])
        self.assertEqual(grouped, ['case_0', 'case_2', 'case_3'])
        self.assertEqual(len(dataset), 3)

    def test_a_filter_runs_in_the_thread_that_waits_for_it(self):
        threads = set()
        VascuDataset(self.cases(2), filter_fn=lambda metadata: threads.add(threading.get_ident()) or True)
        self.assertEqual(threads, {threading.get_ident()})

    def test_a_filter_may_use_other_datasets_and_may_keep_nothing(self):
        other = VascuDataset(self.cases(1))
        dataset = VascuDataset(self.cases(2), filter_fn=lambda metadata: len(other[0].pos) == 0)
        self.assertEqual((len(dataset), list(dataset)), (0, []))

    def test_an_interrupt_in_a_filter_is_one(self):
        def interrupt(metadata):
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            VascuDataset(self.cases(1), filter_fn=interrupt)
        self.assertEqual(len(VascuDataset(self.cases(1))), 1)

    def test_what_is_no_function_is_refused(self):
        with self.assertRaisesRegex(vascusim.ConfigError, 'filter_fn'):
            VascuDataset(self.cases(1), filter_fn='age > 3')

    def test_metadata_come_in_pages(self):
        folder = self.cases(3, metadata=lambda at: {'text': 'x' * 700_000, 'at': at})
        self.assertEqual(len(VascuDataset(folder, filter_fn=lambda metadata: metadata['at'] != 1)), 2)


if __name__ == '__main__':
    unittest.main()
