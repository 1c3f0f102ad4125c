import type { RegionFacts } from '../measure/region.js';
import { samplesOf } from '../measure/samples.js';
import type { CameraView } from '../state/camera-view.js';
import { useChanges } from '../state/observable.js';
import { type PixelScale, scaleOf, setScale } from '../state/scale.js';
import { ProfilePlot } from './profile-plot.js';
import { RegionProfiles } from './region-profiles.js';
import { useClock } from './use-clock.js';
import { measured } from './words.js';

/** Numbers of the pixel under the pointer, along the line, in the region. */
export function MarkPanel({ view }: { view: CameraView }) {
  const { marks } = view;
  useChanges(marks);
  useClock(200);
  const scale = scaleOf(view.address, view.frame);
  const { facts, profile, region } = marks;
  return (
    <>
      <PixelLine view={view} scale={scale} />
      {profile !== undefined && <ProfilePlot profile={profile} scale={scale} />}
      {facts !== undefined && <RegionTable facts={facts} marked={region !== undefined} scale={scale} />}
      {facts !== undefined && region !== undefined && <RegionProfiles facts={facts} />}
      {(marks.line !== undefined || region !== undefined) && (
        <button type="button" onClick={() => marks.clear()}>
          Remove line and region (Esc)
        </button>
      )}
      <ScaleField view={view} scale={scale} />
    </>
  );
}

function PixelLine({ view, scale }: { view: CameraView; scale: PixelScale | undefined }) {
  const { pixel } = view.marks;
  const { frame } = view;
  if (pixel === undefined || frame === undefined) {
    return <p class="faint">Point at the picture, or move the cross with the arrow keys.</p>;
  }
  const { reduction } = frame.header;
  const samples = samplesOf(frame);
  const x = Math.min(frame.width - 1, Math.floor(pixel.x / reduction));
  const y = Math.min(frame.height - 1, Math.floor(pixel.y / reduction));
  const values = samples.names.map((name, channel) => `${name} ${samples.read(x, y, channel)}`);
  const { area } = frame.text;
  return (
    <dl class="pairs pixel">
      <dt>Pixel</dt>
      <dd data-name="place">
        {pixel.x}, {pixel.y}
      </dd>
      <dt>Value</dt>
      <dd data-name="value">
        {values.join('  ')}
        {frame.exact ? '' : ' (lossy)'}
      </dd>
      {area !== undefined && (
        <>
          <dt>On the sensor</dt>
          <dd>
            {pixel.x + area.x}, {pixel.y + area.y}
          </dd>
        </>
      )}
      {scale !== undefined && (
        <>
          <dt>Position</dt>
          <dd data-name="position">
            {((pixel.x + (area?.x ?? 0)) * scale.x).toFixed(3)}, {((pixel.y + (area?.y ?? 0)) * scale.y).toFixed(3)} mm
          </dd>
        </>
      )}
    </dl>
  );
}

function RegionTable(props: { facts: RegionFacts; marked: boolean; scale: PixelScale | undefined }) {
  const { facts, marked, scale } = props;
  const [left, top, width, height] = facts.area;
  const rows: readonly (readonly [string, readonly number[]])[] = [
    ['Mean', facts.mean],
    ['σ', facts.deviation],
    ['Min', facts.least],
    ['Max', facts.most],
  ];
  return (
    <>
      <table class="numbers">
        <caption>
          {marked ? `Region ${width} × ${height} at ${left}, ${top}` : 'Whole picture'}
          {facts.complete ? '' : ' (evenly spread pixels)'}
        </caption>
        {facts.names.length > 1 && (
          <thead>
            <tr>
              <th />
              {facts.names.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {rows.map(([name, values]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {values.map((value, channel) => (
                <td key={facts.names[channel]} data-name={`${name} ${facts.names[channel]}`}>
                  {measured(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Spot facts={facts} scale={scale} />
    </>
  );
}

/** Where the light is and how wide: what one wants to know of a beam. */
function Spot({ facts: { centre, width }, scale }: { facts: RegionFacts; scale: PixelScale | undefined }) {
  if (centre === undefined || width === undefined) return null;
  const inMillimetres = (x: number, y: number) =>
    scale === undefined ? '' : ` = ${(x * scale.x).toFixed(3)}, ${(y * scale.y).toFixed(3)} mm`;
  return (
    <dl class="pairs">
      <dt title="Centre of gravity above the darkest row and column">Centre</dt>
      <dd data-name="centre">
        {centre.x.toFixed(1)}, {centre.y.toFixed(1)}
        {inMillimetres(centre.x, centre.y)}
      </dd>
      <dt title="Full width at half maximum of the sums of columns and rows">FWHM</dt>
      <dd data-name="width">
        {width.x.toFixed(1)}, {width.y.toFixed(1)}
        {inMillimetres(width.x, width.y)}
      </dd>
    </dl>
  );
}

function ScaleField({ view, scale }: { view: CameraView; scale: PixelScale | undefined }) {
  const set = (value: number) => setScale(view.address, value > 0 ? value : undefined);
  return (
    <label class="field inline">
      <span class="faint">mm a pixel{scale === undefined || scale.byHand ? '' : ' (source)'}</span>
      <input
        type="number"
        min="0"
        step="any"
        placeholder="unknown"
        value={scale?.x ?? ''}
        onChange={(event) => set(event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}
