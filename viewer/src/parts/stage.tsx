import { useEffect, useRef, useState } from 'preact/hooks';
import { StagePainter } from '../picture/stage-painter.js';
import type { CameraView } from '../state/camera-view.js';
import { Gestures } from '../state/gestures.js';
import { healthOf } from '../state/health.js';
import { useChanges } from '../state/observable.js';
import { ColourBar } from './colour-bar.js';
import { MarkOverlay } from './mark-overlay.js';
import { useClock } from './use-clock.js';

/** The picture, what is marked in it, and the truth about it when it is not live. */
export function Stage({ view }: { view: CameraView }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const element = canvas.current as HTMLCanvasElement;
    let painter: StagePainter;
    try {
      painter = new StagePainter(element, view);
    } catch (error) {
      setProblem((error as Error).message);
      return undefined;
    }
    const gestures = new Gestures(element, view);
    return () => {
      gestures.close();
      painter.close();
    };
  }, [view]);
  return (
    <section class="stage" aria-label="Picture">
      <div class="canvas-box">
        <canvas ref={canvas} tabIndex={0} role="img" aria-label={`Live picture of ${view.address}`} />
        <MarkOverlay view={view} />
        <Veil view={view} problem={problem} />
      </div>
      <ColourBar view={view} />
    </section>
  );
}

function Veil({ view, problem }: { view: CameraView; problem: string | undefined }) {
  useChanges(view);
  useClock(250);
  const health = healthOf(view.connection, view.news, view.silenceMs);
  if (problem !== undefined) return <p class="veil trouble">{problem}</p>;
  if (view.paused || health.kind === 'live') return null;
  const stale = view.frame === undefined ? '' : 'stale';
  return (
    <div class={`veil ${health.kind} ${stale}`}>
      <p>{health.words}</p>
      {health.canRetry && (
        <button type="button" onClick={() => void view.retry()}>
          Try now
        </button>
      )}
    </div>
  );
}
