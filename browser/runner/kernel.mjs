// The page's side of Python: a worker, thrown away by a restart; the next cell then brings a new one.

export class Kernel {
  #address;
  #told;
  #progress;
  #worker = null;
  #runs = new Map(); // by number: those whose cells show what they show
  #count = 0;

  // `told` gets {state: starting | ready | stopped | failed, reason, restored} and {progress: lines};
  // `progress` gives the lines that a new Python begins with.
  constructor(address, told, progress) {
    this.#address = address;
    this.#told = told;
    this.#progress = progress;
  }

  // Ask for a run; it hears what becomes of it, also after its end.
  run(run) {
    this.start();
    run.number = this.#count += 1;
    this.#runs.set(run.number, run);
    this.#ask(run);
  }

  // Be done with a run: nobody looks at what it still shows.
  forget(run) {
    this.#runs.delete(run.number);
  }

  // Throw Python away with all that it knows.
  stop(state = "stopped", reason = "") {
    this.#worker?.terminate();
    this.#worker = null;
    for (const run of this.#runs.values()) if (run.goes) run.hear({ kind: "done", succeeded: null });
    this.#runs.clear();
    this.#told({ state, reason });
  }

  // Fetch Python, if it is not there.
  start() {
    if (this.#worker) return;
    this.#told({ state: "starting" });
    this.#worker = new Worker(this.#address, { type: "module" });
    this.#worker.onmessage = ({ data }) => this.#hear(data);
    this.#worker.postMessage({ kind: "progress", lines: this.#progress() });
    this.#worker.onerror = ({ message }) => this.stop("failed", message);
  }

  // The kept memory did not fit and is thrown away: the same runs, in a Python made afresh.
  #startAgain() {
    this.#worker.terminate();
    this.#worker = null;
    this.start();
    for (const run of this.#runs.values()) if (run.goes) this.#ask(run);
  }

  #ask({ number, code }) {
    this.#worker.postMessage({ kind: "run", run: number, code });
  }

  #hear(message) {
    const { kind, run, restored, reason, lines } = message;
    switch (kind) {
      // from the worker
      case "ready": return this.#told({ state: "ready", restored });
      case "settled": return this.#told({ settled: true });
      case "again": return this.#startAgain();
      case "failed": return this.stop("failed", reason);
      // from Python in it
      case "progress": return this.#told({ progress: lines });
      default: this.#runs.get(run)?.hear(message);
    }
  }
}
