/*
 * The ring's protocol for SPIN: one producer, which may be killed at any step and is taken over, and readers, the first
 * of which may be killed at any step; both modes of the ring. docs/ring-layout.md has the steps in words, docs/faults.md
 * says how to run it.
 *
 * Memory is TSO, as on x86: a store may wait in its processor's buffer (of one entry here) while later loads go ahead;
 * it is drained at some time, by a full fence, or to make room. What is no protocol is left out: pixels are one word
 * (the number of the frame that they show), locks are a flag that a death clears, futexes compare and block.
 *
 *   -DLOSSLESS         lossless ring and readers         -DPUBLISHED=n   frames until the producer closes
 *   -DKILL_PRODUCER    it may die, once                  -DKILL_READER   reader 0 may die
 *
 * Broken on purpose; each must give a counterexample:
 *   NO_PIN_FENCE NO_PIN_LOOK NO_ACQUIRE_FENCE NO_ACQUIRE_LOOK BELIEVE_LATEST DEAD_HOLD LATE_NOTIFY
 *   and of the lossless ring: CURSOR_FIRST NO_WAITING_LOOK NO_WAITING_FENCE
 */
#ifndef SLOTS
#define SLOTS 3
#endif
#ifndef READERS
#define READERS 2
#endif
#ifndef PUBLISHED
#define PUBLISHED 4
#endif
#define PRODUCER READERS /* its buffer */

/* Shared memory. A ticket is the number of the frame alone: its slot is where it was found. */
byte state[SLOTS], header[SLOTS], pixels[SLOTS];
byte latest, high_water;
/* NOTIFY and ADVANCE: whether they changed since the one who may wait on them looked; their numbers do not matter. */
bit notified[READERS], advanced;
bit waiting, closed;
byte pin[READERS];  /* slot + 1 */
byte cursor[READERS];
bit owner[READERS]; /* bit 32: lossless */
/* The kernel's: locks, and who was killed. */
bit alive[READERS];
byte deaths;
bit producer_killed;
/* For the claims only: the newest number that anybody could have seen. */
byte newest;

/* ---- store buffers ---------------------------------------------------------------------------------------------- */
mtype = { nothing, to_state, to_pin, to_cursor, to_waiting, to_owner };
mtype kind[READERS + 1] = nothing;
byte at[READERS + 1], value[READERS + 1];

inline drain(p) {
  if
  :: kind[p] == to_state -> state[at[p]] = value[p]
  :: kind[p] == to_pin -> pin[at[p]] = value[p]
  :: kind[p] == to_cursor -> cursor[at[p]] = value[p]
  :: kind[p] == to_waiting -> waiting = value[p]
  :: kind[p] == to_owner -> owner[at[p]] = value[p]
  :: else
  fi;
  kind[p] = nothing; at[p] = 0; value[p] = 0
}
inline store(p, k, a, v) { d_step { drain(p); kind[p] = k; at[p] = a; value[p] = v } }
inline fence(p) { d_step { drain(p) } }

/* A processor drains its buffer whenever it likes. */
proctype buffer(byte p) {
end:
  do
  :: d_step { kind[p] != nothing -> drain(p) }
  od
}

#define NOTIFY n = 0; do :: n < READERS -> notified[n] = true; n++ :: else -> break od; n = 0

/* ---- producer --------------------------------------------------------------------------------------------------- */

#ifdef DEAD_HOLD
#define LIVES(r) true
#else
#define LIVES(r) alive[r]
#endif

/* is_held: a live reader pins the slot, or waits for the frame `t` in it. The cursor is looked at first. */
inline look_held(s, t) {
  d_step { is_held = false; r = 0; high = high_water };
  do
#ifdef LOSSLESS
  :: d_step { r < high && !is_held -> wants = (owner[r] && t != 0 && cursor[r] < t) };
     d_step { is_held = ((pin[r] == s + 1 || wants) && LIVES(r)); r++ }
#else
  :: d_step { r < high && !is_held -> is_held = (pin[r] == s + 1 && LIVES(r)); r++ }
#endif
  :: else -> break
  od;
  atomic { r = 0; high = 0; wants = false }
}
/* got: a slot that is the producer's now, oldest first, but not the latest. SLOTS: none. */
inline acquire() {
  d_step { got = SLOTS; i = 0; do :: i < SLOTS -> tried[i] = false; i++ :: else -> break od; i = 0 };
  do
  :: d_step {
       best = SLOTS; i = 0;
       do
       :: i == SLOTS -> break
       :: i < SLOTS ->
          if
          :: !tried[i] && (mine == 0 || ticket[i] != mine) && (best == SLOTS || ticket[i] < ticket[best]) -> best = i
          :: else
          fi;
          i++
       od;
       i = 0;
       if
       :: best < SLOTS -> tried[best] = true
       :: else
       fi
     };
     if
     :: best == SLOTS -> break
     :: else
     fi;
     look_held(best, ticket[best]);
     if
     :: is_held
     :: else ->
        store(PRODUCER, to_state, best, 0);
#ifndef NO_ACQUIRE_FENCE
        fence(PRODUCER);
#endif
#ifndef NO_ACQUIRE_LOOK
        look_held(best, ticket[best]);
#endif
        if
        :: is_held -> store(PRODUCER, to_state, best, ticket[best])
        :: else -> d_step { got = best; ticket[best] = 0 }; break
        fi
     fi
  od;
  best = 0; is_held = false
}

