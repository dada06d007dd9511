import { describe, expect, test } from 'vitest';
import { suggestSamples } from '../../src/cli/suggest-samples.ts';
import { PathTemplate } from '../../src/core/path-template.ts';

/** Paths of the same files in several folders. */
function pathsOf(folders: readonly string[], files: (folder: string) => readonly string[]): string[] {
  return folders.flatMap((folder) => files(folder).map((file) => `${folder}/${file}`));
}

describe('the templates that would join meshes', () => {
  test.each([
    [
      'of folders that say a value',
      pathsOf(['1/m=0.001', '1/m=0.002', '2/m=0.001'], () => ['inlet.vtp', 'internal.vtu', 'wall.vtp']),
      [
        'internal={case}/m={m:number}/internal.vtu',
        'inlet={case}/m={m:number}/inlet.vtp',
        'wall={case}/m={m:number}/wall.vtp',
      ],
    ],
    [
      'of numbered folders whose files repeat the number',
      pathsOf(['run_1', 'run_2', 'run_11'], (folder) => [
        `boundary_${folder.slice(4)}.vtp`,
        `volume_${folder.slice(4)}.vtu`,
      ]),
      ['volume=run_{run:number}/volume_{run}.vtu', 'boundary=run_{run:number}/boundary_{run}.vtp'],
    ],
    [
      'of folders whose files repeat all of the name',
      pathsOf(['SST_4.5_1', 'SST_7.1_2'], (folder) => [`${folder}_internal.vtu`, `${folder}_foil.vtp`]),
      ['internal={case}/{case}_internal.vtu', 'foil={case}/{case}_foil.vtp'],
    ],
    [
      'of folders whose files repeat all of the name, or its number',
      pathsOf(['run_1', 'run_2', 'run_11'], (folder) => [`${folder}.vtu`, `wall_${folder.slice(4)}.vtp`]),
      ['run=run_{run:number}/run_{run}.vtu', 'wall=run_{run:number}/wall_{run}.vtp'],
    ],
    [
      'some of which are lacking',
      pathsOf(['a', 'b', 'c', 'd', 'e'], (folder) => (folder === 'b' ? ['v.vtu'] : ['v.vtu', 'w.vtp'])),
      ['v={case}/v.vtu', 'w?={case}/w.vtp'],
    ],
    [
      'of names with signs that mean something',
      pathsOf(['{a}', 'b'], () => ['*.vtu', 'x?.vtu']),
      [String.raw`mesh={case}/\*.vtu`, String.raw`x={case}/x\?.vtu`],
    ],
    ['of one folder', pathsOf(['a'], () => ['v.vtu', 'w.vtp']), undefined],
    ['of one name', pathsOf(['a', 'b', 'c'], () => ['v.vtu']), undefined],
    [
      'of different names',
      pathsOf(['a', 'b', 'c'], (folder) => [`${folder}${folder}x.vtu`, `${folder}1.vtp`]),
      undefined,
    ],
    ['without folders', ['a.vtu', 'b.vtu'], undefined],
  ])('%s', (_, paths, parts) => {
    expect(suggestSamples(paths)).toEqual(parts);
    for (const part of parts ?? []) {
      const template = PathTemplate.parse(part.replace(/^[^=]*=/, ''), 'samples');
      expect(paths.filter((path) => template.match(path) !== undefined).length).toBeGreaterThan(1);
    }
  });
});
