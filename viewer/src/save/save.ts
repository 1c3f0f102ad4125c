import { encodeNpy, encodePng } from '../../../src/frame/index.js';
import { fileStem } from '../parts/names.js';
import { GlPicture } from '../picture/gl-picture.js';
import type { CameraView } from '../state/camera-view.js';
import type { LiveFrame } from '../wire/live-frame.js';

/** As what a picture is saved. */
export type SaveForm = 'shown' | 'png' | 'npy' | 'original';

/** Saves the picture on the screen as a file. Throws where it cannot be made. */
export async function save(view: CameraView, form: SaveForm): Promise<void> {
  const { frame } = view;
  if (frame === undefined) throw new Error('There is no picture yet');
  const { sequence, reduction } = frame.header;
  const number = sequence > 0 ? `-${String(sequence).padStart(6, '0')}` : '';
  const thinned = reduction > 1 && form !== 'original' ? `-every-${reduction}` : '';
  const [blob, ending] = await fileOf(view, frame, form);
  offer(blob, `${fileStem(view.address)}${number}${thinned}.${ending}`);
}

async function fileOf(view: CameraView, frame: LiveFrame, form: SaveForm): Promise<[Blob, string]> {
  switch (form) {
    case 'shown':
      return [await shownPng(view, frame), 'png'];
    case 'png':
      return [new Blob([encodePng(frame.toFrame()) as Uint8Array<ArrayBuffer>], { type: 'image/png' }), 'png'];
    case 'npy':
      return [new Blob([encodeNpy(frame.toFrame()) as Uint8Array<ArrayBuffer>]), 'npy'];
    case 'original':
      return [await original(view, frame), 'tine'];
  }
}

/** The picture pixel by pixel, in the levels and colours of the screen. */
async function shownPng({ levels }: CameraView, frame: LiveFrame): Promise<Blob> {
  const canvas = new OffscreenCanvas(frame.width, frame.height);
  const picture = new GlPicture(canvas, true);
  try {
    picture.draw(frame, { x: 0, y: 0, pixelsADot: 1 }, levels.look, [0, 0, 0]);
    return await canvas.convertToBlob({ type: 'image/png' });
  } finally {
    picture.close();
  }
}

/** The bytes as the camera sent them. */
async function original({ camera }: CameraView, frame: LiveFrame): Promise<Blob> {
  const { sequence, captureTime } = frame.header;
  const query = new URLSearchParams({ camera: String(camera), sequence: String(sequence), time: String(captureTime) });
  const answer = await fetch(`api/original?${query}`);
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.blob();
}

function offer(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
