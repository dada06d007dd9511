import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Picture } from '../picture.ts';
import { PictureGestures } from '../picture-gestures.ts';
import { titleOf } from './colour-bar.tsx';
import { heightsOf } from './cut-controls.tsx';
import { spanText } from './number-texts.ts';
import { useViewer } from './use-viewer.ts';

/** Picture with what is said about it. */
export function PictureView(): JSX.Element {
  const viewer = useViewer();
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    viewer.attach(element, Picture);
    const gestures = new PictureGestures(element, viewer);
    return () => gestures.end();
  }, [viewer]);
  useEffect(() => canvas.current?.setAttribute('aria-label', nameOf(viewer)));
  const { scene, faults, description } = viewer;
  const marker = viewer.probing.probed?.marker;
  const waiting =
    description === undefined ? 'Waiting for the list of samples …' : `Fetching ${description.id} …`;
  const note =
    scene === undefined
      ? faults.length > 0
        ? 'Nothing is shown.'
        : waiting
      : (scene.note ?? clipNote(viewer));
  return (
    <div class="picture">
      <canvas ref={canvas} role="img" aria-label="View" aria-describedby="picture-keys" tabIndex={0} />
      <p id="picture-keys" class="unseen">
        Arrow keys turn, with Shift they move; + and − zoom, r resets, e shows edges, [ and ] change the step,
        the space bar plays.
      </p>
      {scene !== undefined && scene.parts.length > 1 ? (
        <div class="names" aria-hidden="true">
          {scene.parts.map(({ sample }, at) => (
            <span key={at}>{sample}</span>
          ))}
        </div>
      ) : null}
      {marker === undefined ? null : (
        <span class="marker" aria-hidden="true" style={{ left: `${marker[0]}px`, top: `${marker[1]}px` }} />
      )}
      {note === undefined ? null : <p class={note === waiting ? 'note late' : 'note'}>{note}</p>}
    </div>
  );
}

/** Says that a clip takes all of the mesh away. */
function clipNote({ scene, link: { clip } }: ReturnType<typeof useViewer>): string | undefined {
  if (clip === undefined || scene === undefined) return undefined;
  const isGone = scene.parts.every(({ whole }) => heightsOf(clip, whole.bounds)[0] > clip[3]);
  return isGone ? 'The clip takes all of the mesh away: move its position.' : undefined;
}

/** Writes in words what a picture shows. */
function nameOf({ scene, scale }: ReturnType<typeof useViewer>): string {
  const [first, second] = scene?.parts ?? [];
  if (scene === undefined || first === undefined) return 'View: nothing is shown';
  const { array, sample } = first;
  const both = scene.isDifference
    ? `${sample} less ${scene.asked.compare ?? ''}`
    : second === undefined
      ? sample
      : `${sample} beside ${second.sample}`;
  const what = first.isSlice ? 'a slice' : 'the surface';
  if (array === undefined) return `View of ${what} of ${both}, plain`;
  const title = titleOf(array.name, array.components, scene.component, array.componentNames);
  const unit = array.unit === undefined ? '' : ` ${array.unit}`;
  const range =
    scale === undefined
      ? 'without a finite value'
      : `from ${spanText(scale.low, scale.high - scale.low)} to ${spanText(scale.high, scale.high - scale.low)}${unit}`;
  return `View of ${what} of ${both}, coloured by ${title} ${range}`;
}
