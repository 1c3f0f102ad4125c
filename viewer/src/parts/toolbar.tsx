import { type PictureQuality, pictureQualities } from '../../../src/view/wire.js';
import type { CameraView } from '../state/camera-view.js';
import type { Tool } from '../state/marks.js';
import { useChanges } from '../state/observable.js';
import { SaveMenu } from './save-menu.js';

const tools: readonly { readonly tool: Tool; readonly sign: string; readonly words: string }[] = [
  { tool: 'move', sign: '✥', words: 'Move (M)' },
  { tool: 'levels', sign: '◑', words: 'Levels by dragging (W)' },
  { tool: 'line', sign: '╱', words: 'Line profile (L)' },
  { tool: 'region', sign: '▭', words: 'Region (G)' },
];

const qualityWords: Readonly<Record<PictureQuality, string>> = {
  auto: 'Auto',
  raw: 'Raw',
  half: 'Every 2nd pixel',
  quarter: 'Every 4th pixel',
  jpeg: 'JPEG',
};

/** What can be done with the picture. */
export function Toolbar({ view }: { view: CameraView }) {
  useChanges(view, view.viewport, view.marks);
  return (
    <div class="toolbar" role="toolbar" aria-label="Picture">
      <span class="group">
        <IconButton sign="⏮" words="One frame back (,)" run={() => view.step(-1)} />
        <IconButton
          sign={view.paused ? '▶' : '⏸'}
          words={view.paused ? 'Go on (Space)' : 'Pause (Space)'}
          pressed={view.paused}
          run={() => view.pause(!view.paused)}
        />
        <IconButton sign="⏭" words="One frame on (.)" run={() => view.step(1)} />
      </span>
      <fieldset class="group" aria-label="Dragging">
        {tools.map(({ tool, sign, words }) => (
          <IconButton
            key={tool}
            sign={sign}
            words={words}
            pressed={view.marks.tool === tool}
            run={() => view.marks.setTool(tool)}
          />
        ))}
      </fieldset>
      <Zoom view={view} />
      <span class="spacer" />
      <label class="choice">
        <span class="faint">Link</span>
        <select
          value={view.quality}
          aria-label="How pixels are sent"
          onChange={(event) => view.setQuality(event.currentTarget.value as PictureQuality)}
        >
          {pictureQualities.map((quality) => (
            <option key={quality} value={quality}>
              {qualityWords[quality]}
            </option>
          ))}
        </select>
      </label>
      <SaveMenu view={view} />
    </div>
  );
}

function Zoom({ view }: { view: CameraView }) {
  const { viewport } = view;
  const percent = viewport.zoom * 100;
  return (
    <span class="group">
      <IconButton sign="−" words="Smaller (-)" run={() => viewport.zoomTo(viewport.zoom / 1.5)} />
      <button type="button" class="zoom" onClick={() => viewport.zoomTo(1)} title="A pixel a dot (1)">
        {percent < 10 ? percent.toFixed(1) : Math.round(percent)} %
      </button>
      <IconButton sign="+" words="Larger (+)" run={() => viewport.zoomTo(viewport.zoom * 1.5)} />
      <IconButton sign="⛶" words="Whole picture (0)" pressed={viewport.fits} run={() => viewport.fit()} />
    </span>
  );
}

/** A button with a sign on it and words for tips and screen readers. */
export function IconButton(props: { sign: string; words: string; pressed?: boolean; run: () => void }) {
  const { sign, words, pressed, run } = props;
  return (
    <button type="button" class="icon" title={words} aria-label={words} aria-pressed={pressed} onClick={run}>
      <span aria-hidden="true">{sign}</span>
    </button>
  );
}
