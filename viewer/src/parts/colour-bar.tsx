import { useEffect, useRef } from 'preact/hooks';
import { colourBytes } from '../picture/gl-picture.js';
import type { CameraView } from '../state/camera-view.js';
import { useChanges } from '../state/observable.js';

const ticks = [0, 0.25, 0.5, 0.75, 1] as const;

/** Which colour is which value, in the camera's counts. */
export function ColourBar({ view: { levels } }: { view: CameraView }) {
  useChanges(levels);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { gray, colourMap, inverted, low, high } = levels;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!gray || context === null || context === undefined) return;
    const row = new ImageData(new Uint8ClampedArray(colourBytes(colourMap, inverted)), 256, 1);
    context.putImageData(row, 0, 0);
  }, [gray, colourMap, inverted]);
  if (!gray) return null;
  const values = ticks.map((part) => Math.round(low + part * (high - low)));
  return (
    <figure class="colour-bar" aria-label={`Colours from ${low} to ${high} counts`}>
      <canvas ref={canvas} width={256} height={1} />
      <figcaption aria-hidden="true">
        {values.map((value) => (
          <span key={value}>{value}</span>
        ))}
        <span class="unit">counts</span>
      </figcaption>
    </figure>
  );
}
