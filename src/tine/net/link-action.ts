import type { FramelaneError } from '../../error.js';
import type { TineTransport } from './protocol.js';
import type { ReceivedImage } from './received-image.js';

/** What a link wants done; the one who owns the sockets does it. */
export type LinkAction =
  /** Connect (TCP, STREAM) or bind (UDP), then call `opened` or `lost`. */
  | { readonly type: 'open'; readonly transport: TineTransport }
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** Close the socket once what was sent is out; `lost` is not called for it. */
  | { readonly type: 'close' }
  | { readonly type: 'image'; readonly image: ReceivedImage }
  /** Something went wrong that the link goes on from. */
  | { readonly type: 'trouble'; readonly error: FramelaneError }
  /** The link gave up. A single link may be asked again. */
  | { readonly type: 'failed'; readonly error: FramelaneError };

/** Counters of a link, since it began. */
export interface LinkStats {
  /** Images handed out. */
  images: number;
  /** Images left out because they were the same as the one before. */
  repeats: number;
  /** Images dropped because every buffer was on loan. */
  dropped: number;
  /** Images of which blocks were missing. */
  incomplete: number;
  /** Datagrams or images that made no sense. */
  damaged: number;
  /** Renewals sent. */
  renewals: number;
  /** Times the connection was made. */
  connections: number;
}

/** Counters at zero. */
export function newLinkStats(): LinkStats {
  return { images: 0, repeats: 0, dropped: 0, incomplete: 0, damaged: 0, renewals: 0, connections: 0 };
}
