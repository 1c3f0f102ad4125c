import { type ColourMap, colourMaps } from '../../../src/frame/index.js';
import type { CameraView } from '../state/camera-view.js';
import type { LevelMode } from '../state/levels.js';
import { useChanges } from '../state/observable.js';
import { HistogramPlot } from './histogram-plot.js';
import { useClock } from './use-clock.js';

const modes: readonly { readonly mode: LevelMode; readonly words: string; readonly title: string }[] = [
  { mode: 'full', words: 'Full', title: 'The range of the effective bits (R)' },
  { mode: 'auto', words: 'Auto', title: 'Percentiles of the picture (A)' },
  { mode: 'window', words: 'Window', title: 'Black and white as you set them' },
];

/** Which values are black and white. */
export function LevelPanel({ view }: { view: CameraView }) {
  const { levels } = view;
  useChanges(levels);
  return (
    <>
      <fieldset class="segments" aria-label="Levels">
        {modes.map(({ mode, words, title }) => (
          <button
            type="button"
            key={mode}
            title={title}
            aria-pressed={levels.mode === mode}
            onClick={() => (mode === 'window' ? levels.setWindow(levels.low, levels.high) : levels.setMode(mode))}
          >
            {words}
          </button>
        ))}
      </fieldset>
      <HistogramPlot view={view} />
      <div class="fields">
        <NumberField name="Black" value={levels.low} set={(low) => levels.setWindow(low, levels.high)} />
        <NumberField name="White" value={levels.high} set={(high) => levels.setWindow(levels.low, high)} />
        <Bits view={view} />
      </div>
      {levels.mode === 'auto' && <Percentiles view={view} />}
      <Colours view={view} />
    </>
  );
}

function NumberField(props: { name: string; value: number; step?: number; set: (value: number) => void }) {
  const { name, value, step = 1, set } = props;
  return (
    <label class="field">
      <span class="faint">{name}</span>
      <input
        type="number"
        value={value}
        step={step}
        onChange={(event) => {
          const wanted = event.currentTarget.valueAsNumber;
          if (Number.isFinite(wanted)) set(wanted);
        }}
      />
    </label>
  );
}

/** Effective bits, of formats that have more room than cameras fill. */
function Bits({ view: { levels, frame } }: { view: CameraView }) {
  if (frame === undefined || !frame.format.endsWith('16le')) return null;
  const said = `auto: ${frame.effectiveBits}`;
  return (
    <label class="field">
      <span class="faint">Bits</span>
      <select
        title="Bits of each sample that count; auto: as the source says, otherwise all"
        value={levels.bits ?? ''}
        onChange={({ currentTarget: { value } }) => levels.setBits(value === '' ? undefined : Number(value))}
      >
        <option value="">{said}</option>
        {[8, 10, 12, 14, 16].map((bits) => (
          <option key={bits} value={bits}>
            {bits}
          </option>
        ))}
      </select>
    </label>
  );
}

function Percentiles({ view: { levels } }: { view: CameraView }) {
  const [low, high] = levels.percentiles;
  return (
    <div class="fields">
      <NumberField name="Low %" value={low} step={0.1} set={(value) => levels.setPercentiles(value, high)} />
      <NumberField name="High %" value={high} step={0.1} set={(value) => levels.setPercentiles(low, value)} />
    </div>
  );
}

function Colours({ view: { levels } }: { view: CameraView }) {
  useClock(1000); // The first frame says whether the picture is gray.
  return (
    <div class="fields">
      {levels.gray && (
        <>
          <label class="field">
            <span class="faint">Colours</span>
            <select
              aria-label="Colour map"
              value={levels.colourMap}
              onChange={(event) => levels.setColours(event.currentTarget.value as ColourMap)}
            >
              {colourMaps.map((map) => (
                <option key={map}>{map}</option>
              ))}
            </select>
          </label>
          <Check words="Inverted" checked={levels.inverted} set={(on) => levels.setColours(levels.colourMap, on)} />
        </>
      )}
      <Check words="Mark clipped" checked={levels.marked} set={(on) => levels.setMarked(on)} />
    </div>
  );
}

function Check({ words, checked, set }: { words: string; checked: boolean; set: (on: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(event) => set(event.currentTarget.checked)} /> {words}
    </label>
  );
}
