import type { CameraView } from '../state/camera-view.js';
import { LinePlot } from './line-plot.js';
import { useClock } from './use-clock.js';

/** The last two minutes, second by second. */
export function PlotPanel({ view }: { view: CameraView }) {
  useClock(1000);
  const { seconds } = view.meter;
  const across = seconds.map(({ time }) => time);
  const { facts, region } = view.marks;
  return (
    <>
      <LinePlot
        title="Frame rate"
        unit="fps"
        across={across}
        lines={[
          { name: 'source', colour: 'faint', values: seconds.map(({ sourceFps }) => sourceFps) },
          { name: 'shown', colour: 'accent', values: seconds.map(({ shownFps }) => shownFps) },
        ]}
      />
      <LinePlot
        title="Latency to this page"
        unit="ms"
        across={across}
        lines={[{ name: 'latency', colour: 'accent', values: seconds.map(({ ageMs }) => ageMs) }]}
      />
      <LinePlot
        title="Lost"
        unit="frames a second"
        across={across}
        lines={[
          { name: 'dropped', colour: 'trouble', values: seconds.map(({ dropped }) => dropped) },
          { name: 'skipped', colour: 'waiting', values: seconds.map(({ skipped }) => skipped) },
        ]}
      />
      <LinePlot
        title="Link"
        unit="MB/s"
        across={across}
        lines={[{ name: 'link', colour: 'accent', values: seconds.map(({ bytesPerSecond }) => bytesPerSecond / 1e6) }]}
      />
      <LinePlot
        title={region === undefined ? 'Intensity of the picture' : 'Intensity of the region'}
        unit={`mean ${facts?.names[0] ?? 'counts'}`}
        across={across}
        lines={[{ name: 'intensity', colour: 'accent', values: seconds.map(({ intensity }) => intensity) }]}
      />
    </>
  );
}
