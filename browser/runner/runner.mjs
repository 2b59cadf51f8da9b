// Run a page's notebook in the page: nothing is fetched before the reader's first gesture.

import { Cell } from "./cell.mjs";
import { Kernel } from "./kernel.mjs";
import { button, element } from "./elements.mjs";
import { Now } from "./now.mjs";
import * as work from "./work.mjs";

const here = new URL("./", import.meta.url).href;
const STATES = {
  starting: "Python is on its way.",
  ready: "Python runs in this page.",
  stopped: "Python is stopped; what it knew is gone.",
  failed: "Python ended:",
};
// What it lacked, and what can be done.
const LACKS = {
  network: "Python did not come whole: the network is gone, or was for a moment.",
  memory: "This browser has too little memory left for Python: close other tabs or programs.",
};

class Runner {
  queue = []; // the cells that are run, in this order; the first one is

  cells = [];
  #now = new Now();

  constructor(place, withPython) {
    this.place = place;
    // What stands below keeps its place: somebody may be pressing a button there.
    place.style.minHeight = `${place.offsetHeight}px`;
    this.name = place.dataset.notebook;
    this.kernel = new Kernel(`${here}worker.mjs`, (told) => this.#hear(told), work.readProgress);
    this.status = place.querySelector(".live-status");
    this.start = place.querySelector(".live-open");
    place.append(this.#now.element);
    if (withPython) this.kernel.start();
  }

  // Make the cells of the page those of its notebook.
  show(notebook) {
    this.notebook = notebook;
    this.progress = element("p", "live-progress");
    this.saveProgress = button("Save progress", () =>
      work.download(work.readProgress(), "progress-from-browser.jsonl"));
    this.place.append(...this.#buttons(), this.progress);
    this.#showProgress();
    const stored = notebook.cells.filter((cell) => cell.cell_type === "code");
    const boxes = document.querySelectorAll("article div.cell");
    this.cells = stored.map((cell, index) => new Cell(this, boxes[index], cell, index + 1));
    // Other tabs write too, and one that sleeps does not hear of it.
    const follow = () => {
      this.cells.forEach((cell) => cell.follow());
      if (work.nothingKept()) this.kernel.eraseProgress();
      this.#showProgress();
    };
    const erase = () => {
      this.cells.forEach((cell) => cell.erase());
      this.kernel.eraseProgress();
    };
    addEventListener("storage", ({ key, newValue }) => (key === work.ERASED && newValue ? erase() : follow()));
    document.addEventListener("visibilitychange", follow);
  }

  // Run a cell as it stands, and first what stands above it and has not been run.
  run(cell) {
    this.kernel.start();
    const above = this.cells.slice(0, cell.number - 1).filter(({ runs, fresh }) => runs && !fresh);
    const numbers = spoken(above.map(({ number }) => number));
    const [cells, were] = above.length === 1 ? ["cell", "was"] : ["cells", "were"];
    this.#enqueue([...above, cell]);
    if (above.length) cell.say(`after ${cells} ${numbers}, which ${were} not run yet`);
  }

  // Run a cell, and edit the next.
  goOn(cell) {
    this.run(cell);
    this.cells.find(({ runs, number }) => runs && number > cell.number)?.edit();
  }

  // Run all cells; while that goes on, what it has passed is not run again.
  runAll() {
    this.#enqueue(this.cells.slice(this.queue.length ? this.queue[0].number - 1 : 0));
  }

  // Let cells be run in this order; one that waits or runs keeps its place. Where the code of one that
  // runs is another by now, that is run next time.
  async #enqueue(cells) {
    const idle = !this.queue.length;
    const queued = (cell) => this.queue.includes(cell, cell.outdated ? 1 : 0);
    const added = cells.filter((cell) => cell.runs && !queued(cell));
    added.forEach((cell) => cell.say("")); // what became of the last wish
    this.queue.push(...added);
    if (this.opened) {
      this.opened = ""; // it was read by now
      this.#tell();
    }
    this.queue.forEach((cell) => cell.show());
    while (idle && this.queue.length) await this.#runNext();
  }

  // Where a cell fails that should not, those behind it are not run, but for its own newer code.
  async #runNext() {
    const [cell] = this.queue;
    const succeeded = await cell.run();
    const left = this.queue.slice(1);
    const goesOn = succeeded || (succeeded === false && (cell.mayFail || left[0] === cell));
    this.queue = goesOn ? left : [];
    const end = succeeded === null ? "was stopped" : "ended with an error";
    if (!goesOn) left.forEach((other) => other.leaveOut(`cell ${cell.number} ${end}`));
    [cell, ...left].forEach((other) => other.show());
  }

  // End a cell that runs, or let one that waits for others not begin.
  stop(cell) {
    if (cell === this.queue[0]) return cell.stop();
    this.queue = this.queue.filter((other) => other !== cell);
    cell.show();
  }

  restart() {
    this.kernel.stop();
    this.cells.forEach((cell) => cell.clear());
    this.kernel.start();
  }

  export() {
    const written = new Map(this.cells.map((cell) => [cell.stored.id, cell.source]));
    const copy = work.withSources(this.notebook, (cell) => written.get(cell.id));
    work.download(JSON.stringify(copy, null, 1), `${this.name.split("/").at(-1)}.ipynb`);
  }

  // Take over a notebook or a progress.jsonl of a workspace.
  async import(file) {
    const text = await file.text();
    const [sources, lines] = [work.sourcesOf(text, this.notebook), work.progressOf(text)];
    for (const cell of this.cells) {
      const source = sources?.get(cell.stored.id);
      if (source !== undefined && source !== cell.source) await cell.replace(source);
    }
    if (lines) this.#addProgress(lines);
    this.opened = sources || lines
      ? `${file.name} is taken over. What it replaced stays: Earlier version, at its cell.`
      : `${file.name} is neither a copy of this notebook nor a file of progress.`;
    this.#tell();
  }

  // Say in the small status what goes on, and what is kept.
  showNow() {
    const [first] = this.queue;
    this.#now.show(this.state, first, this.cells.filter(({ edited }) => edited));
  }

  #hear({ state, cause, reason = "", restored = false, progress, loaded, settled }) {
    if (progress) return this.#addProgress(progress);
    if (loaded) return this.#now.load(loaded);
    // Not before: the memory takes room while it finds out whether there is enough.
    if (settled) return keepOffline();
    this.state = state;
    this.python = LACKS[cause] ?? `${STATES[state]} ${reason}`.trim();
    this.start.hidden = state === "starting" || state === "ready";
    [this.queue[0], this.queue.at(-1)].forEach((cell) => cell?.show());
    this.start.textContent = state === "failed" ? "Try again" : "Start Python here";
    this.status.dataset.state = state;
    this.status.dataset.restored = restored;
    this.#tell();
  }

