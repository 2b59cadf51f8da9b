// The page's side of Python: a worker, thrown away by a restart; the next cell then brings a new one.

// Milliseconds that a run has to end after it was told to. Where it can be interrupted, what it takes
// longer is its own cleaning up.
const PATIENCE = crossOriginIsolated ? 5000 : 1000;

export class Kernel {
  #address;
  #told;
  #progress;
  #worker = null;
  #ending = null; // memory that this worker shares: the number of the run that is to end
  ready = false; // whether this worker's Python has come to its first cell
  #runs = new Map(); // by number: those whose cells show what they show
  #count = 0;

  // `told` gets {state: starting | ready | stopped | failed, cause, reason, restored} and
  // {progress: lines}, and {loaded: bytes} of its libraries;
  // `progress` gives the lines that a new Python begins with.
  constructor(address, told, progress) {
    this.#address = address;
    this.#told = told;
    this.#progress = progress;
  }

  // Ask for a run; it hears what becomes of it, also after its end.
  run(run) {
    run.number = this.#count += 1;
    this.#runs.set(run.number, run);
    if (this.#worker) this.#ask(run);
    else this.start();
  }

  // Whether Python runs or is on its way.
  get there() {
    return this.#worker !== null;
  }

  // Whether a run is of the Python that is there.
  knows(run) {
    return run !== null && this.#runs.has(run.number);
  }

  // Be done with a run: nobody looks at what it still shows.
  forget(run) {
    this.#runs.delete(run.number);
  }

  // End a run: cancelled where it waits, interrupted where it computes or holds up the loop, it leaves
  // what Python knows. What goes on all the same ends with Python; so does what is told a second time,
  // and what computes where no memory may be shared.
  async end(run) {
    if (this.ready && !run.ending) {
      run.ending = true;
      if (this.#ending) Atomics.store(this.#ending, 0, run.number);
      this.#worker.postMessage({ kind: "stop", run: run.number });
      await Promise.race([run.ended, new Promise((go) => setTimeout(go, PATIENCE))]);
    }
    if (run.goes) this.stop();
  }

  // Let Python know of no progress: it would tell it again with the next run.
  eraseProgress() {
    this.#worker?.postMessage({ kind: "progress", lines: "" });
  }

  // Throw Python away with all that it knows.
  stop() {
    this.#drop({ state: "stopped" });
    this.#endAll();
  }

  // Fetch Python, if it is not there, for all that waits for it.
  start() {
    if (this.#worker) return;
    this.#worker = new Worker(this.#address, { type: "module" });
    this.#told({ state: "starting" });
    this.#worker.onmessage = ({ data }) => this.#hear(data);
    // Without a message its script did not come.
    this.#worker.onerror = ({ message }) => this.#fail({ cause: message ? "" : "network", reason: message });
    if (crossOriginIsolated) {
      this.#ending = new Int32Array(new SharedArrayBuffer(4));
      this.#worker.postMessage({ kind: "memory", memory: this.#ending.buffer });
    }
    this.#worker.postMessage({ kind: "progress", lines: this.#progress() });
    for (const run of this.#runs.values()) if (run.goes) this.#ask(run);
  }

  // A Python that has not begun is waited for: it may come when it is asked for again.
  #fail(why) {
    const began = this.ready;
    this.#drop({ state: "failed", ...why });
    if (began) this.#endAll();
  }

  #drop(told) {
    this.#worker?.terminate();
    this.#worker = null;
    this.ready = false;
    this.#told(told);
  }

  #endAll() {
    for (const run of this.#runs.values()) if (run.goes) run.hear({ kind: "done", succeeded: null });
    this.#runs.clear();
  }

  #ask({ number, cell, code }) {
    this.#worker.postMessage({ kind: "run", run: number, cell, code });
  }

  #hear(message) {
    const { kind, run, restored, cause, reason, lines } = message;
    switch (kind) {
      // from the worker
      case "ready":
        this.ready = true;
        return this.#told({ state: "ready", restored });
      case "loaded": return this.#told({ loaded: message.bytes });
      case "settled": return this.#told({ settled: true });
      case "again": // The kept memory did not fit and is thrown away: in a Python made afresh.
        this.#drop({ state: "starting" });
        return this.start();
      case "failed": return this.#fail({ cause, reason });
      // from Python in it
      case "progress": return this.#told({ progress: lines });
      default: this.#runs.get(run)?.hear(message);
    }
  }
}
