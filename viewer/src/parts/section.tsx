import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

/** A part of the side panel that folds away; what is folded away is not drawn. */
export function Section(props: { title: string; open?: boolean; children: ComponentChildren }) {
  const [open, setOpen] = useState(props.open === true);
  return (
    <details class="section" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{props.title}</summary>
      {open && <div class="section-body">{props.children}</div>}
    </details>
  );
}
