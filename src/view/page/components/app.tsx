import type { JSX } from 'preact';
import type { Viewer } from '../viewer.ts';
import { ColourBar } from './colour-bar.tsx';
import { ColourControls } from './colour-controls.tsx';
import { CompareControls } from './compare-controls.tsx';
import { CutControls } from './cut-controls.tsx';
import { DrawingControls } from './drawing-controls.tsx';
import { FaultList } from './fault-list.tsx';
import { PictureView } from './picture-view.tsx';
import { ProbeStatus } from './probe-status.tsx';
import { RunTiles } from './run-tiles.tsx';
import { SampleFacts } from './sample-facts.tsx';
import { SampleList } from './sample-list.tsx';
import { TimeControls } from './time-controls.tsx';
import { useViewer, ViewerContext } from './use-viewer.ts';

/** Page: the samples, the picture of one, and what can be done with it; or a run. */
export function App({ viewer }: { readonly viewer: Viewer }): JSX.Element {
  return (
    <ViewerContext.Provider value={viewer}>
      <Layout />
    </ViewerContext.Provider>
  );
}

function Layout(): JSX.Element {
  const { session, faults } = useViewer();
  const isRunOnly = session !== undefined && session.samples === 0 && session.report !== undefined;
  return (
    <>
      <div class="progress" aria-hidden="true" />
      <header class="head">
        <h1>VascuSim</h1>
        <p class="source">
          {session?.source ?? ''}
          {session?.where === undefined ? '' : ` where ${session.where}`}
        </p>
      </header>
      <FaultList faults={faults} />
      {session?.report === undefined ? null : <RunTiles name={session.report} />}
      {isRunOnly ? null : (
        <div class="columns">
          <div class="stage">
            <PictureView />
            <ColourBar />
            <ProbeStatus />
            <TimeControls />
          </div>
          <section class="samples" aria-labelledby="samples-title">
            <SampleList />
            <SampleFacts />
          </section>
          <section class="controls" aria-label="Controls">
            <ColourControls />
            <CutControls />
            <CompareControls />
            <DrawingControls />
          </section>
        </div>
      )}
    </>
  );
}
