import { useState } from 'preact/hooks';
import type { CameraView } from '../state/camera-view.js';

/** The lines that read this source elsewhere. */
export function Commands({ view }: { view: CameraView }) {
  return (
    <>
      {linesFor(view.address).map(({ words, text }) => (
        <Copyable key={words} words={words} text={text} />
      ))}
    </>
  );
}

function Copyable({ words, text }: { words: string; text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <figure class="code">
      <figcaption>
        {words}
        <button type="button" class="quiet" onClick={copy} aria-label={`Copy: ${words}`}>
          {copied ? 'Copied' : 'Copy'}
        </button>
      </figcaption>
      <pre>{text}</pre>
    </figure>
  );
}

/** Commands and programs for an address. Names of rings need no quotes, other addresses get them. */
export function linesFor(address: string): readonly { readonly words: string; readonly text: string }[] {
  const ring = /^shm:([A-Za-z0-9._-]+)/.exec(address)?.[1];
  const quoted = `'${address.replaceAll("'", "'\\''")}'`;
  const view = { words: 'This page', text: `framelane view ${quoted}` };
  const save = { words: 'Ten frames as numpy files', text: `framelane pipe ${quoted} npy:frames --frames 10` };
  if (ring !== undefined) return [view, save, { words: 'Python', text: python(`"${ring}"`) }];
  return [
    view,
    save,
    { words: 'Into a ring that Python reads', text: `framelane pipe ${quoted} shm:cam -- python3 -u reader.py` },
    { words: 'reader.py', text: python('') },
  ];
}

function python(ring: string): string {
  return [
    'import framelane',
    '',
    `for frame in framelane.subscribe(${ring}):`,
    '    print(frame.sequence, frame.array.mean())',
  ].join('\n');
}
