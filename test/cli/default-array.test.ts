import { expect, test } from 'vitest';
import { chooseField } from '../../src/cli/default-array.ts';

const NO_FIELDS = [
  'GlobalNodeID',
  'globalnodeid',
  'GlobalElementID',
  'GLOBAL_IDS_NODES',
  'global_ids',
  'GlobalIds',
  'PedigreeIds',
  'pedigreeids',
  'vtkOriginalPointIds',
  'VTKORIGINALCELLIDS',
  'vtkGhostType',
  'vtkghosttype',
  'vtkGhostLevels',
  'Normals',
  'normals',
  'NORMALS',
  'PointNormals',
  'surface_normal',
  'Id',
  'ids',
  'cell_ids',
  'NodeIDs',
  'ModelFaceID',
  'element id',
  'ProcessIds',
  'rank',
  'mpi_rank',
  'MPIRank',
  'MpiRank',
  'Partition',
  'subdomain',
  'proc',
  'processor',
  'avtGhostZones',
  'ghost_cells',
  'avtOriginalCellNumbers',
  'node_number',
];

const FIELDS = [
  'pressure_mmHg',
  'velocity',
  'fluid',
  'solid',
  'liquids',
  'normal_stress',
  'wss',
  'grid',
  'identity',
  'crank_angle',
  'partition_coefficient',
  'process_heat',
  'cell_Reynolds_number',
  'τ_w',
];

test.each(NO_FIELDS)('%s is not drawn by default', (name) => {
  expect(chooseField({ pointArrays: [name], cellArrays: [name], markedArrays: [] })).toBeUndefined();
  expect(chooseField({ pointArrays: [name, 'wss'], cellArrays: [], markedArrays: [] })).toBe('wss');
  expect(chooseField({ pointArrays: [name], cellArrays: ['region'], markedArrays: [] })).toBe('region');
});

test.each(FIELDS)('%s is drawn by default', (name) => {
  expect(chooseField({ pointArrays: ['GlobalNodeID', name], cellArrays: [], markedArrays: [] })).toBe(name);
});

test('what the file marks as something else is not drawn by default', () => {
  expect(
    chooseField({ pointArrays: ['numbering', 'wss'], cellArrays: [], markedArrays: ['numbering'] }),
  ).toBe('wss');
});

test('the pressure comes first', () => {
  const header = { pointArrays: ['velocity', 'Pressure'], cellArrays: [] };
  expect(chooseField(header)).toBe('Pressure');
});
