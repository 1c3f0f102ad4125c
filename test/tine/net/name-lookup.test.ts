import { expect, test } from 'vitest';
import { decodeServerAddress, NameLookup } from '../../../src/tine/net/name-lookup.js';
import { decodeRequest } from '../../../src/tine/net/request.js';
import { recording } from './recordings.js';

const { client, server } = recording('ens_lookup_udp');
const answer = server[0] as Uint8Array;
const name = { context: 'LOOP', server: 'ImgServer' };

function changed(at: number, value: number): Uint8Array {
  const copy = answer.slice();
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
}

test('asks what the recorded client asked', () => {
  const own = decodeRequest(new NameLookup(name).poll(0) as Uint8Array).subrequests[0];
  const theirs = decodeRequest(client[0] as Uint8Array).subrequests[0];
  expect(own).toEqual({ ...theirs, blkid: own?.blkid });
});

test('reads the recorded answer', () => {
  const lookup = new NameLookup(name);
  lookup.poll(0);
  lookup.receive(answer, 1);
  expect(lookup.error).toBeUndefined();
  expect(lookup.result).toMatchObject({ portOffset: 77, eqm: 'IMGEQM', fec: 'IMGFEC' });
  expect(lookup.result?.host).toMatch(/^[0-9.]+$/);
});

test('asks an old name server (code 14) with the older size and reads its answer', () => {
  const lookup = new NameLookup(name);
  lookup.poll(0);
  const refusal = answer.slice(0, 88);
  const view = new DataView(refusal.buffer);
  view.setUint32(4, 88, true);
  view.setUint32(32, 56, true);
  view.setInt16(38, 14, true);
  lookup.receive(refusal, 1);
  expect(decodeRequest(lookup.poll(1) as Uint8Array).subrequests[0]?.contract.sizeOut).toBe(168);
  const old = new Uint8Array(168);
  old.set(answer.subarray(88, 88 + 104));
  old.set(new TextEncoder().encode('192.0.2.7'), 136);
  new DataView(old.buffer).setUint32(156, 12, true);
  expect(decodeServerAddress(old)).toMatchObject({ host: '192.0.2.7', portOffset: 12, eqm: 'IMGEQM' });
});

test('an unknown name is TINE_STATUS', () => {
  const lookup = new NameLookup(name);
  lookup.poll(0);
  const refusal = answer.slice();
  new DataView(refusal.buffer).setInt16(38, 55, true);
  lookup.receive(refusal, 1);
  expect(lookup.error).toMatchObject({ code: 'TINE_STATUS', details: { status: 55 } });
});

test('repeats itself four times, then says that nobody answers', () => {
  const lookup = new NameLookup(name);
  let sent = 0;
  for (let now = 0; now < 5000; now += 100) if (lookup.poll(now) !== undefined) sent++;
  expect(sent).toBe(4);
  expect(lookup.error).toMatchObject({ code: 'TIMEOUT' });
});

test.each([
  ['a port offset that is none', changed(88 + 184, 70_000)],
  ['a protocol not spoken', changed(88 + 192, 6)],
  ['an address with control characters', changed(88 + 144, 0x310a0d31)],
  ['no address', changed(88 + 144, 0)],
])('an answer with %s is TINE_PROTOCOL', (_, message) => {
  const lookup = new NameLookup(name);
  lookup.poll(0);
  lookup.receive(message, 1);
  expect(lookup.error).toMatchObject({ code: 'TINE_PROTOCOL', details: { offset: expect.any(Number) } });
});

test('truncated and foreign datagrams are ignored', () => {
  const lookup = new NameLookup(name);
  lookup.poll(0);
  for (let length = 0; length < answer.length; length++) lookup.receive(answer.subarray(0, length), 1);
  lookup.receive(changed(32 + 24, 5), 1);
  expect(lookup.error).toBeUndefined();
  expect(lookup.result).toBeUndefined();
});
