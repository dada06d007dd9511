import type { JSX } from 'preact';
import { type ColorMapName, colorMapNames } from '../../../render/color.ts';
import type { ViewedArray } from '../../view-protocol.ts';
import { defaultMap } from '../value-scale.ts';
import { type Choice, SelectField } from './field.tsx';
import { RangeFields } from './range-fields.tsx';
import { useViewer } from './use-viewer.ts';

/** Letters of the components of vectors. */
const LETTERS = ['x', 'y', 'z'];

/** Controls of colours: array, component, map, range. */
export function ColourControls(): JSX.Element {
  const viewer = useViewer();
  const { link, description, scene } = viewer;
  const arrays = description?.arrays ?? [];
  const asked = link.field ?? description?.first ?? '';
  // What is asked for and is not there is not what is shown.
  const isThere = asked === '' || arrays.some(({ name }) => name === asked);
  const field = isThere ? asked : (scene?.parts[0]?.array?.name ?? '');
  const array = arrays.find(({ name }) => name === field);
  const isDifference = scene?.isDifference ?? false;
  return (
    <fieldset>
      <legend>Colour</legend>
      <SelectField
        label="Colour by"
        value={array === undefined ? '' : field}
        choices={[{ value: '', text: 'Plain' }, ...arrayChoices(arrays)]}
        onChange={(value) =>
          viewer.change({ field: value, component: undefined, range: keepAll(link.range) })
        }
      />
      <div class="pair">
        <SelectField
          label="Component"
          value={link.component ?? ''}
          choices={componentChoices(array)}
          isDisabled={array === undefined || array.components === 1}
          onChange={(value) =>
            viewer.change({ component: value === '' ? undefined : value, range: keepAll(link.range) })
          }
        />
        <SelectField
          label="Colour map"
          value={link.map ?? defaultMap(isDifference)}
          choices={colorMapNames.map((name) => ({ value: name, text: name }))}
          onChange={(value) => {
            const map = value as ColorMapName;
            viewer.change({ map: map === defaultMap(isDifference) ? undefined : map });
          }}
        />
      </div>
      <RangeFields />
    </fieldset>
  );
}

/** Keeps the wish for all steps; a range that was fixed is one of another array. */
function keepAll(range: ReturnType<typeof useViewer>['link']['range']): 'all' | undefined {
  return range === 'all' ? 'all' : undefined;
}

function arrayChoices(arrays: readonly ViewedArray[]): readonly Choice[] {
  const seen = new Set<string>();
  return arrays.flatMap(({ name, on, unit }) => {
    if (seen.has(name)) return [];
    seen.add(name);
    const notes = [unit, on === 'cell' ? 'cells' : undefined].filter(
      (note) => note !== undefined && note !== '',
    );
    return [{ value: name, text: notes.length === 0 ? name : `${name} (${notes.join(', ')})` }];
  });
}

function componentChoices(array: ViewedArray | undefined): readonly Choice[] {
  const { components = 3, componentNames = [] } = array ?? {};
  const magnitude = { value: '', text: 'Magnitude' };
  if (components <= 3) {
    const letters = LETTERS.slice(0, components === 1 ? 3 : components);
    return [magnitude, ...letters.map((letter) => ({ value: letter, text: letter.toUpperCase() }))];
  }
  const numbers = Array.from({ length: components }, (_, at) => {
    const name = componentNames[at] ?? '';
    return {
      value: LETTERS[at] ?? String(at),
      text: name === '' ? (LETTERS[at]?.toUpperCase() ?? String(at)) : name,
    };
  });
  return [magnitude, ...numbers];
}
