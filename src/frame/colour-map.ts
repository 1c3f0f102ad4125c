/** Colour maps for gray pictures, dark to bright. */
export const colourMaps = ['gray', 'viridis', 'turbo'] as const;

/** One of {@link colourMaps}. */
export type ColourMap = (typeof colourMaps)[number];

/**
 * Every 15th colour of the published tables, as hexadecimal R G B; what lies between is interpolated, which stays within 6
 * of 255. viridis: matplotlib (CC0); turbo: Google (Apache-2.0).
 */
const anchors: Readonly<Record<ColourMap, string>> = {
  gray: '000000 ffffff',
  viridis:
    '440154 481769 472a7a 433d84 3d4e8a 355e8d 2e6d8e 297b8e 23898e 1f978b 21a585 2eb37c 46c06f 65cb5e 89d548 b0dd2f ' +
    'd8e219 fde725',
  turbo:
    '30123b 3f3e9c 4666dd 458cfd 2fb2f4 1ad4d0 22ebaa 52fa7a 8bff4b b7f735 dbe236 f5c53a fea130 f9751d e84b0c ce2d04 ' +
    'a91601 7a0403',
};

const tables = new Map<ColourMap, Uint8Array>();

/** A colour map as 256 times R, G, B. Made once; do not write to it. */
export function colourTable(map: ColourMap): Uint8Array {
  const known = tables.get(map);
  if (known !== undefined) return known;
  const table = new Uint8Array(768);
  const colours = anchors[map]
    .split(' ')
    .map((hex) => [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)));
  for (let level = 0; level < 256; level++) table.set(between(colours, level / 255), 3 * level);
  tables.set(map, table);
  return table;
}

/** The colour at `position`, 0..1, of a row of colours. */
function between(colours: readonly (readonly number[])[], position: number): number[] {
  const place = position * (colours.length - 1);
  const index = Math.min(Math.floor(place), colours.length - 2);
  const [from, to] = [colours[index] as number[], colours[index + 1] as number[]];
  return from.map((component, channel) =>
    Math.round(component + ((to[channel] as number) - component) * (place - index)),
  );
}
