import type { JSX } from 'preact';
import { bytesText } from './number-texts.ts';
import { useViewer } from './use-viewer.ts';

/** Facts of the chosen sample: its files, its size, its metadata. */
export function SampleFacts(): JSX.Element | null {
  const { description } = useViewer();
  if (description === undefined) return null;
  const { id, files, metadata, points, cells, steps } = description;
  const count = (value: number | undefined, name: string): string[] =>
    value === undefined ? [] : [`${value.toLocaleString('en')} ${name}`];
  const size = [
    ...count(points, 'points'),
    ...count(cells, 'cells'),
    ...count(steps.length === 0 ? undefined : steps.length, 'steps'),
  ];
  const [file] = files;
  return (
    <section class="facts" aria-label={`Metadata of ${id}`}>
      <h2>{id}</h2>
      {size.length === 0 ? null : <p>{size.join(' · ')}</p>}
      {file === undefined ? null : (
        <p class="hint">
          {file.path}, {bytesText(file.bytes)}
          {files.length > 1 ? ` and ${files.length - 1} more` : ''}
        </p>
      )}
      {metadata.length === 0 ? (
        <p class="hint">No metadata.</p>
      ) : (
        <dl>
          {metadata.map(([key, text]) => (
            <div key={key}>
              <dt>{key}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
