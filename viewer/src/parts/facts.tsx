import type { CameraView } from '../state/camera-view.js';
import type { LiveFrame } from '../wire/live-frame.js';
import { useClock } from './use-clock.js';

/** What the source says of the picture. */
export function Facts({ view }: { view: CameraView }) {
  useClock(500);
  const { frame } = view;
  if (frame === undefined) return <p class="faint">No picture yet.</p>;
  return (
    <table class="numbers facts">
      <tbody>
        {rowsOf(frame).map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function rowsOf({ sourceFormat, header, planes, text }: LiveFrame): readonly (readonly [string, string])[] {
  const { captureTime, publishedMs, sequence, fullWidth, fullHeight, reduction } = header;
  const { area, metadata } = text;
  return [
    ['format', sourceFormat],
    ['size', `${fullWidth} × ${fullHeight}`],
    ['stride', `${planes.map(({ stride }) => stride).join(', ')} bytes${reduction > 1 ? ' as sent' : ''}`],
    ['sequence', sequence > 0 ? String(sequence) : 'unknown'],
    ['captured', captureTime > 0n ? isoTime(captureTime) : 'unknown'],
    ['published', publishedMs > 0 ? isoTime(BigInt(Math.round(publishedMs * 1000)) * 1000n) : 'unknown'],
    ...(area === undefined
      ? []
      : [['area', `at ${area.x}, ${area.y} of ${area.sourceWidth} × ${area.sourceHeight}`] as const]),
    ...Object.entries(metadata).map(([name, value]) => [name, String(value)] as const),
  ];
}

/** 2026-11-20T08:00:00.123456Z, to the microsecond. */
function isoTime(ns: bigint): string {
  const whole = new Date(Number(ns / 1_000_000n)).toISOString();
  return whole.replace('Z', `${String((ns / 1000n) % 1000n).padStart(3, '0')}Z`);
}
