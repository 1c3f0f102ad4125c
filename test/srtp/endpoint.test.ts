import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { openSink, openUnitSink, openUnitSource, runPipe } from '../../src/endpoints/index.js';
import { SdpOutput } from '../../src/endpoints/rtp-sink.js';
import { parseUri } from '../../src/endpoints/uri.js';
import { readKey, type SrtpKey, srtpSuiteNames, writeKey } from '../../src/srtp/index.js';
import { elementaryStream } from '../rtp/encoded.js';
import { freePort, hasFfmpeg } from '../rtp/foreign-receiver.js';
import { randomKey } from './keys.js';

const folder = mkdtempSync(join(tmpdir(), 'framelane-srtp-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keyFile = (name: string, ...keys: readonly SrtpKey[]): string => {
  const file = join(folder, name);
  writeFileSync(file, `# a comment\n${keys.map(writeKey).join('\n')}\n`);
  return file;
};

const cli = (...words: readonly string[]) =>
  spawnSync(process.execPath, [fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url)), ...words], {
    encoding: 'utf8',
  });

describe('keys as text', () => {
  test.each(srtpSuiteNames)('%s with and without MKI and lifetime reads back as it was written', (suite) => {
    for (const options of [{}, { mki: Uint8Array.of(0, 1, 255) }, { lifetime: 12_345n }]) {
      const key = randomKey(suite, options);
      const again = readKey(writeKey(key));
      expect([again.suite, again.mki, again.lifetime]).toEqual([key.suite, key.mki, key.lifetime]);
      expect(again.toBase64()).toBe(key.toBase64());
      expect(readKey(`a=crypto:3 ${writeKey(key)}\r\n`).toBase64()).toBe(key.toBase64());
    }
  });

  test('base64 alone is of the usual suite of its length, or of the one that is said', () => {
    expect(readKey(randomKey('AEAD_AES_256_GCM').toBase64()).suite.name).toBe('AEAD_AES_256_GCM');
    const key = randomKey('AES_CM_128_HMAC_SHA1_32').toBase64();
    expect(readKey(key).suite.name).toBe('AES_CM_128_HMAC_SHA1_80');
    expect(readKey(`inline:${key}`, 'AES_CM_128_HMAC_SHA1_32').suite.name).toBe('AES_CM_128_HMAC_SHA1_32');
  });

  test.each([
    '',
    'nonsense!',
    'AAAA',
    'AEAD_AES_128_GCM inline:TOPSECRETTOPSECRET',
    'AES_999 inline:TOPSECRET',
    'inline:TOP=SECRET',
  ])('"%s" is no key, and the message does not quote it', (text) => {
    let message = 'nothing was thrown';
    try {
      readKey(text);
    } catch (error) {
      message = inspect(error);
    }
    expect(message).toMatch(/SRTP_KEY|UNSUPPORTED/);
    expect(message).not.toContain('TOPSECRET');
  });
});

describe('framelane keygen', () => {
  test('prints a key, another one each time', () => {
    const lines = ['AEAD_AES_128_GCM', 'AES_256_CM_HMAC_SHA1_80'].map(
      (suite) => cli('keygen', '--suite', suite).stdout,
    );
    expect(readKey(lines[0] as string).suite.name).toBe('AEAD_AES_128_GCM');
    expect(readKey(lines[1] as string).suite.name).toBe('AES_256_CM_HMAC_SHA1_80');
    expect(cli('keygen').stdout).not.toBe(cli('keygen').stdout);
  });

  test('writes a file that only its owner can read, and overwrites none', () => {
    const file = join(folder, 'made.key');
    expect(cli('keygen', '--out', file)).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = readFileSync(file, 'utf8');
    expect(readKey(before).suite.name).toBe('AEAD_AES_128_GCM');
    const again = cli('keygen', '--out', file);
    expect(again.status).not.toBe(0);
    expect(again.stderr).toContain('is there already');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });
});

