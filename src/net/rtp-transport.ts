import { FramelaneError } from '../error.js';
import { addressOfRow, type UdpAddress } from './address.js';
import type { UdpOptions } from './options.js';
import { rowWord, rowWords } from './receive-loop.js';
import { SrtpLink, type SrtpOptions } from './srtp-link.js';
import { UdpSocket } from './udp-socket.js';

/** Where RTCP goes: to the port after that of RTP (RFC 3550 section 11), to the same (RFC 5761), or nowhere. */
export type RtcpMode = 'next' | 'mux' | 'none';

/** How a transport is opened. */
export interface RtpTransportOptions extends UdpOptions {
  /** Default `next`. */
  readonly rtcp?: RtcpMode;
  /** Protects all that is sent and received (RFC 3711), RTCP included; default: plain RTP. */
  readonly srtp?: SrtpOptions;
}

/** Takes batches of RTP datagrams; see `BatchListener`. It hands RTCP that it finds in them to {@link RtpTransport.control}. */
export type MediaListener = (slab: Uint8Array, table: Uint32Array, rows: number, now: number) => void;

/** Takes a datagram of RTCP; `bytes` are good until it returns. */
export type ControlListener = (bytes: Uint8Array, from: UdpAddress, now: number) => void;

/** The sockets of an RTP session: any number of senders, told apart by their SSRC, and one receiver share them. */
export class RtpTransport implements Disposable {
  /** Where RTP goes through. */
  readonly media: UdpSocket;
  /** Where RTCP goes through; the same as {@link media} when they share a port, undefined without RTCP. */
  readonly rtcp: UdpSocket | undefined;
  /** What protects packets; undefined: nothing does. */
  readonly srtp: SrtpLink | undefined;
  readonly #controlListeners = new Set<ControlListener>();
  #mediaListener: MediaListener | undefined;
  /** Who last spoke RTCP to us: where ours goes, when no remote end was given. */
  #lastSpeaker: UdpAddress | undefined;
  #users = 0;

  /** Opens the sockets. Throws `BAD_ARGUMENT`, `ADDRESS_IN_USE`, `UNREACHABLE`, `SRTP_KEY`. */
  static async open({ rtcp = 'next', srtp, ...options }: RtpTransportOptions): Promise<RtpTransport> {
    const link = srtp === undefined ? undefined : new SrtpLink(srtp);
    const media = await UdpSocket.open(options);
    try {
      return new RtpTransport(media, await controlSocket(rtcp, media, options), link);
    } catch (error) {
      link?.close();
      media.close();
      throw error;
    }
  }

  private constructor(media: UdpSocket, rtcp: UdpSocket | undefined, srtp: SrtpLink | undefined) {
    this.media = media;
    this.rtcp = rtcp;
    this.srtp = srtp;
    if (rtcp !== undefined && rtcp !== media)
      rtcp.receive((slab, table, rows, now) => this.#all(slab, table, rows, now));
  }

  /** Counts a sender or receiver in: the transport closes with the last one. */
  join(): void {
    this.#users++;
  }

  /** Counts one out. */
  leave(): void {
    this.#users--;
    if (this.#users <= 0) this.close();
  }

  /** Gives RTP to a receiver; there can be one. Throws `BAD_ARGUMENT` for a second one. */
  listen(listener: MediaListener): void {
    if (this.srtp?.receives === false) {
      throw new FramelaneError('BAD_ARGUMENT', 'nothing can be received: give `srtp.receiveKey`');
    }
    if (this.#mediaListener !== undefined) {
      throw new FramelaneError('BAD_ARGUMENT', 'this transport has a receiver already: it receives every SSRC');
    }
    this.#mediaListener = listener;
    this.#watchMedia();
  }

  /** Gives RTCP to a listener, until the function that is returned is called. */
  listenControl(listener: ControlListener): () => void {
    this.#controlListeners.add(listener);
    this.#watchMedia();
    return () => this.#controlListeners.delete(listener);
  }

  /** A datagram of RTCP came. */
  control(bytes: Uint8Array, from: UdpAddress, now: number): void {
    const plain = this.srtp === undefined ? bytes : this.srtp.unprotectControl(bytes);
    if (plain === undefined) return;
    this.#lastSpeaker = from;
    for (const listener of this.#controlListeners) listener(plain, from, now);
  }

  /** Sends RTCP: to the remote end, or to whoever spoke last. What finds no room or nobody to go to is lost, as packets are. */
  sendControl(bytes: Uint8Array): void {
    const { rtcp } = this;
    if (rtcp === undefined || rtcp.closed) return;
    const to = rtcp.remote === undefined ? this.#lastSpeaker : undefined;
    if (rtcp.remote === undefined && to === undefined) return;
    try {
      const sent = this.srtp === undefined ? bytes : this.srtp.protectControl(bytes);
      if (sent !== undefined) rtcp.sendDatagram(sent, to);
    } catch (error) {
      if (!(error instanceof FramelaneError)) throw error; // A network that is down now may be up for the next report.
    }
  }

  /** Closes the sockets, whoever uses them; a second call does nothing. */
  close(): void {
    this.media.close();
    this.rtcp?.close();
    this.srtp?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Whoever only sends still hears RTCP on the port that it shares. */
  #watchMedia(): void {
    if (this.#mediaListener !== undefined) this.media.receive(this.#unprotected(this.#mediaListener));
    else if (this.rtcp === this.media)
      this.media.receive((slab, table, rows, now) => this.#all(slab, table, rows, now));
  }

  /** What is not authentic does not come this far. */
  #unprotected(listener: MediaListener): MediaListener {
    const { srtp } = this;
    if (srtp === undefined) return listener;
    return (slab, table, rows, now) => {
      srtp.receive(slab, table, rows);
      listener(slab, table, rows, now);
    };
  }

  /** Every datagram of a batch that looks like RTCP: types 192 to 223 (RFC 5761 section 4). */
  #all(slab: Uint8Array, table: Uint32Array, rows: number, now: number): void {
    for (let row = 0; row < rows; row++) {
      const offset = table[row * rowWords + rowWord.offset] as number;
      const bytes = table[row * rowWords + rowWord.bytes] as number;
      const segment = (table[row * rowWords + rowWord.segment] as number) || bytes;
      for (let at = offset; at < offset + bytes; at += segment) {
        const end = Math.min(at + segment, offset + bytes);
        if (end - at < 2 || ((slab[at + 1] as number) & 0xe0) !== 0xc0) continue;
        this.control(slab.subarray(at, end), addressOfRow(table, row), now);
      }
    }
  }
}

/** The socket of RTCP: none, the one of RTP, or one on the port behind. */
async function controlSocket(rtcp: RtcpMode, media: UdpSocket, options: UdpOptions): Promise<UdpSocket | undefined> {
  if (rtcp === 'none') return undefined;
  if (rtcp === 'mux') return media;
  const { remote, local } = options;
  return UdpSocket.open({
    ...options,
    // A port that the system chose has a neighbour that may be taken: then any port hears the answers.
    local: { ...local, port: local?.port === undefined || local.port === 0 ? 0 : local.port + 1 },
    remote: remote === undefined ? undefined : { ...remote, port: remote.port + 1 },
    pace: false,
    sendBufferBytes: undefined,
    receiveBufferBytes: 64 << 10,
  });
}