inline resume() {
  fence(PRODUCER); /* the buffer of the dead has drained by now */
  mine = latest;
  do
  :: d_step { i < SLOTS ->
       ticket[i] = state[i];
#ifndef BELIEVE_LATEST
       if
       :: ticket[i] > mine -> mine = ticket[i]
       :: else
       fi;
#endif
       i++
     }
  :: else -> break
  od;
  atomic {
    i = 0;
    assert(mine == newest); /* no number is given twice */
    latest = mine
  };
  d_step { waiting = false; NOTIFY }
}

inline publish() {
  d_step { drain(PRODUCER); pixels[got] = 0 }; /* half written */
  pixels[got] = mine + 1;
  header[got] = mine + 1;
  d_step { state[got] = mine + 1; newest = mine + 1 };
  latest = mine + 1;
  d_step { NOTIFY; mine++; ticket[got] = mine; got = 0 }
}

inline find_slot() {
  advanced = false;
  acquire();
#ifdef LOSSLESS
  if
  :: got == SLOTS ->
     store(PRODUCER, to_waiting, 0, 1);
#ifndef NO_WAITING_FENCE
     fence(PRODUCER);
#endif
#ifndef NO_WAITING_LOOK
     acquire();
#endif
     if
     :: got == SLOTS ->
        fence(PRODUCER); /* a system call */
        /* A death wakes nobody: 100 ms later it is looked at. Once a death, or a lost wake would go unseen. */
        d_step { (advanced || deaths > noticed) -> noticed = deaths }
     :: else -> store(PRODUCER, to_waiting, 0, 0)
     fi
  :: else
  fi;
#endif
  skip
}

proctype producer(bit mortal) {
  byte ticket[SLOTS];
  bit tried[SLOTS];
  byte mine, got, best, i, r, high, n, noticed;
  bit is_held, wants;
  {
    resume();
    do
    :: mine == PUBLISHED -> break
    :: else ->
       find_slot();
       if
       :: got == SLOTS /* lossy: the frame is dropped; lossless: woken */
       :: else -> publish()
       fi
    od;
    closed = true;
    d_step { drain(PRODUCER); NOTIFY }
  } unless { mortal && producer_killed }
}

/* ---- readers ---------------------------------------------------------------------------------------------------- */

/* found: smallest STATE above `last`, in slot `where`; 0: none. */
inline look() {
  d_step { found = 0; i = 0 };
  do
  :: d_step { i < SLOTS ->
       if
       :: state[i] > last && (found == 0 || state[i] < found) -> found = state[i]; where = i
       :: else
       fi;
       i++
     }
  :: else -> break
  od;
  i = 0
}

/* On a lossy ring nobody waits for these: when they are seen does not matter. */
#ifdef LOSSLESS
#define MOVE_CURSOR drain(me); kind[me] = to_cursor; at[me] = me; value[me] = last
#define UNPIN store(me, to_pin, me, 0)
#else
#define MOVE_CURSOR skip
#define UNPIN d_step { drain(me); pin[me] = 0 }
#endif

inline moved_on() {
#ifdef LOSSLESS
  fence(me);
  if
  :: waiting -> d_step { drain(me); advanced = true }
  :: else
  fi
#endif
  skip
}

inline attach() {
  alive[me] = true;
  d_step {
    if
    :: me >= high_water -> high_water = me + 1
    :: else
    fi
  };
#ifdef LOSSLESS
  store(me, to_owner, me, 1);
  fence(me);
  d_step { advanced = true }
#endif
}

inline take() {
#ifdef CURSOR_FIRST
  store(me, to_cursor, me, found);
#endif
  store(me, to_pin, me, where + 1);
#ifndef NO_PIN_FENCE
  fence(me);
#endif
  if
#ifdef NO_PIN_LOOK
  :: true ->
#else
  :: state[where] == found ->
#endif
#ifdef LOSSLESS
     assert(last == 0 || found == last + 1); /* nothing is missed */
#endif
     d_step { last = found; MOVE_CURSOR };
     moved_on();
     d_step { assert(header[where] == last); assert(pixels[where] == last) }; /* not torn */
     assert(pixels[where] == last); /* and not changed, however long it is held */
     UNPIN;
     moved_on()
  :: else -> UNPIN
  fi
}

proctype reader(byte me) {
  byte last, found, where, i;
  bit end_seen;
  {
    attach();
    do
    :: d_step { notified[me] = false; end_seen = closed };
       look();
       if
       :: found != 0 && found != last + 1 -> look()
       :: else
       fi;
       if
       :: found != 0 -> take()
       :: found == 0 && end_seen -> break
       :: found == 0 && !end_seen ->
#ifdef LATE_NOTIFY
          notified[me] = false;
#endif
          fence(me);
          notified[me] /* FUTEX_WAIT */
       fi;
       d_step { found = 0; where = 0 }
    od;
    assert(last == PUBLISHED); /* the end comes after the last frame */
    d_step { drain(me); pin[me] = 0; owner[me] = 0; advanced = true };
    alive[me] = false
  } unless { me == 0 && deaths > 0 }
}

/* ---- death ------------------------------------------------------------------------------------------------------ */

#ifdef KILL_PRODUCER
proctype kill_producer() {
  atomic { producer_killed = true; run producer(false) }
}
#endif
#ifdef KILL_READER
proctype kill_reader() {
  d_step { deaths = 1; alive[0] = false; drain(0) }
}
#endif

init {
  byte n;
  atomic {
    do
    :: n > READERS -> break
    :: else -> run buffer(n); n++
    od;
    n = 0;
    do
    :: n == READERS -> break
    :: else -> run reader(n); n++
    od;
    n = 0;
    run producer(true)
#ifdef KILL_PRODUCER
    ; run kill_producer()
#endif
#ifdef KILL_READER
    ; run kill_reader()
#endif
  }
}
