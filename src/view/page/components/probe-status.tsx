import type { JSX } from 'preact';
import { titleOf } from './colour-bar.tsx';
import { shortText } from './number-texts.ts';
import { useViewer } from './use-viewer.ts';

/** Value under the pointer, or where somebody clicked. */
export function ProbeStatus(): JSX.Element {
  const viewer = useViewer();
  const { probed } = viewer.probing;
  if (probed === undefined) {
    return (
      <div class="probe" role="status" aria-label="Probe">
        <span class="hint">Point at the mesh for its value; click to keep it.</span>
      </div>
    );
  }
  const { hit, loaded, isPinned, point, cell, exact, fault } = probed;
  const { array, sample } = loaded;
  const isPair = (viewer.scene?.parts.length ?? 0) > 1;
  const place = hit.place.map(shortText).join(', ');
  return (
    <div
      class="probe"
      role="status"
      aria-label="Probe"
      data-value={hit.value === undefined ? undefined : String(hit.value)}
      data-x={String(hit.place[0])}
      data-y={String(hit.place[1])}
      data-z={String(hit.place[2])}
      data-point={point === undefined ? undefined : String(point)}
      data-cell={cell === undefined ? undefined : String(cell)}
      data-sample={sample}
    >
      <span>
        {isPinned ? <span aria-hidden="true">◉ </span> : null}
        {isPair ? `${sample}: ` : ''}
        {array === undefined || hit.value === undefined
          ? 'plain'
          : `${titleOf(array.name, array.components, viewer.scene?.component, array.componentNames)} `}
        {hit.value === undefined ? null : <strong>{shortText(hit.value)}</strong>}
        {hit.value === undefined || array?.unit === undefined ? '' : ` ${array.unit}`}
      </span>
      <span>
        {cell === undefined ? '' : `cell ${cell} · `}
        {point === undefined ? '' : `point ${point} · `}
        {`(${place})`}
      </span>
      {exact === undefined ? null : (
        <span class="hint">
          {exact.on === 'cell' ? 'cell' : 'point'} {exact.number} in the file: {exact.text}
          {exact.components.length > 1 ? ` (${exact.components.join(', ')})` : ''}
        </span>
      )}
      {fault === undefined ? null : <span class="fault">{fault}</span>}
      {isPinned ? (
        <button type="button" class="small" onClick={() => viewer.probing.unpin()}>
          Let go
        </button>
      ) : null}
    </div>
  );
}
