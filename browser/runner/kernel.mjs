// The page's side of Python: a worker, thrown away by a restart; the next cell then brings a new one.

export class Kernel {
  #address;
  #told;
  #progress;
  #worker = null;
  #running = new Map(); // by cell: where its outputs go, and what ends the wait for it

  // `told` gets {state: starting | ready | stopped | failed, reason, restored} and {progress: lines};
  // `progress` gives the lines that a new Python begins with.
  constructor(address, told, progress) {
    this.#address = address;
    this.#told = told;
    this.#progress = progress;
  }

  // Run code as a cell; outputs come as they are made. Resolves to whether it ended well, and
  // to null if Python was stopped.
  run(cell, code, { begun, output }) {
    this.start();
    return new Promise((done) => {
      this.#running.set(cell, { code, begun, output, done });
      this.#ask(cell, code);
    });
  }

  // Throw Python away with all that it knows.
  stop(state = "stopped", reason = "") {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { done } of this.#running.values()) done(null);
    this.#running.clear();
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

  // The kept memory did not fit and is thrown away: the same cells, in a Python made afresh.
  #startAgain() {
    this.#worker.terminate();
    this.#worker = null;
    this.start();
    for (const [cell, { code }] of this.#running) this.#ask(cell, code);
  }

  #ask(cell, code) {
    this.#worker.postMessage({ kind: "run", cell, code });
  }

  #hear({ kind, cell, restored, reason, output, lines, succeeded }) {
    switch (kind) {
      // from the worker
      case "ready": return this.#told({ state: "ready", restored });
      case "settled": return this.#told({ settled: true });
      case "again": return this.#startAgain();
      case "failed": return this.stop("failed", reason);
      // from Python in it
      case "begun": return this.#running.get(cell)?.begun();
      case "output": return this.#running.get(cell)?.output(output);
      case "progress": return this.#told({ progress: lines });
      case "done":
        this.#running.get(cell)?.done(succeeded);
        this.#running.delete(cell);
    }
  }
}
