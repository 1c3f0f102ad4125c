import { useEffect, useRef } from 'preact/hooks';
import { shortcuts } from '../state/shortcuts.js';

/** What keys do. */
export function KeyHelp({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const shown = shortcuts.filter(({ words }) => words !== '');
  return (
    <dialog ref={dialog} class="help" onClose={close} aria-label="Keys">
      <h2>Keys</h2>
      <dl class="pairs">
        {shown.map((shortcut) => (
          <>
            <dt key={shortcut.shown}>
              <kbd>{shortcut.shown}</kbd>
            </dt>
            <dd>{shortcut.words}</dd>
          </>
        ))}
        <dt>
          <kbd>T</kbd>
        </dt>
        <dd>colours of the page</dd>
        <dt>
          <kbd>?</kbd>
        </dt>
        <dd>this help</dd>
      </dl>
      <p class="faint">Wheel or two fingers zoom, double click zooms in and out, the right button sets levels.</p>
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
