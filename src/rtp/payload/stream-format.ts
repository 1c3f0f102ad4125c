import { FramelaneError } from '../../error.js';
import { AvcReader } from './avc-depacketizer.js';
import type { PayloadReader } from './depacketizer.js';
import { HevcReader } from './hevc-depacketizer.js';

/** What a payload type stands for, as an SDP says it or the user. */
export type StreamFormat = { readonly codec: 'avc' } | { readonly codec: 'hevc'; readonly hasOrder?: boolean };

/** What reads the payloads of a format. Throws `UNSUPPORTED` for one that is not read here. */
export function payloadReader(format: StreamFormat): PayloadReader {
  switch (format.codec) {
    case 'avc':
      return new AvcReader();
    case 'hevc':
      return new HevcReader(format.hasOrder);
    default:
      throw new FramelaneError('UNSUPPORTED', `no payloads of codec "${(format as StreamFormat).codec}" are read`);
  }
}
