import { FramelaneError } from '../error.js';
import type { Codec } from '../nal/index.js';
import {
  AvcPayloader,
  type AvcPayloaderOptions,
  GenericPayloader,
  type GenericPayloaderOptions,
  HevcPayloader,
  type HevcPayloaderOptions,
  JpegPayloader,
  type JpegPayloaderOptions,
  type Payloader,
  RawPayloader,
  type RawPayloaderOptions,
  VvcPayloader,
  type VvcPayloaderOptions,
} from '../rtp/index.js';

/** A codec with what its payload format wants to know. */
export type PayloadOptions =
  | { readonly codec: 'avc'; readonly payload?: AvcPayloaderOptions }
  | { readonly codec: 'hevc'; readonly payload?: HevcPayloaderOptions }
  | { readonly codec: 'vvc'; readonly payload?: VvcPayloaderOptions }
  | { readonly codec: 'jpeg'; readonly payload?: JpegPayloaderOptions }
  | { readonly codec: 'raw'; readonly payload: RawPayloaderOptions }
  | { readonly codec: 'generic'; readonly payload?: GenericPayloaderOptions };

/** What cuts up the units of a codec. */
export function payloaderOf(options: PayloadOptions): Payloader {
  switch (options.codec) {
    case 'avc':
      return new AvcPayloader(options.payload);
    case 'hevc':
      return new HevcPayloader(options.payload);
    case 'vvc':
      return new VvcPayloader(options.payload);
    case 'jpeg':
      return new JpegPayloader(options.payload);
    case 'raw':
      return new RawPayloader(options.payload);
    case 'generic':
      return new GenericPayloader(options.payload);
    default:
      throw new FramelaneError('BAD_ARGUMENT', `no codec is called "${(options as { codec: Codec }).codec}"`);
  }
}

/** Payload type of a codec: the static one of RFC 3551 where there is one, else the first dynamic one. */
export function usualPayloadType(codec: Codec): number {
  return codec === 'jpeg' ? 26 : 96;
}
