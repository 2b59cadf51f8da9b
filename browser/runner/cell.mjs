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
  #undo = button("Undo edits", () => this.write(this.original));

  // `box` is the cell's element in the page, `stored` the cell in the notebook.
  constructor(runner, box, stored, number) {
    this.#runner = runner;
    this.#box = box;
    this.stored = stored;
    this.number = number;
    this.original = [stored.source].flat().join("");
    this.source = work.read(runner.name, stored.id) ?? this.original;
    const tags = stored.metadata.tags ?? [];
    const reason = REASONS[tags.find((tag) => tag in REASONS)];
    this.runs = !reason;
    this.mayFail = tags.includes("raises-exception");
    this.#state.setAttribute("role", "status");
    const code = box.querySelector(".cell_input");
    const instead = tags.includes("check")
      ? "Save your work as a file, and check it on your own computer."
      : "Its output was recorded.";
    const tools = this.runs ? this.#tools() : element("p", "live-note", `${reason} ${instead}`);
    code.after(tools);
    if (this.source !== this.original) this.edit(false);
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

  // Show how the last run stands.
  #show() {
    const { state = "", goes = false } = this.#run ?? {};
    this.#state.textContent = state;
    this.#start.textContent = { waiting: "Waiting", running: "Running" }[state] ?? "Run";
    this.#start.setAttribute("aria-disabled", goes);
    this.#box.classList.toggle("live-ran", this.#run !== null && state !== "stopped");
  }

  // Put the editor in the place of the code.
  async edit(focus = true) {
    if (this.#editor) return;
    this.#editor = "on its way";
    const { edit } = await import(new URL(`${LIBRARIES}editor.mjs`, import.meta.url));
    const code = this.#box.querySelector(".cell_input");
    const host = element("div", "live-editor");
    code.before(host);
    code.hidden = true;
    this.#editor = edit(host, this.source, {
      label: `Code of cell ${this.number}`,
      focus,
      run: () => this.run(),
      changed: (source) => this.#change(source),
    });
  }

  // Take another version of the code, and keep it.
  async write(source) {
    await this.edit(false);
    this.#editor.write(source);
  }

  #change(source) {
    this.source = source;
    this.#undo.hidden = source === this.original;
    this.#run?.compare(source);
    const own = source === this.original ? null : source;
    const kept = work.write(this.#runner.name, this.stored.id, own);
    if (!kept) this.#state.textContent = "not kept: this browser refuses to store it";
  }

  #tools() {
    const tools = element("div", "live-tools");
    tools.setAttribute("role", "group");
    tools.setAttribute("aria-label", `Cell ${this.number}`);
    tools.append(
      this.#start,
      button("Run to here", () => this.#runner.runTo(this)),
      button("Edit", () => this.edit()),
      this.#undo,
      this.#state,
    );
    this.#undo.hidden = this.source === this.original;
    return tools;
  }
}
