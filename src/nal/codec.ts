/** Codecs whose streams are made of NAL units: H.264, H.265, H.266. */
export const nalCodecs = ['avc', 'hevc', 'vvc'] as const;

/** One of {@link nalCodecs}. */
export type NalCodec = (typeof nalCodecs)[number];

/** What an access unit can hold; `raw` is uncompressed video (RFC 4175), `generic` any bytes. */
export const codecs = [...nalCodecs, 'jpeg', 'raw', 'generic'] as const;

/** One of {@link codecs}. */
export type Codec = (typeof codecs)[number];

/** Whether a codec's streams are made of NAL units. */
export function isNalCodec(codec: Codec): codec is NalCodec {
  return (nalCodecs as readonly string[]).includes(codec);
}
