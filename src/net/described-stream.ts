import {
  type MediaFormat,
  parameterSetsAnnexB,
  type ReceivedStream,
  readSdp,
  type StreamDescription,
  streamsOf,
} from '../rtp/index.js';
import { fromCrypto } from '../srtp/index.js';
import type { RtpReceiverOptions } from './rtp-receiver.js';

/** What is needed to receive a stream that an SDP describes. */
export interface DescribedReception {
  /** For `RtpReceiver.open`. */
  readonly options: RtpReceiverOptions;
  /** What the description says, without its keys: those are in the options. */
  readonly description: StreamDescription;
  /** Parameter sets as Annex B, where the description has them: a decoder gets them first. */
  readonly parameterSets: Uint8Array | undefined;
}

/**
 * How to receive the first video stream of an SDP. An address of this machine, or of a group, is the one that it is
 * received at. Throws `SDP_INVALID`, `UNSUPPORTED`, `SRTP_KEY`.
 */
export function receptionOf(sdp: string | Uint8Array): DescribedReception {
  const [description] = streamsOf(readSdp(sdp)) as [StreamDescription, ...StreamDescription[]];
  const { address, port, multicast, rtcp } = description;
  const streams = description.payloads.map(streamOf);
  const place = multicast ? { multicast: { group: address } } : { address };
  const parameterSets = annexBOf(description.payloads[0]?.format);
  return {
    options: { ...place, port, streams, rtcp: rtcp.mux ? 'mux' : 'next', ...keysOf(description) },
    description: { ...description, crypto: [] },
    parameterSets,
  };
}

function keysOf({ secure, crypto }: StreamDescription): Pick<RtpReceiverOptions, 'srtp'> {
  return secure ? { srtp: { receiveKey: fromCrypto(crypto) } } : {};
}

function streamOf(payload: StreamDescription['payloads'][number]): ReceivedStream {
  // What is in the SDP need not be in the stream, so that its first unit may begin with a slice.
  return { ...payload, trustStart: annexBOf(payload.format) !== undefined };
}

/** Parameter sets behind start codes; undefined when there are none. */
function annexBOf(format: MediaFormat | undefined): Uint8Array | undefined {
  if (format === undefined || !('parameterSets' in format) || format.parameterSets.length === 0) return undefined;
  return parameterSetsAnnexB(format.parameterSets);
}
