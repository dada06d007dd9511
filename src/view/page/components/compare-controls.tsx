import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { CheckField, SelectField } from './field.tsx';
import { useViewer } from './use-viewer.ts';

/** Controls of two samples: side by side, or their difference. */
export function CompareControls(): JSX.Element {
  const viewer = useViewer();
  const { link, listing } = viewer;
  const { ids } = listing;
  const { compare } = link;
  const choices = useMemo(() => {
    const all = compare === undefined || ids.includes(compare) ? ids : [...ids, compare];
    return [{ value: '', text: 'Nothing' }, ...all.map((id) => ({ value: id, text: id }))];
  }, [ids, compare]);
  return (
    <fieldset>
      <legend>Two samples</legend>
      <SelectField
        label="Compare with"
        value={compare ?? ''}
        choices={choices}
        onChange={(value) =>
          viewer.change(value === '' ? { compare: undefined, isDifference: false } : { compare: value })
        }
      />
      <CheckField
        label="Difference"
        isChecked={link.isDifference}
        isDisabled={compare === undefined}
        onChange={(isDifference) => viewer.change({ isDifference })}
      />
    </fieldset>
  );
}
