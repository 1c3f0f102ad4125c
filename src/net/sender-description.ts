import { isNalCodec, ParameterSets } from '../nal/index.js';
import { describeStreams, type MediaFormat, type UnitBytes, writeSdp } from '../rtp/index.js';
import { type SrtpKey, toCrypto } from '../srtp/index.js';
import type { UdpAddress } from './address.js';
import type { PayloadOptions } from './payloader-of.js';
import type { RtcpMode } from './rtp-transport.js';

/** What of a stream stands in its description, beside its codec. */
export interface DescribedStream {
  /** Where it is sent to. */
  readonly remote: UdpAddress;
  /** Payload type. */
  readonly payloadType: number;
  /** Ticks a second of the timestamps. */
  readonly clockRate: number;
  /** Synchronization source. */
  readonly ssrc: number;
  /** Where RTCP goes. */
  readonly rtcp: RtcpMode;
  /** Routers that packets to a group may pass. */
  readonly ttl: number | undefined;
  /** Pictures a second, where they are known. */
  readonly frameRate: number | undefined;
  /** SRTP key, where it is SRTP. */
  readonly key: SrtpKey | undefined;
}

/** What receivers have to know of a stream that is sent, as an SDP: with the parameter sets that were sent last. */
export class SenderDescription {
  readonly #options: PayloadOptions;
  readonly #sets: ParameterSets | undefined;

  constructor(options: PayloadOptions) {
    this.#options = options;
    this.#sets = isNalCodec(options.codec) ? new ParameterSets(options.codec) : undefined;
  }

  /** Takes note of the parameter sets of a unit. Returns whether the description is another one now. */
  update(unit: UnitBytes): boolean {
    return this.#sets?.update(unit) ?? false;
  }

  /** The text, with CR and LF. */
  sdp(stream: DescribedStream): string {
    const { remote, payloadType, clockRate, ssrc, rtcp, ttl, frameRate, key } = stream;
    const { address, port } = remote;
    const feedback = { nack: false, pli: true, fir: true };
    const session = describeStreams(
      [
        {
          payloads: [{ payloadType, clockRate, format: this.#format() }],
          address,
          port,
          ssrc,
          ...(ttl === undefined ? {} : { ttl }),
          ...(frameRate === undefined ? {} : { frameRate }),
          ...(key === undefined ? {} : { secure: true, crypto: [toCrypto(key)] }),
          ...(rtcp === 'none' ? {} : { rtcp: { mux: rtcp === 'mux' }, feedback }),
        },
      ],
      { name: 'framelane', sessionId: BigInt(ssrc) },
    );
    return writeSdp(session);
  }

  #format(): MediaFormat {
    const options = this.#options;
    switch (options.codec) {
      case 'avc':
        return { codec: 'avc', packetizationMode: options.payload?.packetizationMode ?? 1, parameterSets: this.#all() };
      case 'hevc':
      case 'vvc':
        return { codec: options.codec, donl: options.payload?.donl ?? false, parameterSets: this.#all() };
      case 'raw':
        return { ...options.payload, codec: 'raw' };
      case 'generic':
        return { codec: 'generic', bare: options.payload?.bare ?? false };
      case 'jpeg':
        return { ...options.payload, codec: 'jpeg' };
    }
  }

  #all(): Uint8Array[] {
    const sets = this.#sets;
    return sets === undefined ? [] : [...sets.vps, ...sets.sps, ...sets.pps];
  }
}
