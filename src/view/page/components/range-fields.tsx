import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { CheckField, Field, SelectField } from './field.tsx';
import { spanText } from './number-texts.ts';
import { useViewer } from './use-viewer.ts';

/** Texts that somebody is typing. */
interface Draft {
  readonly low: string;
  readonly high: string;
}

/** Controls of the range: of each step, of all, or fixed by its ends; linear or logarithmic. */
export function RangeFields(): JSX.Element {
  const viewer = useViewer();
  const { link, scale } = viewer;
  const [draft, setDraft] = useState<Draft>();
  const fixed = typeof link.range === 'object' ? link.range : undefined;
  const ends = fixed ?? (scale === undefined ? undefined : ([scale.low, scale.high] as const));
  const span = ends === undefined ? 0 : ends[1] - ends[0];
  const shown = draft ?? {
    low: ends === undefined ? '' : spanText(ends[0], span),
    high: ends === undefined ? '' : spanText(ends[1], span),
  };
  const fault = draft === undefined ? undefined : faultOf(draft, link.isLog);
  const fixedText = String(fixed);
  // What was typed has been taken over, or something else was chosen.
  useEffect(() => {
    if (fixed === undefined) setDraft(undefined);
  }, [fixedText]);
  const type = (next: Draft): void => {
    setDraft(next);
    if (faultOf(next, link.isLog) === undefined)
      viewer.change({ range: [Number(next.low), Number(next.high)] }, 'movement');
  };
  const choose = (value: string): void => {
    setDraft(undefined);
    if (value !== 'fixed') return viewer.change({ range: value === 'all' ? 'all' : undefined });
    const [low, high] = [Number(shown.low), Number(shown.high)];
    viewer.change({ range: low < high ? [low, high] : widened(low) });
  };
  const end = (label: 'Low' | 'High', name: keyof Draft): JSX.Element => (
    <Field label={label}>
      <input
        type="number"
        step="any"
        value={shown[name]}
        disabled={ends === undefined && draft === undefined}
        aria-invalid={fault === undefined ? undefined : true}
        aria-describedby={fault === undefined ? undefined : 'range-fault'}
        onInput={({ currentTarget }) => type({ ...shown, [name]: currentTarget.value })}
        onBlur={() => fault === undefined && setDraft(undefined)}
      />
    </Field>
  );
  return (
    <>
      <SelectField
        label="Range"
        value={fixed !== undefined ? 'fixed' : link.range === 'all' ? 'all' : 'step'}
        choices={[
          { value: 'step', text: 'Each step' },
          { value: 'all', text: 'All steps' },
          { value: 'fixed', text: 'Fixed' },
        ]}
        onChange={choose}
      />
      <div class="pair">
        {end('Low', 'low')}
        {end('High', 'high')}
      </div>
      {fault === undefined ? null : (
        <p class="fault" id="range-fault">
          {fault}
        </p>
      )}
      <CheckField label="Logarithmic" isChecked={link.isLog} onChange={(isLog) => viewer.change({ isLog })} />
    </>
  );
}

function faultOf({ low, high }: Draft, isLog: boolean): string | undefined {
  if (low.trim() === '' || high.trim() === '') return 'Low and High are numbers.';
  const [from, to] = [Number(low), Number(high)];
  if (!Number.isFinite(from) || !Number.isFinite(to)) return 'Low and High are numbers.';
  if (from >= to) return 'Low must be less than High.';
  return isLog && from <= 0 ? 'A logarithmic scale begins above 0.' : undefined;
}

/** Widens one value to a range that has it in the middle. */
function widened(value: number): readonly [number, number] {
  if (!Number.isFinite(value)) return [0, 1];
  const half = Math.abs(value) / 2 || 1;
  return [value - half, value + half];
}
