import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

/** One line of a plot. */
export interface PlotLine {
  readonly name: string;
  /** A custom property of the page's style. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

interface LinePlotProps {
  readonly title: string;
  readonly unit: string;
  readonly across: readonly number[];
  readonly lines: readonly PlotLine[];
  readonly height?: number;
  /** Whether `across` is time in seconds since 1970. */
  readonly time?: boolean;
}

/** Lines over time or over a distance. Its last numbers are its text for screen readers. */
export function LinePlot(props: LinePlotProps) {
  const { title, unit, across, lines, height = 84, time = true } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const names = lines.map(({ name }) => name).join();
  useEffect(() => {
    const element = box.current as HTMLDivElement;
    const made = new uPlot(optionsOf(element, lines, height, time), dataOf(across, lines), element);
    plot.current = made;
    const resize = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.destroy();
    };
  }, [names, height, time]);
  useEffect(() => plot.current?.setData(dataOf(across, lines)));
  const last = lines.map(({ name, values }) => `${name} ${values.at(-1)?.toFixed(1) ?? 'none'}`).join(', ');
  return (
    <figure class="plot" aria-label={`${title} in ${unit}: ${last}`}>
      <figcaption>
        {title} <span class="faint">{unit}</span>
        {lines.length > 1 &&
          lines.map(({ name, colour }) => (
            <span class="key" key={name} data-colour={colour}>
              {name}
            </span>
          ))}
      </figcaption>
      <div ref={box} aria-hidden="true" />
    </figure>
  );
}

function dataOf(across: readonly number[], lines: readonly PlotLine[]): uPlot.AlignedData {
  return [across as number[], ...lines.map(({ values }) => values as (number | null)[])];
}

function optionsOf(element: HTMLElement, lines: readonly PlotLine[], height: number, time: boolean): uPlot.Options {
  const colour = (name: string) => () => getComputedStyle(element).getPropertyValue(`--${name}`).trim();
  const axis = { stroke: colour('faint'), grid: { stroke: colour('grid'), width: 1 }, ticks: { show: false } };
  const font = '11px system-ui, sans-serif';
  return {
    width: element.clientWidth || 280,
    height,
    padding: [6, 22, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: (_, low, high) => rangeOf(low, high) } },
    axes: [
      { ...axis, size: 20, font, gap: 2, values: (_, splits) => splits.map((at) => acrossWords(at, time)) },
      { ...axis, size: 44, font, gap: 2, space: 20 },
    ],
    series: [{}, ...lines.map((line) => ({ stroke: colour(line.colour), width: 1.5, points: { show: false } }))],
  };
}

/** A time of the day, or a distance. */
function acrossWords(at: number, time: boolean): string {
  return time ? new Date(at * 1000).toLocaleTimeString('en-GB') : String(Math.round(at * 1000) / 1000);
}

/** From zero, unless all of it lies far above: then a ripple is what one wants to see. */
function rangeOf(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  const spread = high - low;
  if (low > 0 && spread < low * 0.2) return [low - Math.max(spread, low * 0.02), high + Math.max(spread, low * 0.02)];
  return [Math.min(0, low), high <= 0 ? 1 : high * 1.1];
}
