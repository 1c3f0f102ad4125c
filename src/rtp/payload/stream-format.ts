import { FramelaneError } from '../../error.js';
import { AvcReader } from './avc-depacketizer.js';
import type { PayloadReader } from './depacketizer.js';
import { GenericReader } from './generic-depacketizer.js';
import { HevcReader } from './hevc-depacketizer.js';
import { JpegReader } from './jpeg-depacketizer.js';
import { RawReader } from './raw-depacketizer.js';
import type { RawFormat } from './raw-format.js';
import { VvcReader } from './vvc-depacketizer.js';

/** What the payloads of a payload type are, as an SDP says it or the user. */
export type StreamFormat =
  | { readonly codec: 'avc' }
  | {
      readonly codec: 'hevc' | 'vvc';
      /** Whether packets carry decoding order numbers: `sprop-max-don-diff` over 0 in the SDP. Default false. */
      readonly donl?: boolean;
    }
  | {
      readonly codec: 'jpeg';
      /** Pixels across, where packets do not say it (over 2040) or round it up to a multiple of 8: `a=framesize`. */
      readonly width?: number;
      /** Rows, as {@link width}. */
      readonly height?: number;
    }
  | (RawFormat & { readonly codec: 'raw' })
  | {
      readonly codec: 'generic';
      /** Whether packets have no payload header, as `GenericPayloader` with `bare`. Default false. */
      readonly bare?: boolean;
    };

/** What reads the payloads of a format. Throws `UNSUPPORTED` for one that is not read here. */
export function payloadReader(format: StreamFormat): PayloadReader {
  switch (format.codec) {
    case 'avc':
      return new AvcReader();
    case 'hevc':
      return new HevcReader(format.donl);
    case 'vvc':
      return new VvcReader(format.donl);
    case 'jpeg':
      return new JpegReader(format);
    case 'raw':
      return new RawReader(format);
    case 'generic':
      return new GenericReader(format.bare);
    default:
      throw new FramelaneError('UNSUPPORTED', `no payloads of codec "${(format as StreamFormat).codec}" are read`);
  }
}
