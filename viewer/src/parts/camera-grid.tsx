import { useEffect, useRef, useState } from 'preact/hooks';
import { TilePainter } from '../picture/tile-painter.js';
import type { GridWatch, Tile } from '../state/grid-watch.js';
import { healthOf } from '../state/health.js';
import { useChanges } from '../state/observable.js';
import type { ConnectionState } from '../wire/connection.js';
import { HealthChip } from './health-chip.js';
import { shortName } from './names.js';
import { useClock } from './use-clock.js';

/** All cameras in small. */
export function CameraGrid({ grid, open }: { grid: GridWatch; open: (camera: number) => void }) {
  useChanges(grid);
  const [painter, setPainter] = useState<TilePainter>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    try {
      const made = new TilePainter();
      setPainter(made);
      return () => made.close();
    } catch (error) {
      setProblem((error as Error).message);
      return undefined;
    }
  }, []);
  if (problem !== undefined) return <p class="banner trouble">{problem}</p>;
  return (
    <main class="grid" aria-label="All cameras">
      {grid.tiles.map((tile) => (
        <CameraTile key={tile.news.camera} tile={tile} connection={grid.connection} painter={painter} open={open} />
      ))}
    </main>
  );
}

interface CameraTileProps {
  readonly tile: Tile;
  readonly connection: ConnectionState;
  readonly painter: TilePainter | undefined;
  readonly open: (camera: number) => void;
}

function CameraTile({ tile, connection, painter, open }: CameraTileProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useClock(500);
  useEffect(() => tile.subscribe(() => painter?.ask(tile, canvas.current)), [tile, painter]);
  const { news, frame } = tile;
  const health = healthOf(connection, news, tile.silenceMs);
  const size =
    frame === undefined ? '' : `${frame.header.fullWidth} × ${frame.header.fullHeight} ${frame.sourceFormat}`;
  return (
    <button
      type="button"
      class={`tile ${health.kind}`}
      onClick={() => open(news.camera)}
      aria-label={`${news.address}: ${health.words}. Open in large`}
    >
      <span class="tile-picture">
        <canvas ref={canvas} width={480} height={270} />
        {health.kind !== 'live' && <span class="veil">{health.words}</span>}
      </span>
      <span class="tile-words">
        <strong>{shortName(news.address)}</strong>
        <HealthChip health={health} words={health.kind === 'live' ? `${news.fps.toFixed(1)} fps` : health.kind} />
        <span class="faint">{size}</span>
      </span>
    </button>
  );
}
