import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Plane } from '../../../render/plane.ts';
import type { ViewBounds } from '../../view-protocol.ts';
import { Field, SelectField } from './field.tsx';
import { spanText } from './number-texts.ts';
import { useViewer } from './use-viewer.ts';

/** Normals that can be chosen. */
const NORMALS: Readonly<Record<string, readonly [number, number, number]>> = {
  X: [1, 0, 0],
  Y: [0, 1, 0],
  Z: [0, 0, 1],
};
/** Normal of a link that is none of these. */
const OTHER = 'other';

/** Controls of a cut: a clip, which takes away what lies beyond a plane, or a slice, which shows the values on it. */
export function CutControls(): JSX.Element {
  const viewer = useViewer();
  const { link, scene } = viewer;
  const [last, setLast] = useState({ normal: 'X', percent: 50 });
  const plane = link.slice ?? link.clip;
  const kind = link.slice !== undefined ? 'slice' : link.clip !== undefined ? 'clip' : 'none';
  const bounds = scene?.parts[0]?.whole.bounds;
  const normal = plane === undefined ? last.normal : normalOf(plane);
  const percent = plane === undefined || bounds === undefined ? last.percent : percentOf(plane, bounds);
  const cut = (to: string, name: string, at: number, isMovement: boolean): void => {
    if (name !== OTHER) setLast({ normal: name, percent: at });
    if (bounds === undefined) return;
    const direction = NORMALS[name] ??
      (plane?.slice(0, 3) as [number, number, number] | undefined) ?? [1, 0, 0];
    const made = planeAt(direction, at, bounds);
    viewer.change(
      { clip: to === 'clip' ? made : undefined, slice: to === 'slice' ? made : undefined },
      isMovement ? 'movement' : 'step',
    );
  };
  const names = [...Object.keys(NORMALS), ...(normal === OTHER ? [OTHER] : [])];
  return (
    <fieldset>
      <legend>Cut</legend>
      <div class="pair">
        <SelectField
          label="Cut"
          value={kind}
          choices={[
            { value: 'none', text: 'None' },
            { value: 'clip', text: 'Clip' },
            { value: 'slice', text: 'Slice' },
          ]}
          isDisabled={bounds === undefined && kind === 'none'}
          onChange={(to) =>
            to === 'none'
              ? viewer.change({ clip: undefined, slice: undefined })
              : cut(to, normal, percent, false)
          }
        />
        <SelectField
          label="Normal"
          value={normal}
          choices={names.map((name) => ({ value: name, text: name === OTHER ? 'Oblique' : name }))}
          isDisabled={kind === 'none'}
          onChange={(name) => cut(kind, name, percent, false)}
        />
      </div>
      <Field label="Position">
        <input
          type="range"
          min="0"
          max="100"
          step="0.5"
          value={String(percent)}
          disabled={kind === 'none'}
          aria-valuetext={plane === undefined ? undefined : planeText(plane)}
          onInput={({ currentTarget }) => cut(kind, normal, Number(currentTarget.value), true)}
        />
      </Field>
      {plane === undefined ? null : <p class="hint">{planeText(plane)}</p>}
    </fieldset>
  );
}

function normalOf(plane: Plane): string {
  const found = Object.entries(NORMALS).find(([, normal]) =>
    normal.every((value, at) => value === plane[at]),
  );
  return found?.[0] ?? OTHER;
}

/** Computes the least and the greatest height of a box along a normal. */
export function heightsOf(normal: readonly number[], { low, high }: ViewBounds): readonly [number, number] {
  let [from, to] = [0, 0];
  for (let axis = 0; axis < 3; axis++) {
    const [a, b] = [
      (normal[axis] as number) * (low[axis] as number),
      (normal[axis] as number) * (high[axis] as number),
    ];
    from += Math.min(a, b);
    to += Math.max(a, b);
  }
  return [from, to];
}

function planeAt(normal: readonly [number, number, number], percent: number, bounds: ViewBounds): Plane {
  const [from, to] = heightsOf(normal, bounds);
  return [...normal, Number(spanText(from + (percent / 100) * (to - from), to - from))];
}

function percentOf(plane: Plane, bounds: ViewBounds): number {
  const [from, to] = heightsOf(plane, bounds);
  const share = to > from ? (plane[3] - from) / (to - from) : 0.5;
  return Math.round(200 * Math.min(1, Math.max(0, share))) / 2;
}

function planeText([x, y, z, d]: Plane): string {
  const terms = [
    [x, 'x'],
    [y, 'y'],
    [z, 'z'],
  ] as const;
  const left = terms
    .filter(([factor]) => factor !== 0)
    .map(([factor, name]) => (factor === 1 ? name : `${Number(factor.toPrecision(4))} ${name}`));
  return `${left.join(' + ')} = ${Number(d.toPrecision(12))}`;
}
