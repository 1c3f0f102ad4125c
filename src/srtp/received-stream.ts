import type { KeyEpoch } from './key-epoch.js';
import type { PacketCipher } from './packet-cipher.js';
import { ReplayWindow } from './replay-window.js';

/** What is known of one SSRC: its window, and the key that its last authentic packet had. */
export class ProtectedStream<Cipher extends PacketCipher = PacketCipher> {
  /** Which packets were there already; its highest index tells the rollover counter. */
  readonly window: ReplayWindow;
  /** The key that is tried first. */
  epoch: KeyEpoch<Cipher> | undefined;

  constructor(replayWindow: number) {
    this.window = new ReplayWindow(replayWindow);
  }
}
