/**
 * The protocol with one step taken out or moved, each in its own way: a campaign that finds nothing in these would find
 * nothing at all. The header that is shipped has no switches for this: a copy of it is edited, and an edit whose text
 * is not there any more is an error.
 */

/** One way to break include/framelane.h. */
export interface Breakage {
  readonly name: string;
  /** What replaces what; each text occurs exactly once. */
  readonly edits: readonly (readonly [string, string])[];
  /** The scene of the stepper that shows it, as `kind name`; `race`: only two processors at once do. */
  readonly shownBy: string;
}

const pinLook = 'if (fl__load64(fl__slot(&sub->map, slot) + FL_SLOT_STATE) == ticket) return true;';
const storeState = '  fl__store64(header + FL_SLOT_STATE, ticket);\n';
const storeLatest = '  fl__store64(fl__at(&pub->map, FL_AT_LATEST), ticket);\n';
const writeSlot = '  fl__write_slot(header, frame);\n';
const secondLook =
  '  if (fl__held(&pub->map, slot, pub->ticket[slot])) {\n    fl__store64(state, pub->ticket[slot]);\n    return false;\n  }\n';
const emptyState = '  fl__store64(state, 0);\n  fl__fence();\n';
const compilerFence = '__atomic_signal_fence(__ATOMIC_SEQ_CST);';

/** Every breakage that a campaign must catch. */
export const breakages: readonly Breakage[] = [
  {
    name: 'pin without looking at STATE again',
    edits: [[pinLook, 'return true;']],
    shownBy: 'weave take, producer goes round',
  },
  {
    name: 'unpin before the frame is read',
    edits: [[pinLook, pinLook.replace('return true;', '{ fl__store32(word, 0); return true; }')]],
    shownBy: 'weave take, producer goes round',
  },
  { name: 'acquire without a second look', edits: [[secondLook, '']], shownBy: 'weave publish, readers take' },
  {
    name: 'acquire sets STATE = 0 after the last look',
    edits: [
      [emptyState, ''],
      [secondLook, `${secondLook}${emptyState}`],
    ],
    shownBy: 'weave publish, readers take',
  },
  {
    name: 'acquire ignores the pins of the living',
    edits: [['if ((waits || pins) && fl__locked', 'if (waits && fl__locked']],
    shownBy: 'weave take, producer goes round',
  },
  {
    name: 'acquire honours the pins of the dead',
    edits: [
      [
        'if ((waits || pins) && fl__locked(map->fd, fl__reader_at(map, i))) return true;',
        'if (waits || pins) return true;',
      ],
    ],
    shownBy: 'kill take and release',
  },
  {
    name: 'LATEST before STATE',
    edits: [
      [storeLatest, ''],
      [storeState, storeLatest + storeState],
    ],
    shownBy: 'kill publish',
  },
  {
    name: 'STATE before the slot header',
    edits: [
      [writeSlot, ''],
      [storeState, storeState + writeSlot],
    ],
    shownBy: 'weave publish, reader finds no frame',
  },
  {
    name: 'take-over believes LATEST',
    edits: [['    if (ticket > latest) latest = ticket;\n', '']],
    shownBy: 'kill publish',
  },
  {
    name: 'take-over of a name that is gone',
    edits: [['  if (!fl__still_named(map)) return FL_AGAIN;\n', '']],
    shownBy: 'weave open against close',
  },
  {
    name: 'the name before the lock',
    edits: [
      ['  if (!fl__lock(map->fd, F_WRLCK, FL_LOCK_PRODUCER)) return FL_E_SYSTEM;\n', ''],
      [
        'map->path, AT_SYMLINK_FOLLOW) == 0) return FL_OK;',
        'map->path, AT_SYMLINK_FOLLOW) == 0) return fl__lock(map->fd, F_WRLCK, FL_LOCK_PRODUCER) ? FL_OK : FL_E_SYSTEM;',
      ],
    ],
    shownBy: 'weave create against create',
  },
  {
    name: 'high-water mark not raised',
    edits: [['if (i >= fl__load32(fl__at(map, FL_AT_HIGH_WATER))) fl__put32(map, FL_AT_HIGH_WATER, i + 1);', '']],
    shownBy: 'weave take, producer goes round',
  },
  {
    name: 'lossless cursor before the pin',
    edits: [
      [
        'if (fl__pin(sub, ticket, (uint32_t)pin)) return',
        'fl__store64(fl__entry(sub) + FL_READER_CURSOR, fl__seq(ticket));\n    if (fl__pin(sub, ticket, (uint32_t)pin)) return',
      ],
    ],
    shownBy: 'weave lossless take, producer goes on',
  },
  {
    name: 'producer sleeps without a second look',
    edits: [['    fl__fence();\n    status = fl__acquire(pub, slot);\n', '']],
    shownBy: 'weave find no slot, reader moves on',
  },
  {
    name: 'reader asks who waits before it moves on',
    edits: [
      [
        '  fl__store32(fl__entry(sub) + FL_READER_PIN + 4 * pin, 0);\n  sub->pinned[pin] = false;\n  fl__advanced(&sub->map);\n',
        '  fl__advanced(&sub->map);\n  fl__store32(fl__entry(sub) + FL_READER_PIN + 4 * pin, 0);\n  sub->pinned[pin] = false;\n',
      ],
    ],
    shownBy: 'weave lossless take, producer finds no slot',
  },
  {
    name: 'reader notes NOTIFY after its look',
    edits: [
      [
        '      if (state == FL_STATE_LIVE) return FL_AGAIN;\n',
        '      sub->notify_seen = fl__load32(fl__at(&sub->map, FL_AT_NOTIFY));\n      if (state == FL_STATE_LIVE) return FL_AGAIN;\n',
      ],
    ],
    shownBy: 'weave find no frame, producer publishes',
  },
  {
    name: 'pin without the full fence',
    edits: [[`  fl__fence();\n  ${pinLook}`, `  ${compilerFence}\n  ${pinLook}`]],
    shownBy: 'race',
  },
  {
    name: 'acquire without the full fence',
    edits: [[emptyState, emptyState.replace('fl__fence();', compilerFence)]],
    shownBy: 'race',
  },
];

/** A copy of the header's text with that breakage. Throws when the header no longer has the text to edit. */
export function breakHeader(text: string, { name, edits }: Breakage): string {
  return edits.reduce((now, [from, to]) => {
    if (now.split(from).length !== 2)
      throw new Error(`breakage "${name}": its text is not in framelane.h exactly once:\n${from}`);
    return now.replace(from, () => to);
  }, text);
}
