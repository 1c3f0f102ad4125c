/** ITU-T T.81 tables K.1 and K.2, row by row: what RFC 2435 appendix A makes tables of. */
const luminance = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
  87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
] as const;
const chrominance = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99,
] as const;

/** Bytes of a quantization table of 8 bits. */
const tableBytes = 64;

/** Places of a block in the order of a file: up and down the diagonals (T.81 figure A.6). */
const zigzag = diagonals();

function diagonals(): number[] {
  const places: number[] = [];
  for (let sum = 0; sum < 15; sum++) {
    const rows = Array.from({ length: sum + 1 }, (_, row) => row).filter((row) => row < 8 && sum - row < 8);
    // Even diagonals go up, odd ones down.
    if (sum % 2 === 0) rows.reverse();
    places.push(...rows.map((row) => 8 * row + sum - row));
  }
  return places;
}

/** The two quantization tables of a quality of 1 to 99 (RFC 2435 section 4.2), luminance first, in the order of a file. */
export function quantizationTables(quality: number): Uint8Array {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  const tables = new Uint8Array(2 * tableBytes);
  zigzag.forEach((place, index) => {
    tables[index] = scaled(luminance[place] as number, scale);
    tables[tableBytes + index] = scaled(chrominance[place] as number, scale);
  });
  return tables;
}

function scaled(value: number, scale: number): number {
  return Math.min(255, Math.max(1, Math.floor((value * scale + 50) / 100)));
}
