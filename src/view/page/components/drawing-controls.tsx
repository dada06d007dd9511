import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type View, viewNames } from '../../../render/camera.ts';
import { CheckField, SelectField } from './field.tsx';
import { useViewer } from './use-viewer.ts';

/** Views along an axis, which are those of `render` under another name. */
const ALIASES: readonly string[] = ['x', 'y', 'z'];

/** Controls of drawing, and what can be taken along: the picture and the link. */
export function DrawingControls(): JSX.Element {
  const viewer = useViewer();
  const { link, scene } = viewer;
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => setSaid(await copyText(viewer.address));
  const save = async (): Promise<void> => {
    try {
      const name = await viewer.savePicture();
      setSaid(`Saved as ${name}.`);
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
  };
  const names = viewNames.filter((name) => !ALIASES.includes(name) || name === link.view);
  return (
    <fieldset>
      <legend>Drawing</legend>
      <SelectField
        label="Look from"
        value={link.camera === undefined ? link.view : 'moved'}
        choices={[
          ...names.map((name) => ({ value: name, text: name === 'auto' ? 'auto (broad side)' : name })),
          ...(link.camera === undefined ? [] : [{ value: 'moved', text: 'moved by hand' }]),
        ]}
        onChange={(value) => value !== 'moved' && viewer.change({ view: value as View, camera: undefined })}
      />
      <div class="pair">
        <CheckField
          label="Edges"
          isChecked={link.hasEdges}
          onChange={(hasEdges) => viewer.change({ hasEdges })}
        />
        <CheckField label="Lighting" isChecked={link.isLit} onChange={(isLit) => viewer.change({ isLit })} />
      </div>
      <div class="buttons">
        <button type="button" onClick={() => viewer.change({ camera: undefined })}>
          Reset view
        </button>
        <button type="button" disabled={scene === undefined} onClick={() => void save()}>
          Save picture
        </button>
        <button type="button" onClick={() => void copy()}>
          Copy link
        </button>
      </div>
      <p class="hint" aria-live="polite">
        {said}
      </p>
    </fieldset>
  );
}

async function copyText(text: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return 'The link is copied. It works while this session runs.';
  } catch {
    return `The browser does not let this page copy: ${text}`;
  }
}
