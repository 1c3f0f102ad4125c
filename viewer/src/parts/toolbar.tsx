import { type PictureQuality, pictureQualities } from '../../../src/view/wire.js';
import type { CameraView } from '../state/camera-view.js';
import type { Tool } from '../state/marks.js';
import { useChanges } from '../state/observable.js';
import { IconButton, type IconName } from './icon.js';
import { SaveMenu } from './save-menu.js';

const tools: readonly { readonly tool: Tool; readonly icon: IconName; readonly words: string }[] = [
  { tool: 'move', icon: 'move', words: 'Move (M)' },
  { tool: 'levels', icon: 'levels', words: 'Levels by dragging (W)' },
  { tool: 'line', icon: 'line', words: 'Line profile (L)' },
  { tool: 'region', icon: 'region', words: 'Region (G)' },
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
        <IconButton icon="back" words="One frame back (,)" run={() => view.step(-1)} />
        <IconButton
          icon={view.paused ? 'play' : 'pause'}
          words={view.paused ? 'Go on (Space)' : 'Pause (Space)'}
          pressed={view.paused}
          run={() => view.pause(!view.paused)}
        />
        <IconButton icon="on" words="One frame on (.)" run={() => view.step(1)} />
      </span>
      <fieldset class="group" aria-label="Dragging">
        {tools.map(({ tool, icon, words }) => (
          <IconButton
            key={tool}
            icon={icon}
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
      <IconButton icon="smaller" words="Smaller (-)" run={() => viewport.zoomTo(viewport.zoom / 1.5)} />
      <button type="button" class="zoom" onClick={() => viewport.zoomTo(1)} title="A pixel a dot (1)">
        {percent < 10 ? percent.toFixed(1) : Math.round(percent)} %
      </button>
      <IconButton icon="larger" words="Larger (+)" run={() => viewport.zoomTo(viewport.zoom * 1.5)} />
      <IconButton icon="whole" words="Whole picture (0)" pressed={viewport.fits} run={() => viewport.fit()} />
    </span>
  );
}
