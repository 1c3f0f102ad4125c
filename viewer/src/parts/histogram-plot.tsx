import { useRef } from 'preact/hooks';
import type { CameraView } from '../state/camera-view.js';
import { useChanges } from '../state/observable.js';
import { useClock } from './use-clock.js';

const bins = 128;
const plotHeight = 72;

/** How often values occur, logarithmically, with handles for black and white. */
export function HistogramPlot({ view }: { view: CameraView }) {
  const { levels } = view;
  useChanges(levels);
  useClock(200);
  const svg = useRef<SVGSVGElement>(null);
  const held = useRef<'low' | 'high' | undefined>(undefined);
  const { low, high, brightest } = levels;
  const { histogram } = view;
  const at = (value: number) => (value / (brightest + 1)) * bins;
  const valueUnder = (event: PointerEvent) => {
    const box = (svg.current as SVGSVGElement).getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * (brightest + 1);
  };
  const set = (value: number) =>
    held.current === 'low'
      ? levels.setWindow(Math.min(value, levels.high - 1), levels.high)
      : levels.setWindow(levels.low, value);
  const down = (event: PointerEvent) => {
    const value = valueUnder(event);
    held.current = Math.abs(value - low) < Math.abs(value - high) ? 'low' : 'high';
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    set(value);
  };
  return (
    <svg
      ref={svg}
      class="histogram"
      viewBox={`0 0 ${bins} ${plotHeight}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Histogram from 0 to ${brightest}; black ${low}, white ${high}`}
      onPointerDown={down}
      onPointerMove={(event) => held.current !== undefined && set(valueUnder(event))}
      onPointerUp={() => {
        held.current = undefined;
      }}
    >
      <rect class="window" x={at(low)} width={Math.max(0, at(high + 1) - at(low))} height={plotHeight} />
      {histogram?.counts.map((_, channel) => (
        <path
          key={histogram.names[channel]}
          class={`counts ${histogram.names[channel]}`}
          d={outline(histogram.bins(channel, bins, brightest))}
        />
      ))}
      <line class="handle" x1={at(low)} x2={at(low)} y2={plotHeight} />
      <line class="handle" x1={at(high + 1)} x2={at(high + 1)} y2={plotHeight} />
    </svg>
  );
}

/** The bins as an area; logarithmic, so that a few bright pixels show beside a million dark ones. */
function outline(counts: Float64Array): string {
  const most = Math.log1p(Math.max(1, ...counts));
  const tops = [...counts].map((count, bin) => {
    const top = (plotHeight * (1 - Math.log1p(count) / most)).toFixed(1);
    return `L${bin} ${top}L${bin + 1} ${top}`;
  });
  return `M0 ${plotHeight}${tops.join('')}L${bins} ${plotHeight}Z`;
}