describe('srtp:', () => {
  test('a key on the command line is refused with the reason, and is not repeated', async () => {
    for (const scheme of ['srtp', 'rtp']) {
      const address = `${scheme}://127.0.0.1:5004?key=TOPSECRET`;
      for (const open of [openSink, openUnitSink, openUnitSource] as ((address: string) => Promise<unknown>)[]) {
        const error = await open(address).then(String, (reason) => inspect(reason));
        expect(error).toContain('does not belong on the command line');
        expect(error).not.toContain('TOPSECRET');
      }
    }
    const { status, stderr } = cli('pipe', 'test:?frames=1', 'srtp://127.0.0.1:5004?key=TOPSECRET');
    expect(status).not.toBe(0);
    expect(stderr).toContain('key-file=PATH or key-env=NAME');
    expect(stderr).not.toContain('TOPSECRET');
  });

  test.each([
    ['srtp://127.0.0.1:5004', 'needs a key'],
    ['srtp://127.0.0.1:5004?key-file=/nowhere/at/all', 'ENOENT'],
    ['srtp://127.0.0.1:5004?key-env=FRAMELANE_NO_SUCH_KEY', 'no variable'],
    ['srtp://127.0.0.1:5004?key-env=A&key-file=B', 'not both'],
    ['rtp://127.0.0.1:5004?key-file=B', 'a key is for srtp:'],
    ['srtp://127.0.0.1', 'srtp://HOST:PORT'],
  ])('%s: %s', async (address, message) => {
    await expect(Promise.resolve().then(() => openSink(address))).rejects.toThrow(message);
  });

  test.skipIf(!hasFfmpeg)(
    'a stream goes through with keys from files, from the environment, and from its description',
    async () => {
      const from = join(folder, 'from.hevc');
      writeFileSync(from, elementaryStream('hevc', 1));
      const [there, back] = [randomKey('AES_CM_128_HMAC_SHA1_80'), randomKey('AES_CM_128_HMAC_SHA1_80')];
      const file = keyFile('both.key', there, back);
      process.env.FRAMELANE_TEST_KEY = writeKey(there);
      const description = join(folder, 'stream.sdp');
      for (const [receiver, sender] of [
        [`?key-file=${file}`, `?key-file=${file}`],
        ['?key-env=FRAMELANE_TEST_KEY', '?key-env=FRAMELANE_TEST_KEY'],
        [`?sdp=${description}&rtcp=none`, `?key-file=${file}&sdp=${description}&rtcp=none`],
      ] as const) {
        const port = await freePort();
        const sink = await openUnitSink(`srtp://127.0.0.1:${port}${sender}`);
        if (receiver.includes('sdp')) describeByHand(description, port, there);
        const source = await openUnitSource(
          `srtp://127.0.0.1:${port}${receiver}${receiver.includes('sdp') ? '&idle=1' : ''}`,
        );
        await source.info();
        const to = join(folder, `to-${port}.hevc`);
        const receiving = runPipe({ source, sinks: [`file:${to}`] });
        await runPipe({ source: `file:${from}`, sinks: [sink], fps: 100 });
        expect((await receiving).frames).toBe(12);
      }
      expect(statSync(description).mode & 0o777).toBe(0o600);
      expect(readFileSync(description, 'utf8')).toContain(`inline:${there.toBase64()}`);
    },
  );
});

/** A description by hand, for the receiver that is there before the sender has sent anything. */
function describeByHand(file: string, port: number, key: SrtpKey): void {
  const lines = [
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=video ${port} RTP/SAVP 96`,
  ];
  const more = ['a=rtpmap:96 H265/90000', `a=crypto:1 ${writeKey(key)}`];
  writeFileSync(file, `${[...lines, ...more].join('\r\n')}\r\n`, { mode: 0o600 });
}

test('what is shown of a description has no key in it, and neither has the sink', async () => {
  const key = randomKey();
  const address = `srtp://127.0.0.1:${await freePort()}?key-file=${keyFile('shown.key', key)}`;
  const shown: string[] = [];
  const crypto = `a=crypto:1 ${writeKey(key)}\r\n`;
  const output = new SdpOutput(parseUri(address), { onDescription: (sdp) => shown.push(sdp) });
  output.show(`v=0\r\n${crypto}a=rtpmap:96 H265/90000\r\n`);
  expect(shown).toEqual(['v=0\r\na=rtpmap:96 H265/90000\r\n']);
  const sink = await openUnitSink(address);
  expect(inspect(sink, { depth: 10, showHidden: true })).not.toContain(key.toBase64());
  await sink.close();
});
