import { expect, test } from 'vitest';
import { Dice } from '../fuzz/dice.js';
import { rtpTarget } from '../fuzz/rtp.js';

test('60,000 changed datagrams of every format: the receiver lives, within its memory, and good streams come through', () => {
  const target = rtpTarget();
  const dice = new Dice(20);
  for (let turn = 0; turn < 60_000; turn++) target.run(dice.mutate(dice.pick(target.seeds)));
  expect(target.seeds.length).toBeGreaterThan(100);
});

test('every truncation of every good datagram does no harm', () => {
  const target = rtpTarget();
  for (const seed of target.seeds)
    for (let length = 0; length <= seed.length; length++) target.run(seed.slice(0, length));
});
