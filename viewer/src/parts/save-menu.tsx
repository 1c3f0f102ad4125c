import { useState } from 'preact/hooks';
import { type SaveForm, save } from '../save/save.js';
import type { CameraView } from '../state/camera-view.js';

const forms: readonly { readonly form: SaveForm; readonly words: string }[] = [
  { form: 'shown', words: 'PNG as shown' },
  { form: 'png', words: 'PNG of the numbers' },
  { form: 'npy', words: 'numpy .npy' },
];

/** Saves the picture that is shown. */
export function SaveMenu({ view }: { view: CameraView }) {
  const [problem, setProblem] = useState<string>();
  const choose = async (form: SaveForm) => {
    setProblem(undefined);
    await save(view, form).catch((error: Error) => setProblem(error.message));
  };
  const offered =
    view.news?.originals === true ? [...forms, { form: 'original', words: 'Original TINE image' } as const] : forms;
  return (
    <span class="group save">
      <select
        value=""
        aria-label="Save the picture"
        onChange={(event) => {
          const { value } = event.currentTarget;
          event.currentTarget.value = '';
          void choose(value as SaveForm);
        }}
      >
        <option value="">Save…</option>
        {offered.map(({ form, words }) => (
          <option key={form} value={form}>
            {words}
          </option>
        ))}
      </select>
      {problem !== undefined && (
        <span class="problem" role="alert">
          {problem}
        </span>
      )}
    </span>
  );
}
