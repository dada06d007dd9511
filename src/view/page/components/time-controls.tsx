import type { JSX } from 'preact';
import type { ViewedStep } from '../../view-protocol.ts';
import { shortText } from './number-texts.ts';
import { useViewer } from './use-viewer.ts';

/** Controls of time, where a sample has steps. */
export function TimeControls(): JSX.Element | null {
  const viewer = useViewer();
  const { description, link, isPlaying } = viewer;
  const steps = description?.steps ?? [];
  if (steps.length === 0) return null;
  const at = Math.min(link.step, steps.length - 1);
  const text = stepText(at, steps[at]);
  return (
    <div class="time">
      <button type="button" class="play" onClick={() => (isPlaying ? viewer.stop() : void viewer.play())}>
        <span aria-hidden="true">{isPlaying ? '❚❚' : '▶'}</span> {isPlaying ? 'Pause' : 'Play'}
      </button>
      <label class="slider">
        <span class="unseen">Time</span>
        <input
          type="range"
          min="0"
          max={String(steps.length - 1)}
          step="1"
          value={String(at)}
          aria-valuetext={text}
          onInput={({ currentTarget }) => {
            viewer.stop();
            viewer.change({ step: Number(currentTarget.value) }, 'movement');
          }}
        />
      </label>
      <output class="moment" aria-hidden="true">
        {text}
      </output>
    </div>
  );
}

function stepText(at: number, step: ViewedStep | undefined): string {
  if (step === undefined) return `step ${at}`;
  const name = `step ${step.step}`;
  return step.time === undefined ? name : `${name}, ${shortText(step.time)} s`;
}
