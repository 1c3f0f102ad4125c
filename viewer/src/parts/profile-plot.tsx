import type { LineProfile } from '../measure/line-profile.js';
import type { PixelScale } from '../state/scale.js';
import { LinePlot } from './line-plot.js';

/** The numbers along the line. */
export function ProfilePlot({ profile, scale }: { profile: LineProfile; scale: PixelScale | undefined }) {
  const { distance, values, names } = profile;
  // A line crosses pixels at any angle: where they are not square, it is measured in pixels.
  const inMillimetres = scale !== undefined && scale.x === scale.y;
  return (
    <LinePlot
      title="Line profile"
      unit={`counts over ${inMillimetres ? 'mm' : 'px'}`}
      across={inMillimetres ? distance.map((pixels) => pixels * scale.x) : distance}
      lines={names.map((name, index) => ({ name, colour: name, values: values[index] as readonly number[] }))}
      height={110}
      time={false}
    />
  );
}
