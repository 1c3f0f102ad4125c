import type { CameraView } from '../state/camera-view.js';
import { Commands } from './commands.js';
import { Facts } from './facts.js';
import { LevelPanel } from './level-panel.js';
import { MarkPanel } from './mark-panel.js';
import { PlotPanel } from './plot-panel.js';
import { Section } from './section.js';
import { Stage } from './stage.js';
import { StatusLine } from './status-line.js';
import { Toolbar } from './toolbar.js';

/** One camera in large, with everything that can be read off it. */
export function CameraPage({ view }: { view: CameraView }) {
  return (
    <main class="camera">
      <div class="picture-column">
        <Toolbar view={view} />
        <Stage view={view} />
        <StatusLine view={view} />
      </div>
      <aside class="panels" aria-label="Measurements">
        <Section title="Levels" open>
          <LevelPanel view={view} />
        </Section>
        <Section title="Pixel, line, region" open>
          <MarkPanel view={view} />
        </Section>
        <Section title="Plots" open>
          <PlotPanel view={view} />
        </Section>
        <Section title="Metadata">
          <Facts view={view} />
        </Section>
        <Section title="Read this source">
          <Commands view={view} />
        </Section>
      </aside>
    </main>
  );
}
