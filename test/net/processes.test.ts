import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf, runPart, runs } from './processes.js';

describe('a process with a socket that receives', () => {
  test.each(['close', 'unref', 'stop', 'exit'])('ends by itself after %s', (way) => {
    expect(runPart([], 'end', { way }).status).toBe(0);
  });

  test('stays alive otherwise', () => {
    const result = runPart(['timeout', '2'], 'end', { way: 'none' });
    expect(result.stdout).toContain('none');
    expect(result.status).toBe(124);
  });

  test('dies of an error that its listener throws, as of any other', () => {
    const { status, stderr } = runPart([], 'end', { way: 'throw' });
    expect(stderr).toContain('Error: from the listener');
    expect(status).not.toBe(0);
  });

  test('terminates workers that receive, and gets their files back', () => {
    expect(answerOf(runPart([], 'workers', { count: 10 }))).toEqual({ grew: 0, opened: expect.any(Number) });
  });

  test('does not grow: 1.2 GB sent and received', () => {
    const { grew, bytes } = answerOf(runPart([], 'growth', { units: 4000 }));
    expect(bytes).toBeGreaterThan(200e6);
    const { rss, heapUsed, arrayBuffers } = grew as { rss: number; heapUsed: number; arrayBuffers: number };
    expect(arrayBuffers).toBe(0);
    expect(heapUsed).toBeLessThan(200e3);
    expect(rss).toBeLessThan(8e6);
  });
});

describe.skipIf(!runs('strace', '-V') || !runs('strace', '-o', '/dev/null', 'true'))(
  'system calls, counted by strace (skipped without strace)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'framelane-strace-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    /** An exchange of ten units under strace: what it says, and the calls that it made. */
    function trace(options: object, ...more: string[]) {
      const file = join(folder, 'trace');
      const words = ['strace', '-f', '-o', file, '-e', 'trace=sendmsg,sendmmsg,recvmsg,recvmmsg,setsockopt', ...more];
      const answer = answerOf(runPart(words, 'exchange', { address: '127.0.0.1', units: 10, ...options }));
      const lines = readFileSync(file, 'utf8').split('\n');
      const count = (name: string) => lines.filter((line) => line.includes(` ${name}(`)).length;
      return { answer, count, lines };
    }

    test('a train is one sendmsg, and is received as one row of a recvmmsg', () => {
      const { answer, count } = trace({});
      expect(answer).toMatchObject({ whole: true, packets: 73, sent: { sentTrains: 20, sendCalls: 20 } });
      expect(count('sendmsg')).toBe(20);
      expect(count('sendmmsg') + count('recvmsg')).toBe(0);
      expect(count('recvmmsg')).toBeLessThanOrEqual(20);
      expect(answer.received).toMatchObject({ receivedTrains: 20, receiveCalls: count('recvmmsg') });
    });

    test('many packets are one sendmmsg, and are received many by a recvmmsg', () => {
      const { answer, count } = trace({ sending: { path: 'mmsg' }, receiving: { receiveTrains: false } });
      expect(answer).toMatchObject({ whole: true, sent: { sentPackets: 730, sentTrains: 0 } });
      expect(count('sendmmsg')).toBe(20); // 64 packets and 9, ten times
      expect(count('sendmsg')).toBe(0);
      expect(count('recvmmsg')).toBeLessThan(100);
    });

    test('a call each is a call each', () => {
      expect(trace({ sending: { path: 'send' } }).count('sendmsg')).toBe(730);
    });

    test('a kernel that takes 64 segments gets trains of 64', () => {
      const { answer } = trace({ packetBytes: 500 }, '-e', 'inject=sendmsg:error=EINVAL:when=1');
      expect(answer).toMatchObject({ whole: true, sent: { path: 'gso', maxSegments: 64 } });
    });

    test('a way that refuses trains of this size sends them by sendmmsg, and goes on', () => {
      const { answer, count } = trace({}, '-e', 'inject=sendmsg:error=EMSGSIZE:when=1');
      expect(answer).toMatchObject({ whole: true, sent: { path: 'gso', sentTrains: 0 } });
      expect(count('sendmmsg')).toBeGreaterThanOrEqual(20);
    });

    test('a device without trains (EIO) turns them off for the socket', () => {
      const { answer, count } = trace({}, '-e', 'inject=sendmsg:error=EIO:when=1');
      expect(answer).toMatchObject({ whole: true, sent: { path: 'mmsg', maxSegments: 1 } });
      expect(count('sendmsg')).toBe(1);
      expect(count('sendmmsg')).toBe(20);
    });

    test('a sandbox without sendmmsg sends packets one by one', () => {
      const { answer } = trace({ sending: { path: 'mmsg' } }, '-e', 'inject=sendmmsg:error=ENOSYS');
      expect(answer).toMatchObject({ whole: true, sent: { path: 'send', sentPackets: 730 } });
    });

    test('a send buffer that is full now and then costs no packet', () => {
      const { answer } = trace({ sending: { path: 'mmsg' } }, '-e', 'inject=sendmmsg:error=EAGAIN:when=2+3');
      expect(answer).toMatchObject({ whole: true, sent: { sentPackets: 730 } });
      expect((answer.sent as { sendBufferFull: number }).sendBufferFull).toBeGreaterThan(5);
    });

    test('traffic class and time to live are set', () => {
      const { lines } = trace({ sending: { dscp: 34, ttl: 7 } });
      expect(lines.filter((line) => line.includes('IP_TOS, [136]'))).toHaveLength(1);
      expect(lines.filter((line) => line.includes('IP_TTL, [7]'))).toHaveLength(1);
    });
  },
);

