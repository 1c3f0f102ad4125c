import { useEffect } from 'preact/hooks';
import { useChanges } from '../state/observable.js';
import type { Page } from '../state/page.js';
import { listenToKeys } from '../state/shortcuts.js';
import { CameraGrid } from './camera-grid.js';
import { CameraPage } from './camera-page.js';
import { Header } from './header.js';
import { KeyHelp } from './key-help.js';

/** The whole page. */
export function App({ page }: { page: Page }) {
  useChanges(page);
  useEffect(() => listenToKeys(page), [page]);
  const { view, grid, problem, helpShown } = page;
  return (
    <>
      <Header page={page} />
      {problem !== undefined && (
        <p class="banner trouble" role="alert">
          The server does not answer: {problem}. Trying again.
        </p>
      )}
      {view !== undefined && <CameraPage key={view.camera} view={view} />}
      {grid !== undefined && <CameraGrid grid={grid} open={(camera) => page.open(camera)} />}
      {helpShown && <KeyHelp close={() => page.showHelp(false)} />}
    </>
  );
}
