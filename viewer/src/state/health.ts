import type { CameraNews } from '../../../src/view/wire.js';
import type { ConnectionState } from '../wire/connection.js';

/** How a camera is, in a word for the colour and a sentence for people. */
export interface Health {
  readonly kind: 'live' | 'waiting' | 'trouble';
  readonly words: string;
  /** What the user can do: have the source opened again. */
  readonly canRetry: boolean;
}

/** Silence after which a picture is no longer called live, ms; slow sources get two of their periods. */
const silentMs = 2000;

const seconds = (ms: number) => (ms < 9950 ? (ms / 1000).toFixed(1) : String(Math.round(ms / 1000)));

/** The truth about a picture: whether it is live, and otherwise why not. */
export function healthOf(connection: ConnectionState, news: CameraNews | undefined, silenceMs: number): Health {
  if (connection.kind === 'lost') {
    const pause = Math.max(0, connection.retryAtMs - performance.now());
    return trouble(`No connection to the server (${connection.reason}); next attempt in ${seconds(pause)} s`);
  }
  if (connection.kind === 'connecting' || news === undefined) return waiting('Connecting to the server');
  const again = news.retryInMs === undefined ? '' : `; next attempt in ${seconds(news.retryInMs)} s`;
  switch (news.state) {
    case 'failed':
      return { ...trouble(`${news.reason ?? 'The source failed'}${again}`), canRetry: true };
    case 'ended':
      return { ...waiting(`${news.reason ?? 'The source has ended'}${again}`), canRetry: true };
    case 'idle':
    case 'opening':
      if (news.reason === undefined) return waiting('Opening the source');
      // An end has no error's code.
      return news.code === undefined
        ? waiting(`${news.reason}; waiting for it`)
        : trouble(`${news.reason}; trying again`);
    default:
      return silenceMs > Math.max(silentMs, news.fps > 0 ? 2000 / news.fps : 0)
        ? trouble(`No frames since ${seconds(silenceMs)} s`)
        : { kind: 'live', words: 'Live', canRetry: false };
  }
}

function trouble(words: string): Health {
  return { kind: 'trouble', words, canRetry: false };
}

function waiting(words: string): Health {
  return { kind: 'waiting', words, canRetry: false };
}
