// Where Python's stacks wait: a promise for each, settled by a call or by the clock.
//
// Pyodide's own run_sync waits for an asyncio task, and so needs a loop that runs. The loops, the
// threads and the greenlets of this package stand below that: they stop a stack for a promise and
// nothing else. No frame of JavaScript may lie on a stack that stops, so what stops it is a small
// WebAssembly module (suspend.mjs).

import { SUSPEND } from "./suspend.mjs";

const LONGEST = 2 ** 31 - 1; // milliseconds, what setTimeout can count
const PATIENCE = 4; // milliseconds of Python between two turns of the browser

const waiting = new Map();
const channel = new MessageChannel();
const turns = [];
let chosen;
let last = performance.now();

channel.port1.onmessage = () => turns.shift()();

// Choose what the next suspend() waits for: to be woken at a place, or the end of the seconds.
// The alarm ends waits of the main thread.
export function choose(place, seconds, isMain) {
  chosen = new Promise((resolve) => {
    const end = (woken) => {
      clearTimeout(timer);
      waiting.delete(place);
      resolve(woken);
    };
    end.isMain = isMain;
    const milliseconds = Math.min(Math.ceil((seconds ?? 0) * 1000), LONGEST);
    const timer = seconds == null ? undefined : setTimeout(end, milliseconds, false);
    waiting.set(place, end);
  });
}

// Let the stack at a place go on, as a microtask; tell whether there was one.
export function wake(place) {
  const end = waiting.get(place);
  end?.(true);
  return end !== undefined;
}

// Choose that others go on first: those that were woken, and now and then timers and messages.
export function chooseOthers() {
  chosen = performance.now() - last < PATIENCE ? Promise.resolve(true) : turn();
}

// Pyodide looks into a buffer now and then, while Python runs, for the number of a signal. This one
// holds the alarm's from the moment that it is due, and an interrupt's for as long as a run is to end.
const [SIGINT, SIGALRM] = [2, 14];
const BETWEEN = 20; // milliseconds between two interrupts
const signals = {
  get 0() {
    if (due !== NEVER && takeIfDue()) return SIGALRM;
    return ending() && takeTurnToAsk() ? SIGINT : 0;
  },
  set 0(cleared) {}, // what is read is gone already, or stays
};

// An interrupt comes again until it is heard, but not while Python looks at the one before.
let asked = 0;
function takeTurnToAsk() {
  const now = performance.now();
  if (now - asked < BETWEEN) return false;
  asked = now;
  return true;
}

// The number of the run that is to end, or 0. The page writes it there itself where its host lets it
// share memory (kernel.mjs); elsewhere it is known once its message has been heard.
let shared = new Int32Array(1);
export const ending = () => Atomics.load(shared, 0);
export const setEnding = (run) => Atomics.store(shared, 0, run);
export function share(memory) {
  shared = new Int32Array(memory);
}

// The alarm. A stack that waits is woken for it by a timer.
const NEVER = Infinity;
let [due, interval, taken, ringing] = [NEVER, 0, false, undefined];

function takeIfDue() {
  const now = performance.now();
  if (now < due) return false;
  due = interval ? now + interval : NEVER;
  return true;
}

function ring() {
  const asleep = [...waiting.values()].filter((end) => end.isMain);
  if (asleep.length && takeIfDue()) {
    taken = true;
    asleep.forEach((end) => end(false));
  }
  if (due !== NEVER) ringing = setTimeout(ring, Math.max(due - performance.now(), 1));
}

export function setAlarm(seconds, every) {
  clearTimeout(ringing);
  due = seconds ? performance.now() + seconds * 1000 : NEVER;
  interval = every * 1000;
  taken = false;
  if (seconds) ringing = setTimeout(ring, seconds * 1000);
}

// Tell whether the alarm ended a wait, once.
export function takeAlarm() {
  const was = taken;
  taken = false;
  return was;
}

// Python's functions that tell and set which of its stacks runs.
let whoRuns, nowRuns;
export function remember(tell, set) {
  [whoRuns, nowRuns] = [tell, set];
}

