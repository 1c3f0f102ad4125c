import type { RegionFacts } from '../measure/region.js';
import { LinePlot } from './line-plot.js';

/** The region's mean brightness along each axis. */
export function RegionProfiles({ facts }: { facts: RegionFacts }) {
  const { area, columns, rows, names } = facts;
  const [left, top, width, height] = area;
  const name = names[0] ?? 'gray';
  return (
    <>
      <Profile title="Columns" from={left} length={width} values={columns} name={name} />
      <Profile title="Rows" from={top} length={height} values={rows} name={name} />
    </>
  );
}

interface ProfileProps {
  readonly title: string;
  /** First pixel, and pixels in all. */
  readonly from: number;
  readonly length: number;
  readonly values: readonly number[];
  readonly name: string;
}

function Profile({ title, from, length, values, name }: ProfileProps) {
  const step = length / values.length;
  return (
    <LinePlot
      title={`${title} of the region`}
      unit={`mean ${name} over px`}
      across={values.map((_, index) => from + index * step)}
      lines={[{ name, colour: name, values }]}
      height={84}
      time={false}
    />
  );
}