const hasV6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const space = `framelane-net-${process.pid}`;
const inSpace = ['ip', 'netns', 'exec', space];
const hasSpaces = process.getuid?.() === 0 && runs('ip', 'netns', 'add', space) && runs('ip', 'netns', 'delete', space);

describe.skipIf(!hasSpaces)('in a network namespace (skipped unless root with iproute2)', () => {
  const ip = (...words: string[]) => expect(runs('ip', '-n', space, ...words), words.join(' ')).toBe(true);

  beforeAll(() => {
    expect(runs('ip', 'netns', 'add', space)).toBe(true);
    ip('link', 'set', 'lo', 'up');
    ip('link', 'add', 'card', 'type', 'veth', 'peer', 'name', 'other');
    ip('link', 'set', 'other', 'up');
    ip('address', 'add', '10.77.0.1/24', 'dev', 'card');
    ip('link', 'set', 'card', 'up', 'multicast', 'on');
    if (hasV6) ip('address', 'add', 'fd77::1/64', 'dev', 'card', 'nodad');
  });
  afterAll(() => {
    runs('ip', 'netns', 'delete', space);
  });

  test('an address that no route leads to is UNREACHABLE', () => {
    const answer = answerOf(runPart(inSpace, 'reach', { address: '192.0.2.1' }));
    expect(answer).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('ip route') });
  });

  test.each(['239.1.2.3', ...(hasV6 ? ['ff15::7:7777'] : [])])(
    'one’s own packets to the group %s are heard here, or not, as asked',
    (group) => {
      const way = { group, networkInterface: 'card' };
      expect(answerOf(runPart(inSpace, 'group', { ...way, loopback: true }))).toEqual({ heard: 1 });
      expect(answerOf(runPart(inSpace, 'group', { ...way, loopback: false }))).toEqual({ heard: 0 });
    },
  );

  test('a unit to another machine is paced unless that was turned off, one to this machine is not', () => {
    const time = (address: string, sending: object) =>
      answerOf(runPart(inSpace, 'exchange', { address, sending, units: 20 })).milliseconds;
    // Two trains a unit; half of three quarters of 10 ms between them, less and less as the interval is learnt.
    expect(time('10.77.0.1', {})).toBeGreaterThan(35);
    expect(time('10.77.0.1', { pace: false })).toBeLessThan(35);
    expect(time('127.0.0.1', {})).toBeLessThan(35);
  });

  test('a card of 1,500 bytes takes trains of packets that fit, and larger packets without them', () => {
    const fits = { address: '10.77.0.1', packetBytes: 1400 };
    expect(answerOf(runPart(inSpace, 'exchange', fits))).toMatchObject({ whole: true, sent: { path: 'gso' } });
    ip('link', 'set', 'lo', 'mtu', '1500'); // what goes to an address of this machine passes lo
    const answer = answerOf(runPart(inSpace, 'exchange', { ...fits, packetBytes: 3000, units: 3 }));
    expect(answer).toMatchObject({ whole: true, sent: { sentTrains: 0 } });
  });

  describe('with a slow line', () => {
    const shape = ['tc', '-n', space, 'qdisc', 'replace', 'dev', 'lo', 'root', 'tbf'];
    const slow = [...shape, 'rate', '40mbit', 'burst', '20kb', 'limit', '4mb'];
    const [tc, ...words] = slow;

    test.each(['gso', 'mmsg', 'send'])(
      'a full send buffer holds writes back, and every packet arrives (%s)',
      (path) => {
        expect(runs(tc as string, ...words), 'tc').toBe(true);
        const sending = { path, sendBufferBytes: 20_000 };
        const answer = answerOf(runPart(inSpace, 'exchange', { address: '127.0.0.1', units: 10, sending }));
        expect(answer).toMatchObject({ whole: true, sent: { sentPackets: 730, path } });
        expect((answer.sent as { sendBufferFull: number }).sendBufferFull).toBeGreaterThan(5);
        // A megabyte at 40 Mbit/s is 200 ms: the writes took that long, so they were held back.
        expect(answer.milliseconds).toBeGreaterThan(100);
      },
    );
  });
});
