import { udpCounter, udpPaths } from '../native/udp.js';
import type { SendPath } from './options.js';

/** What a socket did so far. */
export interface UdpStatistics {
  /** Packets that the kernel took. */
  readonly sentPackets: number;
  /** Bytes of these, without UDP and IP headers. */
  readonly sentBytes: number;
  /** Trains: messages of two packets or more. */
  readonly sentTrains: number;
  /** System calls of sending. */
  readonly sendCalls: number;
  /** Times that the send buffer had no room, and a write had to wait. */
  readonly sendBufferFull: number;
  /** Times that the other end said that nobody receives there (ICMP port unreachable). */
  readonly refused: number;
  /** Packets received; those of a train count one by one. */
  readonly receivedPackets: number;
  /** Bytes of these, without UDP and IP headers. */
  readonly receivedBytes: number;
  /** Trains received as one. */
  readonly receivedTrains: number;
  /** System calls of receiving. */
  readonly receiveCalls: number;
  /** Datagrams that were too large for a row and were dropped. */
  readonly truncated: number;
  /** Datagrams that the kernel dropped because the receive buffer was full. */
  readonly kernelDrops: number;
  /** How packets are handed to the kernel now. */
  readonly path: SendPath;
  /** Packets of a train at most; 1: there are no trains. */
  readonly maxSegments: number;
  /** Writes that wait for room or for their time. */
  readonly queuedWrites: number;
  /** Bytes that the kernel may hold before they leave. */
  readonly sendBufferBytes: number;
  /** Bytes that the kernel may hold until they are received. */
  readonly receiveBufferBytes: number;
}

/** What the counters of a socket say, with what they do not. */
export function statisticsOf(
  counters: Float64Array,
  others: Pick<UdpStatistics, 'kernelDrops' | 'queuedWrites' | 'sendBufferBytes' | 'receiveBufferBytes'>,
): UdpStatistics {
  const of = (name: keyof typeof udpCounter): number => counters[udpCounter[name]] as number;
  return {
    sentPackets: of('sentPackets'),
    sentBytes: of('sentBytes'),
    sentTrains: of('sentTrains'),
    sendCalls: of('sendCalls'),
    sendBufferFull: of('sendFull'),
    refused: of('refused'),
    receivedPackets: of('receivedPackets'),
    receivedBytes: of('receivedBytes'),
    receivedTrains: of('receivedTrains'),
    receiveCalls: of('receiveCalls'),
    truncated: of('truncated'),
    path: udpPaths[of('path')] as SendPath,
    maxSegments: of('maxSegments'),
    ...others,
  };
}
