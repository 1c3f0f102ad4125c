/** What was counted of one source. Counters only grow. */
export interface SourceStatistics {
  /** Packets that arrived, duplicates and late ones too. */
  packets: number;
  /** Payload bytes of them. */
  bytes: number;
  /** Packets that were waited for in vain: for the reorder window's time, or beyond its size. */
  lost: number;
  /** Packets that came after they were given up, of the last gaps; they are of no use any more. */
  late: number;
  /** Packets that had been there already. */
  duplicates: number;
  /** Packets that came before one they follow, and waited for it. */
  reordered: number;
  /** Packets with a sequence number far off that nothing followed. */
  stray: number;
  /** Times that the sequence numbers began anew. */
  restarts: number;
  /** Packets of a payload type that nobody announced. */
  unknownPayloads: number;
  /** Access units that arrived whole. */
  units: number;
  /** Access units that were lost: see `LostUnit`. Those of which no packet arrived are not in it. */
  lostUnits: number;
}

/** Counters of a source, all 0. */
export function sourceStatistics(): SourceStatistics {
  return {
    packets: 0,
    bytes: 0,
    lost: 0,
    late: 0,
    duplicates: 0,
    reordered: 0,
    stray: 0,
    restarts: 0,
    unknownPayloads: 0,
    units: 0,
    lostUnits: 0,
  };
}

/** What was counted of everything that arrived. Counters only grow. */
export interface ReceiveStatistics {
  /** Datagrams, RTCP too. */
  datagrams: number;
  /** Bytes of them, headers of UDP and IP not counted. */
  bytes: number;
  /** Datagrams that are RTCP (RFC 5761 section 4). */
  rtcpPackets: number;
  /** Datagrams that are no RTP: too short, of another version, or with lengths that do not fit. */
  malformed: number;
  /** Packets of sources nobody knows, of a payload type that nobody announced. */
  unknownPayloads: number;
  /** Packets of sources for which there was no room. */
  refusedSources: number;
  /** Sources that made room for others. */
  evictedSources: number;
  /** Datagrams that the kernel dropped because the socket's buffer was full, as far as it says so. */
  kernelDrops: number;
}

/** Counters of a receiver, all 0. */
export function receiveStatistics(): ReceiveStatistics {
  return {
    datagrams: 0,
    bytes: 0,
    rtcpPackets: 0,
    malformed: 0,
    unknownPayloads: 0,
    refusedSources: 0,
    evictedSources: 0,
    kernelDrops: 0,
  };
}