  // How Python is, and what became of a file: neither takes the place of the other.
  #tell() {
    this.#now.take(this.start, this.status);
    this.status.textContent = [this.python, this.opened].filter(Boolean).join(" ");
    this.showNow();
  }

  #addProgress(lines) {
    const kept = work.addProgress(lines);
    this.#showProgress();
    if (!kept) this.progress.append(" Not kept: this browser refuses to store it.");
  }

  // What this browser remembers of the exercises of the page.
  #showProgress() {
    const best = work.best();
    const asked = JSON.stringify(this.notebook.cells).matchAll(/check\(\\?"(ch\d\d-ex\d+)/g);
    const told = [...asked].map(([, name]) => `${name}: ${best.get(name) ?? "not attempted"}`);
    this.progress.textContent = told.join(" · ");
    this.saveProgress.hidden = !told.length || !work.readProgress();
  }

  #buttons() {
    const chooser = element("input");
    Object.assign(chooser, { type: "file", accept: ".ipynb,.jsonl", hidden: true });
    chooser.addEventListener("change", async () => {
      await this.import(chooser.files[0]);
      chooser.value = ""; // so that the same file can be taken over again
    });
    return [
      button("Run all", () => this.runAll(), "live-button live-first"),
      button("Restart Python", () => this.restart()),
      button("Save as a file", () => this.export()),
      this.saveProgress,
      button("Open a file", () => chooser.click()),
      chooser,
    ];
  }
}

// Numbers as one says them: 1, 2, 5 to 9.
function spoken(numbers) {
  const spans = [];
  for (const number of numbers) {
    if (spans.at(-1)?.at(-1) === number - 1) spans.at(-1).push(number);
    else spans.push([number]);
  }
  const words = (span) => (span.length > 2 ? `${span[0]} to ${span.at(-1)}` : span.join(", "));
  return spans.map(words).join(", ");
}

// Keep the whole book in this browser once its reader runs it: it then works without a network.
// A private window may have no service workers; the page works all the same.
function keepOffline() {
  const build = here.split("/").at(-2);
  const script = new URL(`../../offline.js?build=${build}`, here);
  navigator.serviceWorker?.register(script).catch((error) => console.warn(String(error)));
}

// Make the page live, with Python or before it is asked for; `place` is the element with the button
// that starts it.
export async function open(place, withPython) {
  const style = document.createElement("link");
  Object.assign(style, { rel: "stylesheet", href: `${here}runner.css` });
  document.head.append(style);
  const runner = new Runner(place, withPython);
  try {
    const answer = await fetch(new URL(`../${runner.name}.ipynb`, here));
    if (!answer.ok) throw new Error(`The notebook of this page is not there (${answer.status}).`);
    runner.show(await answer.json());
    place.runner = runner;
    return runner;
  } catch (error) {
    runner.kernel.stop();
    throw error;
  }
}