function turn() {
  return new Promise((resolve) => {
    turns.push(() => resolve(((last = performance.now()), true)));
    channel.port2.postMessage(null);
  });
}

// What a stack leaves behind while it is stopped, and how it takes it up again: as Pyodide does,
// with one thing more. The frames of a stopped stack lie in memory that others use meanwhile, and
// Python's garbage collector would walk into them from its thread state.
function keeper(C) {
  const offsets = new BigUint64Array(C.HEAPU8.buffer, C.__PyRuntime, 27); // _Py_DebugOffsets
  const version = Number(offsets[1] >> 16n);
  if (version !== 0x030e) throw new Error(`This is for CPython 3.14, not ${version.toString(16)}.`);
  const current_frame = Number(offsets[26]);
  const frameOf = (state) => (state + current_frame) / 4; // state: a PyThreadState
  return {
    leave() {
      const state = C._captureThreadState();
      const frame = C.HEAPU32[frameOf(state)];
      C.HEAPU32[frameOf(state)] = 0;
      return { state, frame, stack: new C.StackState() };
    },
    takeUp({ state, frame, stack }) {
      stack.restore();
      C.HEAPU32[frameOf(state)] = frame;
      C._restoreThreadState(state);
      C.validSuspender.value = true;
    },
  };
}

// A loop that cannot wait is called here, turn by turn (inline.py).
let takeTurn, planned;
export function takeTurns(take) {
  takeTurn = take;
}

export function planTurn(seconds) {
  clearTimeout(planned);
  if (seconds > 0) planned = setTimeout(takeTurn, Math.min(seconds * 1000, LONGEST));
  else turn().then(() => takeTurn());
}

// Whether a stack can stop in this browser.
export const canWait = "Suspending" in WebAssembly;

// Connect Python's stacks with this worker.
export function install(pyodide) {
  pyodide.setInterruptBuffer(signals);
  if (canWait) letWait(pyodide._module);
  const page = {
    canWait, choose, chooseOthers, ending, planTurn, remember, setAlarm, setEnding, takeAlarm, takeTurns, wake,
  };
  pyodide.registerJsModule("bridge_stacks", page);
  pyodide.runPython("import bridge.stacks, bridge_stacks; bridge.stacks.connect(bridge_stacks)");
}

// Let Python stop its stacks, and SQLite wait without holding up others.
function letWait(C) {
  const [yes, no] = [C._PyBool_FromLong(1), C._PyBool_FromLong(0)];
  const { leave, takeUp } = keeper(C);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(SUSPEND), {
    e: {
      leave,
      takeUp,
      wait: new WebAssembly.Suspending((promise) => promise),
      chosen: () => chosen,
      answer: (woken) => (woken ? yes : no),
      whoRuns: () => whoRuns(),
      nowRuns: (stack) => {
        nowRuns(stack);
        stack.destroy();
      },
      pause: (microseconds) => new Promise((go) => setTimeout(go, microseconds / 1000)),
      lock: C._PyGILState_Ensure,
      unlock: C._PyGILState_Release,
    },
  });
  addToPython(C, "_stacks", "suspend", exports.suspend);
  const X_SLEEP = 15; // its place among the pointers and numbers of struct sqlite3_vfs
  C.HEAPU32[C._sqlite3_vfs_find(0) / 4 + X_SLEEP] = C.addFunction(exports.sleep);
}

// Make a function of WebAssembly a function of a Python module, as an extension in C does it.
function addToPython(C, module, name, exported) {
  const bytes = (word) => {
    const address = C._malloc(word.length + 1);
    C.HEAPU8.set([...new TextEncoder().encode(word), 0], address);
    return address;
  };
  const METH_NOARGS = 4;
  const definition = C._malloc(16); // PyMethodDef: name, function, flags, documentation
  C.HEAPU32.set([bytes(name), C.addFunction(exported), METH_NOARGS, 0], definition / 4);
  const made = C._PyCMethod_New(definition, 0, 0, 0);
  C._PyObject_SetAttrString(C._PyImport_AddModule(bytes(module)), bytes(name), made);
}
