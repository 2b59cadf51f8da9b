// One cell of the page: its code, its buttons, and what it prints.

import { button, element } from "./elements.mjs";
import { LIBRARIES } from "./libraries.mjs"; // made by the build
import { Run } from "./run.mjs";
import { canWait } from "./stacks.mjs";
import * as work from "./work.mjs";

// Why a cell with one of these tags does not run here.
const REASONS = { "not-in-browser": "This cell needs what no browser has, such as a process of its own." };
if (!canWait)
  REASONS["needs-waiting"] =
    "This cell, or one that it builds on, has to wait in the middle of a call, and this browser " +
    "cannot let Python do that (it has no JavaScript Promise Integration).";

export class Cell {
  #runner;
  #box;
  #editor = null;
  #run = null; // the last one, whose output stands below
  #start = button("Run", () => this.run());
  #state = element("span", "live-state");
  #kept = element("span", "live-kept");
  #undo = button("Undo edits", () => this.replace(this.original));
  #back = button("Earlier version", () => this.#bringBack());
  #known; // what this browser keeps of the cell, as far as this tab has heard; null for nothing
  #mine = false; // whether the code was written in this tab

  // `box` is the cell's element in the page, `stored` the cell in the notebook.
  constructor(runner, box, stored, number) {
    this.#runner = runner;
    this.#box = box;
    this.stored = stored;
    this.number = number;
    this.original = [stored.source].flat().join("");
    this.#known = work.read(runner.name, stored.id);
    this.source = this.#known ?? this.original;
    const tags = stored.metadata.tags ?? [];
    const reason = REASONS[tags.find((tag) => tag in REASONS)];
    this.runs = !reason;
    this.mayFail = tags.includes("raises-exception");
    this.#state.setAttribute("role", "status");
    this.#kept.setAttribute("role", "status");
    const code = box.querySelector(".cell_input");
    const instead = tags.includes("check")
      ? "Save your work as a file, and check it on your own computer."
      : "Its output was recorded.";
    const tools = this.runs ? this.#tools() : element("p", "live-note", `${reason} ${instead}`);
    code.after(tools);
    this.#show();
    this.#view();
  }

  // What the last run showed, in nbformat's shape.
  get outputs() {
    return this.#run?.outputs ?? [];
  }

  // Run the code as it is now, and tell how it ended. A cell that waits or runs is not run twice:
  // whoever asks gets that run.
  run() {
    if (!this.#run?.goes) {
      this.clear();
      this.#run = new Run(this.source, () => this.#show());
      this.#start.parentElement.after(this.#run.element);
      this.#runner.kernel.run(this.#run);
      this.#show();
    }
    return this.#run.ended;
  }

  clear() {
    if (!this.#run) return;
    this.#runner.kernel.forget(this.#run);
    this.#run.element.remove();
    this.#run = null;
    this.#show();
  }

  // Show how the last run stands, and what of the learner's work there is.
  #show() {
    const { state = "", goes = false } = this.#run ?? {};
    this.#state.textContent = state;
    this.#start.textContent = { waiting: "Waiting", running: "Running" }[state] ?? "Run";
    this.#start.setAttribute("aria-disabled", goes);
    this.#box.classList.toggle("live-ran", this.#run !== null && state !== "stopped");
    this.#run?.compare(this.source);
    this.#undo.hidden = this.source === this.original;
    this.#back.hidden = !work.readEarlier(this.#runner.name, this.stored.id).length;
  }

  // Put the editor in the place of the code, once.
  edit() {
    this.#editor ??= this.#open();
    return this.#editor;
  }

  async #open() {
    const { edit } = await import(new URL(`${LIBRARIES}editor.mjs`, import.meta.url));
    const code = this.#box.querySelector(".cell_input");
    const host = element("div", "live-editor");
    code.before(host);
    code.hidden = true;
    return edit(host, this.source, {
      label: `Code of cell ${this.number}`,
      run: () => this.run(),
      goOn: () => this.run(),
      changed: (source) => this.#typed(source),
    });
  }

  // Show the code as it is now.
  async #view() {
    if (this.#editor || this.source !== this.original) (await this.edit()).write(this.source);
  }

  // Put another version in the place of the code.
  replace(source) {
    this.#putBeside(this.source);
    this.#take(source);
    return this.#view();
  }

  // Do as another tab did. What was written in this one stays beside it.
  follow() {
    const kept = work.read(this.#runner.name, this.stored.id);
    if (kept === this.#known) return this.#show();
    this.#known = kept;
    if (this.#mine) this.#putBeside(this.source);
    this.#mine = false;
    this.source = kept ?? this.original;
    this.#show();
    this.#view();
  }

  #typed(source) {
    if (source !== this.source) this.#take(source);
  }

  // Let this be the code, and keep it. Another tab may have kept one that this one has not heard of.
  #take(source) {
    const { name } = this.#runner;
    const kept = work.read(name, this.stored.id);
    if (kept !== this.#known) this.#putBeside(kept);
    this.source = source;
    this.#mine = true;
    const own = source === this.original ? null : source;
    const done = work.write(name, this.stored.id, own);
    this.#known = done ? own : kept;
    this.#kept.textContent = done ? "" : "not kept: this browser refuses to store it";
    this.#show();
  }

  // The latest version beside goes into the place of the code, and this one behind the others.
  #bringBack() {
    const { name } = this.#runner;
    const [latest, ...others] = work.readEarlier(name, this.stored.id);
    const mine = this.source === this.original ? [] : [this.source];
    work.writeEarlier(name, this.stored.id, [...others, ...mine]);
    this.#take(latest);
    this.#view();
  }

  #putBeside(source) {
    if (source === null || source === this.original) return;
    const { name } = this.#runner;
    work.writeEarlier(name, this.stored.id, [source, ...work.readEarlier(name, this.stored.id)]);
  }

  #tools() {
    const tools = element("div", "live-tools");
    tools.setAttribute("role", "group");
    tools.setAttribute("aria-label", `Cell ${this.number}`);
    tools.append(
      this.#start,
      button("Run to here", () => this.#runner.runTo(this)),
      button("Edit", async () => (await this.edit()).focus()),
      this.#undo,
      this.#back,
      this.#state,
      this.#kept,
    );
    return tools;
  }
}
