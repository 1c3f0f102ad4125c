/** Drawings of 20 by 20, so that no font needs to have them; `full` parts are filled. */
const drawings = {
  back: { lines: 'M5 4v12', full: 'M15 4v12l-8-6z' },
  on: { lines: 'M15 4v12', full: 'M5 4v12l8-6z' },
  pause: { lines: '', full: 'M5 4h3.4v12H5zM11.6 4H15v12h-3.4z' },
  play: { lines: '', full: 'M6 3.5v13l10.5-6.5z' },
  move: {
    lines:
      'M10 2.5v15M2.5 10h15M7.8 4.7 10 2.5l2.2 2.2M7.8 15.3l2.2 2.2 2.2-2.2M4.7 7.8 2.5 10l2.2 2.2M15.3 7.8l2.2 2.2-2.2 2.2',
    full: '',
  },
  levels: { lines: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14z', full: 'M10 3a7 7 0 0 1 0 14z' },
  line: { lines: 'M4 16 16 4M2.8 14.8l2.4 2.4M14.8 2.8l2.4 2.4', full: '' },
  region: { lines: 'M3 5h14v10H3z', full: '' },
  smaller: { lines: 'M4 10h12', full: '' },
  larger: { lines: 'M4 10h12M10 4v12', full: '' },
  whole: { lines: 'M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4', full: '' },
  system: { lines: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14z', full: 'M10 3a7 7 0 0 0 0 14z' },
  dark: { lines: 'M16 12.5A7 7 0 1 1 8 3.6a5.6 5.6 0 0 0 8 8.9z', full: '' },
  light: {
    lines:
      'M10 6.4a3.6 3.6 0 1 0 0 7.2 3.6 3.6 0 0 0 0-7.2zM10 1.8v1.6M10 16.6v1.6M1.8 10h1.6M16.6 10h1.6M4.2 4.2l1.1 1.1M14.7 14.7l1.1 1.1M4.2 15.8l1.1-1.1M14.7 5.3l1.1-1.1',
    full: '',
  },
  help: { lines: 'M7 7.2a3 3 0 1 1 4.4 2.7c-.9.5-1.4 1-1.4 2.1M10 15.4v.2', full: '' },
} as const;

/** One of the drawings. */
export type IconName = keyof typeof drawings;

/** A button with a drawing on it and words for tips and screen readers. */
export function IconButton(props: { icon: IconName; words: string; pressed?: boolean; run: () => void }) {
  const { icon, words, pressed, run } = props;
  const { lines, full } = drawings[icon];
  return (
    <button type="button" class="icon" title={words} aria-label={words} aria-pressed={pressed} onClick={run}>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <path d={lines} />
        <path class="full" d={full} />
      </svg>
    </button>
  );
}
