import { FramelaneError } from '../error.js';
import type { NativePacketTransform } from '../native/udp.js';
import { SendPlan } from '../rtp/index.js';
import {
  type KeyEpoch,
  type KeyExpiry,
  type Reservation,
  type SrtpKey,
  SrtpProtector,
  SrtpUnprotector,
  type UnprotectorOptions,
  type UnprotectStatistics,
} from '../srtp/index.js';
import { type NativeCipher, nativePrimitives } from './native-ciphers.js';
import type { PacketTransform } from './transform.js';

/** SRTP of a transport; each direction has its key. */
export interface SrtpOptions extends UnprotectorOptions {
  /** What is sent, RTCP too, is protected with this; without it nothing is sent. */
  readonly sendKey?: SrtpKey;
  /** What is received has this key, or one of two of which the first is the newer; without it nothing is received. */
  readonly receiveKey?: SrtpKey | readonly SrtpKey[];
  /** Whether RTCP is encrypted as well as authenticated; default true. */
  readonly encryptControl?: boolean;
  /**
   * Encrypts units where they lie instead of in the buffer that they are copied into, on the paths that copy none: whoever
   * writes a unit gives its bytes up. Default false.
   */
  readonly inPlace?: boolean;
  /** The key was used for nine tenths of its lifetime: rekey. Must not throw. */
  readonly onKeyExpiring?: (expiry: KeyExpiry) => void;
}

/** Packets that may be sent. */
export interface ProtectedWrite {
  /** What is sent: the plan that was given, or one of packets that are encrypted already. */
  readonly plan: SendPlan;
  /** What the socket does to them; undefined when it was done. */
  readonly transform: PacketTransform | undefined;
  /** To be called once they are sent, or will not be. */
  done(): void;
}

/** A key's transform, with the number by which it is told the index of the next packet. */
interface Lever {
  readonly native: NativePacketTransform;
  readonly index: Float64Array;
}

/** SRTP of one transport: both directions, RTP and RTCP. */
export class SrtpLink {
  readonly #protector: SrtpProtector<NativeCipher> | undefined;
  readonly #unprotector: SrtpUnprotector<NativeCipher> | undefined;
  readonly #levers = new WeakMap<KeyEpoch<NativeCipher>, Lever>();
  readonly #inPlace: boolean;
  /** Plans of sealed packets that no write uses now. */
  readonly #spare: SendPlan[] = [];
  #sendKey: SrtpKey | undefined;

  /** Throws `BAD_ARGUMENT`, `SRTP_KEY`, `UNSUPPORTED`. */
  constructor(options: SrtpOptions) {
    const { sendKey, receiveKey } = options;
    if (sendKey === undefined && receiveKey === undefined) {
      throw new FramelaneError('BAD_ARGUMENT', 'srtp without a key: give `sendKey`, `receiveKey` or both');
    }
    this.#sendKey = sendKey;
    this.#inPlace = options.inPlace ?? false;
    if (sendKey !== undefined) this.#protector = new SrtpProtector(nativePrimitives(), sendKey, options);
    if (receiveKey !== undefined) this.#unprotector = new SrtpUnprotector(nativePrimitives(), receiveKey, options);
  }

  /** What is sent is protected with this; undefined when nothing can be sent. */
  get sendKey(): SrtpKey | undefined {
    return this.#sendKey;
  }

  /** Bytes at the end of each packet received that mean nothing once it was unprotected. */
  get trailerBytes(): number {
    return this.#unprotector?.growth ?? 0;
  }

  /** What was made of packets received; undefined when nothing is. */
  get statistics(): Readonly<UnprotectStatistics> | undefined {
    return this.#unprotector?.statistics;
  }

  /** Whether anything can be received. */
  get receives(): boolean {
    return this.#unprotector !== undefined;
  }

  /**
   * Other keys: what is sent has the new one from the next packet on; what is received may have the new one or the one
   * before, which {@link retire} or the next key ends. Tell the other end first. Throws `SRTP_KEY`.
   */
  rekey({ sendKey, receiveKey }: { readonly sendKey?: SrtpKey; readonly receiveKey?: SrtpKey }): void {
    if (receiveKey !== undefined) this.#receiving().rekey(receiveKey);
    if (sendKey === undefined) return;
    this.#sending().rekey(sendKey);
    this.#sendKey = sendKey;
  }

  /** What has the key before the newest is refused from now on. */
  retire(): void {
    this.#receiving().retire();
  }

  /** Tells of a stream that has begun already: its rollover counter and last sequence number, as one number. */
  expect(ssrc: number, index: number): void {
    this.#receiving().expect(ssrc, index);
  }

  /**
   * Readies the packets of a plan to be sent, the first of which has that sequence number; `data` is the unit that the plan
   * is about. Throws `SRTP_KEY_USED_UP`.
   */
  protect(ssrc: number, sequence: number, plan: SendPlan, data: Uint8Array): ProtectedWrite {
    const reserved = this.#sending().reserve(ssrc, sequence, plan.packets);
    const sealed = this.#inPlace ? this.#sealed(reserved, plan, data) : undefined;
    if (sealed !== undefined) return sealed;
    const { index, epoch, done } = reserved;
    const lever = this.#leverOf(epoch);
    const from = (first: number) => {
      lever.index[0] = index + first;
      return lever.native;
    };
    return { plan, transform: { from }, done };
  }

  /** Unprotects a batch in place: see `SrtpUnprotector`. */
  receive(slab: Uint8Array, table: Uint32Array, rows: number): void {
    this.#receiving().receive(slab, table, rows);
  }

  /** RTCP as it is sent; undefined when it cannot be. */
  protectControl(bytes: Uint8Array): Uint8Array | undefined {
    return this.#protector?.protectControl(bytes);
  }

  /** RTCP that came, decrypted in place; undefined when it was refused. */
  unprotectControl(bytes: Uint8Array): Uint8Array | undefined {
    return this.#unprotector?.unprotectControl(bytes);
  }

  /** Wipes the keys that packets are encrypted with; what the caller has as `SrtpKey` is the caller's. */
  close(): void {
    this.#protector?.close();
    this.#unprotector?.close();
  }

  /** The packets encrypted where they lie; undefined when that cannot be. */
  #sealed(
    { index, epoch, done }: Reservation<NativeCipher>,
    plan: SendPlan,
    data: Uint8Array,
  ): ProtectedWrite | undefined {
    const into = this.#spare.pop() ?? new SendPlan();
    const giveBack = () => {
      done();
      this.#spare.push(into);
    };
    if (epoch.media.sealInPlace(epoch.mki, index, plan, data, into)) {
      return { plan: into, transform: undefined, done: giveBack };
    }
    this.#spare.push(into);
    return undefined;
  }

  #leverOf(epoch: KeyEpoch<NativeCipher>): Lever {
    const known = this.#levers.get(epoch);
    if (known !== undefined) return known;
    const index = new Float64Array(1);
    const lever = { index, native: epoch.media.transform(epoch.mki, index) };
    this.#levers.set(epoch, lever);
    return lever;
  }

  #sending(): SrtpProtector<NativeCipher> {
    if (this.#protector !== undefined) return this.#protector;
    throw new FramelaneError('BAD_ARGUMENT', 'nothing can be sent: the transport has no `srtp.sendKey`');
  }

  #receiving(): SrtpUnprotector<NativeCipher> {
    if (this.#unprotector !== undefined) return this.#unprotector;
    throw new FramelaneError('BAD_ARGUMENT', 'nothing can be received: the transport has no `srtp.receiveKey`');
  }
}
