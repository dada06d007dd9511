import type { JSX } from 'preact';

/** Sentences on what is wrong, which screen readers read out. */
export function FaultList({ faults }: { readonly faults: readonly string[] }): JSX.Element | null {
  if (faults.length === 0) return null;
  return (
    <div class="faults" role="alert">
      {faults.map((fault) => (
        <p key={fault}>{fault}</p>
      ))}
    </div>
  );
}
