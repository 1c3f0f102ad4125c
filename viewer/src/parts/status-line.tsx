import { pictureEncodings } from '../../../src/view/wire.js';
import type { CameraView } from '../state/camera-view.js';
import { type Health, healthOf } from '../state/health.js';
import { HealthChip } from './health-chip.js';
import { useClock } from './use-clock.js';
import { age, bytesPerSecond } from './words.js';

/** What the page says of itself: how much of the source it shows, how old that is, and what was lost on the way. */
export function StatusLine({ view }: { view: CameraView }) {
  useClock(250);
  const { frame, meter, news } = view;
  const last = meter.seconds.at(-1);
  const health = shownHealth(view);
  return (
    <footer class="status">
      <span role="status" aria-live="polite">
        <HealthChip health={health} words={health.kind === 'live' ? 'Live' : chipWords(health)} />
      </span>
      <Fact
        name="Shown"
        value={`${last === undefined ? '…' : last.shownFps.toFixed(1)} of ${(news?.fps ?? 0).toFixed(1)} fps`}
      />
      <Fact name="Age" value={view.ageMs === undefined ? 'unknown' : age(view.ageMs)} />
      <Fact name="Dropped" value={String(meter.dropped)} title="Frames lost before they reached this server" />
      <Fact name="Skipped" value={String(meter.skipped)} title="Frames that this viewer passed over for newer ones" />
      <Fact name="Link" value={`${bytesPerSecond(last?.bytesPerSecond ?? 0)}, ${carried(view)}`} />
      {frame !== undefined && (
        <Fact
          name="Frame"
          value={`${frame.header.sequence > 0 ? `${frame.header.sequence} · ` : ''}${frame.header.fullWidth} × ${frame.header.fullHeight} ${frame.sourceFormat}`}
        />
      )}
    </footer>
  );
}

function Fact({ name, value, title }: { name: string; value: string; title?: string }) {
  return (
    <span class="fact" title={title}>
      <span class="faint">{name}</span> {value}
    </span>
  );
}

function shownHealth(view: CameraView): Health {
  if (view.paused) return { kind: 'waiting', words: `Paused · ${view.remembered} frames kept`, canRetry: false };
  return healthOf(view.connection, view.news, view.silenceMs);
}

/** The chip has room for a few words; the rest stands on the picture. */
function chipWords({ words }: Health): string {
  return words.length > 48 ? `${words.slice(0, 47)}…` : words;
}

/** How the pixels of the shown frame came here. */
function carried({ frame }: CameraView): string {
  if (frame === undefined) return 'no picture';
  const { reduction, encoding } = frame.header;
  if (encoding === pictureEncodings.h264) return 'H.264';
  if (!frame.exact) return reduction > 1 ? `lossy, every ${reduction}. pixel` : 'lossy';
  return reduction > 1 ? `every ${reduction}. pixel` : 'raw';
}
