/** A socket that C++ holds until {@link UdpNative.udpClose}, or until its thread ends. */
export interface NativeUdpSocket {
  readonly nativeUdpSocket: never;
}

/** A `PacketTransform` of native/core/packet_transform.h that C++ holds: what SRTP does to each packet. */
export interface NativePacketTransform {
  readonly nativePacketTransform: never;
}

/**
 * UDP. Functions that return a number return minus an errno when they fail. An address is {@link udpAddressWords} words:
 * port, family (4 or 6), scope id, then the bytes as they are sent (IPv4: one word).
 */
export interface UdpNative {
  /**
   * Opens a socket of family 4 or 6. `counters` are {@link udpCounters} numbers that it writes to from then on;
   * `onReady(events)` is called on the event loop, with the bits of {@link udpEvent}, while {@link udpWatch} asks for it.
   */
  udpOpen(family: number, counters: Float64Array, onReady: (events: number) => void): NativeUdpSocket | number;
  /** Closes it; a second call does nothing. */
  udpClose(socket: NativeUdpSocket): void;
  udpBind(socket: NativeUdpSocket, address: Uint32Array): number;
  udpConnect(socket: NativeUdpSocket, address: Uint32Array): number;
  udpLocalAddress(socket: NativeUdpSocket, into: Uint32Array): number;
  /** Joins a multicast group, of all sources or one, on an interface (0: as routed). */
  udpJoin(socket: NativeUdpSocket, group: Uint32Array, networkInterface: number, source: Uint32Array | null): number;
  /** Sets an option of {@link udpOption}. */
  udpSet(socket: NativeUdpSocket, option: number, value: number): number;
  /** What the kernel made of `sendBuffer`, `receiveBuffer` (bytes, as asked for) or `gro`. */
  udpGet(socket: NativeUdpSocket, option: number): number;
  /** Datagrams that the receive buffer had no room for, so far. */
  udpKernelDrops(socket: NativeUdpSocket): number;
  /** Asks for calls of onReady: bits of {@link udpEvent}, 0 for none. */
  udpWatch(socket: NativeUdpSocket, events: number): number;
  /** Whether the event loop stays alive while it watches. */
  udpKeepAlive(socket: NativeUdpSocket, yes: boolean): void;
  /**
   * Carries out a send plan (see src/rtp/send-plan.ts) from packet `first` on, at most `count` packets. Returns how many
   * the kernel took; the counter `sendStopped` says why it were not all. `to` null: whom the socket is connected to.
   */
  udpSend(
    socket: NativeUdpSocket,
    data: Uint8Array,
    headers: Uint8Array,
    words: Uint32Array,
    wordCount: number,
    first: number,
    count: number,
    to: Uint32Array | null,
    transform: NativePacketTransform | null,
  ): number;
  /** Sends one datagram: 0. */
  udpSendDatagram(socket: NativeUdpSocket, bytes: Uint8Array, to: Uint32Array | null): number;
  /**
   * Receives without waiting: row i of the slab (`rowBytes` each) takes a datagram or a train. Writes
   * {@link udpRowWords} words a row, laid out as {@link udpRow}; returns the rows, 0 when nothing is there.
   */
  udpReceive(socket: NativeUdpSocket, slab: Uint8Array, rowBytes: number, table: Uint32Array, maxRows: number): number;
  /** An address in numbers and dots or colons (`%interface` behind) as words, port 0. False: it is none. */
  udpParseAddress(text: string, into: Uint32Array): boolean;
  /** The address as text, without the port. */
  udpFormatAddress(words: Uint32Array): string;
  /** Number of a network interface; 0: there is none of that name. */
  udpInterfaceIndex(name: string): number;
  /**
   * Copies many ranges by one call: triples of offset in `from`, bytes, offset in `into`. Throws a RangeError at one that
   * is outside of either.
   */
  gatherBytes(from: Uint8Array, ranges: Uint32Array, count: number, into: Uint8Array): void;
}

/** Words of an address. */
export const udpAddressWords = 7;

/** Words of a row of a receive batch. */
export const udpRowWords = 12;

/** Rows of a receive batch at most. */
export const udpMaxRows = 128;

/**
 * Words of a row: offset in the slab; bytes; bytes of each packet of a train but the last (the same as `bytes` when it is
 * none); the address; datagrams dropped by the kernel so far.
 */
export const udpRow = { offset: 0, bytes: 1, segment: 2, port: 3, family: 4, scope: 5, address: 6, drops: 10 } as const;

/** What a socket can be ready for. */
export const udpEvent = { readable: 1, writable: 2 } as const;

/** Options of a socket; buffers in bytes. */
export const udpOption = {
  sendBuffer: 0,
  receiveBuffer: 1,
  dscp: 2,
  timeToLive: 3,
  multicastTimeToLive: 4,
  multicastLoopback: 5,
  multicastInterface: 6,
  reuseAddress: 7,
  onlyV6: 8,
  gro: 9,
  path: 10,
} as const;

/** How packets are given to the kernel: trains by UDP_SEGMENT, sendmmsg, a call each. As the option and the counter say it. */
export const udpPaths = ['gso', 'mmsg', 'send'] as const;

/** Where each number stands in the counters of a socket. */
export const udpCounter = {
  sentPackets: 0,
  sentBytes: 1,
  sentTrains: 2,
  sendCalls: 3,
  sendFull: 4,
  sendStopped: 5,
  refused: 6,
  receivedPackets: 7,
  receivedBytes: 8,
  receivedTrains: 9,
  receiveCalls: 10,
  truncated: 11,
  kernelDrops: 12,
  path: 13,
  maxSegments: 14,
} as const;

/** Numbers of the counters of a socket. */
export const udpCounters = 15;
