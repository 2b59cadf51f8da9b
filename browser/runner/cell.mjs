// One cell of the page: its code, its buttons, and what it prints.

import { Draft } from "./draft.mjs";
import { button, element } from "./elements.mjs";
import { LIBRARIES } from "./libraries.mjs"; // made by the build
import { Run } from "./run.mjs";
import { canWait } from "./stacks.mjs";

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
  #run = null; // the last one
  #turned = false; // whether the code is as a knob made it, and has not been run
  #held = false; // whether the reader still holds that knob
  #start;
  #stop = button("Stop", () => this.#runner.stop(this));
  #said = element("span", "live-said");
  #state = element("span", "live-state");
  #kept = element("span", "live-kept");
  #undo = button("Undo edits", () => this.replace(this.#draft.original));
  #back = button("Earlier version", () => this.#change(() => this.#draft.bringBack()));
  #draft;

  // `box` is the cell's element in the page, `stored` the cell in the notebook.
  constructor(runner, box, stored, number) {
    this.#runner = runner;
    this.#box = box;
    this.stored = stored;
    this.number = number;
    this.#draft = new Draft(runner.name, stored.id, [stored.source].flat().join(""));
    const tags = stored.metadata.tags ?? [];
    const reason = REASONS[tags.find((tag) => tag in REASONS)];
    this.runs = !reason;
    this.mayFail = tags.includes("raises-exception");
    this.#state.setAttribute("role", "status");
    this.#kept.setAttribute("role", "status");
    this.#said.setAttribute("role", "status");
    const instead = tags.includes("check")
      ? "Save your work as a file, and check it on your own computer."
      : "Its output was recorded.";
    const tools = box.querySelector(".live-tools"); // none where site.js knows that the cell does not run
    if (this.runs) this.#equip(tools);
    else {
      tools?.remove();
      box.knobs?.element.remove();
      box.querySelector(".cell_input").after(element("p", "live-note", `${reason} ${instead}`));
    }
    this.show();
    this.#view();
  }

  // The code as it is now.
  get source() {
    return this.#draft.source;
  }

  // What the last run showed, in nbformat's shape.
  get outputs() {
    return this.#run?.outputs ?? [];
  }

  // Whether what Python knows of the cell is what stands here, be it an error.
  get fresh() {
    return this.#runner.kernel.knows(this.#run) && !this.#run.goes && this.#run.code === this.source;
  }

  // Whether a run goes of code that was here before.
  get outdated() {
    return Boolean(this.#run?.goes) && this.#run.code !== this.source;
  }

  // Run the code as it is now, and tell how it ended. Where a knob was turned, what stands below stays
  // until then, so that nothing jumps under the reader's hand.
  run() {
    const run = new Run(this.number, this.source, () => this.show());
    this.#forget();
    this.#run = run;
    if (this.#turned) run.ended.then(() => this.#run === run && this.#place());
    else this.#place();
    this.#turned = false;
    this.#runner.kernel.run(run);
    this.show();
    return run.ended;
  }

  // Let a knob change the code; once it is let go, run that. The last place counts: while a run goes,
  // one more waits, and runs what the code is by then.
  turn(rewrite, letGo) {
    this.#turned = this.#held = true;
    this.#change(() => this.#draft.write(rewrite(this.source)));
    this.#held = !letGo;
    if (letGo) this.#runner.run(this);
  }

  // End the run that goes.
  stop() {
    this.#runner.kernel.end(this.#run);
  }

  // Say what became of the reader's wish, beside how the run stands.
  say(words) {
    this.#said.textContent = words;
  }

  // It was to be run, and is not; what an earlier run showed stays.
  leaveOut(why) {
    this.say(`not run${this.#run ? " again" : ""}: ${why}`);
  }

  clear() {
    this.#forget();
    this.say("");
    this.#removeOutput();
    this.show();
  }

  #forget() {
    if (this.#run) this.#runner.kernel.forget(this.#run);
    this.#run = null;
  }

  #removeOutput() {
    this.#box.querySelector(".live-output")?.remove();
  }

  // Let what the last run shows take the place of what stands below.
  #place() {
    this.#removeOutput();
    this.#start.parentElement.after(this.#run.element);
    this.show();
  }

  get edited() {
    return this.#draft.edited;
  }

  // Whether the browser has the code as it is.
  get kept() {
    return this.#draft.kept;
  }

  // Show how the last run stands, and what of the learner's work there is.
  show() {
    if (!this.runs) return;
    this.#runner.showNow();
    const waits = this.#runner.queue.includes(this) && !this.#run?.goes;
    const { state = "", goes = false } = waits ? { state: "waiting", goes: true } : (this.#run ?? {});
    const { kernel, queue, python } = this.#runner;
    // What all wait for is told at the first cell and at the one that was asked for: the top may be far
    // away.
    const told = queue[0] === this || queue.at(-1) === this;
    const forPython = state === "waiting" && !kernel.ready && told;
    const lost = forPython && !kernel.there;
    this.#stop.hidden = !goes;
    this.#state.textContent = forPython ? `waiting. ${python}` : state;
    this.#start.textContent =
      lost ? "Try again" : ({ waiting: "Waiting", running: "Running" }[state] ?? "Run");
    this.#start.setAttribute("aria-disabled", goes && !lost);
    const began = this.outputs.length || !["", "waiting", "stopped"].includes(state);
    if (!this.#run || this.#run.element.isConnected) this.#box.classList.toggle("live-ran", began);
    // What a knob is about to replace is not called old in between.
    if (!this.#turned || !(this.#held || queue.includes(this))) this.#run?.compare(this.source);
    this.#box.knobs?.show(this.source);
    this.#undo.hidden = !this.#draft.edited;
    this.#back.hidden = !this.#draft.hasEarlier;
    this.#kept.textContent = this.#draft.kept ? "" : "not kept: this browser refuses to store it";
  }

  // Let the reader edit the code, at a place of it.
  async edit(place) {
    this.#runner.kernel.start(); // whoever edits is about to run
    const editor = await this.#edited();
    // Firefox would write the Enter that pressed the button into an editor that has the keyboard by then.
    await new Promise((go) => setTimeout(go));
    editor?.focus(place);
  }

  // The editor, put in the place of the code once; undefined where it does not come.
  #edited() {
    this.#editor ??= this.#open().catch(() => {
      this.#editor = null;
      this.say("the editor did not come: is the network there?");
    });
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
      run: () => this.#runner.run(this),
      goOn: () => this.#runner.goOn(this),
      changed: (source) => this.#typed(source),
    });
  }

  // Show the code as it is now.
  async #view() {
    if (this.#editor || this.#draft.edited) (await this.#edited())?.write(this.source);
  }

  #change(action) {
    action();
    this.show();
    return this.#view();
  }

  // Put another version in the place of the code.
  replace(source) {
    return this.#change(() => this.#draft.replace(source));
  }

  // Do as another tab did.
  follow() {
    if (this.#draft.follow()) this.#view();
    this.show();
  }

  erase() {
    this.#change(() => this.#draft.erase());
  }

  #typed(source) {
    if (source === this.source) return; // it was shown
    this.#turned = false;
    this.#draft.write(source);
    this.show();
  }

  // Run and Edit are the page's own (site.js), which may be under the reader's finger by now.
  #equip(tools) {
    this.#start = tools.querySelector("button");
    this.#start.after(this.#stop);
    tools.append(
      this.#undo,
      this.#back,
      this.#state,
      this.#said,
      this.#kept,
      element("span", "live-number", `Cell ${this.number}`),
    );
  }
}
