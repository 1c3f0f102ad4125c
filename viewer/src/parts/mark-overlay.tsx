import type { CameraView } from '../state/camera-view.js';
import { useChanges } from '../state/observable.js';

/** Cross, line and region, drawn over the picture. */
export function MarkOverlay({ view }: { view: CameraView }) {
  const { viewport, marks } = view;
  useChanges(viewport, marks);
  const { width, height } = viewport.screen;
  const dot = (place: { x: number; y: number }) => viewport.dotAt(place);
  const { line, region, pixel } = marks;
  return (
    <svg class="marks" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      {line !== undefined && <LineMark from={dot(line.from)} to={dot(line.to)} />}
      {region !== undefined && <RegionMark from={dot(region.from)} to={dot(region.to)} />}
      {pixel !== undefined && <Cross at={dot({ x: pixel.x + 0.5, y: pixel.y + 0.5 })} zoom={viewport.zoom} />}
    </svg>
  );
}

interface Dot {
  readonly x: number;
  readonly y: number;
}

function LineMark({ from, to }: { from: Dot; to: Dot }) {
  return (
    <>
      <line class="under" x1={from.x} y1={from.y} x2={to.x} y2={to.y} />
      <line class="over" x1={from.x} y1={from.y} x2={to.x} y2={to.y} />
      <circle class="over" cx={from.x} cy={from.y} r={4} />
    </>
  );
}

function RegionMark({ from, to }: { from: Dot; to: Dot }) {
  const box = {
    x: Math.min(from.x, to.x),
    y: Math.min(from.y, to.y),
    width: Math.abs(to.x - from.x),
    height: Math.abs(to.y - from.y),
  };
  return (
    <>
      <rect class="under" {...box} />
      <rect class="over" {...box} />
    </>
  );
}

/** A cross with a gap, so that the pixel itself stays visible. */
function Cross({ at: { x, y }, zoom }: { at: Dot; zoom: number }) {
  const gap = Math.max(4, zoom / 2);
  const arms = `M${x - gap - 9} ${y}H${x - gap}M${x + gap} ${y}H${x + gap + 9}M${x} ${y - gap - 9}V${y - gap}M${x} ${y + gap}V${y + gap + 9}`;
  return (
    <>
      <path class="under" d={arms} />
      <path class="cross" d={arms} />
    </>
  );
}
