import { readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(import.meta.dirname, '../../vectors/sdp');

/** A description that ffmpeg wrote, or what GStreamer printed; see the README there. */
export function vector(name: string): string {
  return readFileSync(path.join(folder, name), 'utf8');
}

/** Names of the descriptions that ffmpeg wrote. */
export const ffmpegVectors = ['h264', 'h264-global', 'hevc', 'hevc-global', 'mjpeg', 'raw', 'bitpacked', 'srtp'].map(
  (name) => `ffmpeg-${name}.sdp`,
);

/** A browser's offer, shortened: several payload types, feedback, extensions, sources. */
export const browserOffer = `v=0
o=- 4611732938 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=msid-semantic: WMS
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=rtpmap:111 opus/48000/2
m=video 50000 RTP/SAVPF 96 97 98 103
c=IN IP4 192.0.2.7
b=AS:2500
a=rtcp:50000 IN IP4 192.0.2.7
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:13/sendrecv urn:3gpp:video-orientation
a=sendrecv
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:98 h264/90000
a=rtcp-fb:98 goog-remb
a=rtcp-fb:98 ccm fir
a=rtcp-fb:98 nack
a=rtcp-fb:98 nack pli
a=fmtp:98 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:103 H265/90000
a=fmtp:103 level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST
a=ssrc-group:FID 2231627014 632943048
a=ssrc:2231627014 cname:Kfbw8CM1x2pFIPPv
a=ssrc:2231627014 msid:stream track
a=crypto:0 AES_CM_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm|2^20|1:4 KDR=1 UNENCRYPTED_SRTCP
a=crypto:1 AEAD_AES_256_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis=;inline:AQ==|1000
a=x-unknown:harmless
`;

/** A studio camera (SMPTE ST 2110-20): two multicast legs, reference clocks. */
export const studioCamera = `v=0\r
o=- 123456 11 IN IP4 192.168.100.2\r
s=Camera 1\r
i=10 bit, 50 pictures a second\r
t=0 0\r
a=recvonly\r
a=group:DUP primary secondary\r
m=video 50000 RTP/AVP 112\r
c=IN IP4 239.100.9.10/32\r
a=source-filter: incl IN IP4 239.100.9.10 192.168.100.2\r
a=rtpmap:112 raw/90000\r
a=fmtp:112 sampling=YCbCr-4:2:2; width=1280; height=720; exactframerate=60000/1001; depth=10; TCS=SDR; colorimetry=BT709; PM=2110GPM; SSN=ST2110-20:2017; \r
a=ts-refclk:ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:37\r
a=mediaclk:direct=0\r
a=mid:primary\r
m=video 50020 RTP/AVP 112\r
c=IN IP6 FF15::101/3\r
a=rtpmap:112 raw/90000\r
a=fmtp:112 sampling=YCbCr-4:2:2; width=1280; height=720; depth=10; colorimetry=BT709\r
a=mid:secondary\r
`;
