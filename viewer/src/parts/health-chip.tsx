import type { Health } from '../state/health.js';

/** How a camera is, in colour and words. */
export function HealthChip({ health, words = health.words }: { health: Health; words?: string }) {
  return (
    <span class={`chip ${health.kind}`}>
      <span class="lamp" aria-hidden="true" />
      {words}
    </span>
  );
}
