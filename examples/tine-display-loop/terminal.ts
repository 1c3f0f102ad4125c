import type { Frame } from 'framelane/frame';

const reset = '\x1b[0m';

/** The upper half of a character cell in the foreground's colour, the lower half in the background's. */
const halfBlock = '▀';

/** Red, green and blue at a pixel of a gray8, rgb24 or rgba32 picture, as in an escape sequence: `1;2;3`. */
function colourAt({ data, stride, format }: Frame, x: number, y: number): string {
  const channels = format === 'gray8' ? 1 : format === 'rgb24' ? 3 : 4;
  const at = y * stride + x * channels;
  const red = data[at] ?? 0;
  return channels === 1 ? `${red};${red};${red}` : `${red};${data[at + 1]};${data[at + 2]}`;
}

/**
 * A gray8, rgb24 or rgba32 picture as lines of text for a terminal with 24-bit colours, at most so many characters wide and
 * high; two rows of pixels a line. Each character shows the pixel nearest to its middle.
 */
export function terminalPicture(picture: Frame, columns: number, lines: number): string {
  const scale = Math.max(picture.width / columns, picture.height / (2 * lines), 1);
  const width = Math.max(1, Math.floor(picture.width / scale));
  const height = Math.max(2, Math.floor(picture.height / scale));
  const nearest = (place: number, size: number) => Math.min(size - 1, Math.floor((place + 0.5) * scale));
  const colour = (x: number, y: number) => colourAt(picture, nearest(x, picture.width), nearest(y, picture.height));
  const text: string[] = [];
  for (let y = 0; y < height - 1; y += 2) {
    let before = '';
    let line = '';
    for (let x = 0; x < width; x++) {
      const both = `\x1b[38;2;${colour(x, y)};48;2;${colour(x, y + 1)}m`;
      line += both === before ? halfBlock : both + halfBlock;
      before = both;
    }
    text.push(line + reset);
  }
  return text.join('\n');
}
