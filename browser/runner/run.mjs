// One run of a cell: the code as it was, how it stands, and what it shows, in an element of its own.

import { draw, element, preformatted } from "./elements.mjs";
import { leftOut } from "./outbox.mjs";

const ENDS = { true: "done", false: "ended with an error", null: "stopped" };

export class Run {
  state = "waiting";
  ending = false; // whether it was told to end
  outputs = []; // in nbformat's shape
  element = element("div", "cell_output live-output");
  #end;
  // Whether it ended well; null if it was stopped.
  ended = new Promise((end) => (this.#end = end));
  #told;
  #earlier = element("p", "live-note", "This is of the code before your edit.");
  #rest = null; // the element of what is left out, and of the end

  // `cell` is the number of its cell.
  constructor(cell, code, told) {
    this.cell = cell;
    this.code = code;
    this.#told = told;
  }

  // Whether it waits or runs.
  get goes() {
    return !Object.values(ENDS).includes(this.state);
  }

  // Take a message of the kernel about it.
  hear({ kind, output, succeeded, ...rest }) {
    switch (kind) {
      case "begun": this.state = "running"; break;
      case "output": this.outputs.push(output); return draw(this.element, output, this.ending);
      case "rest": return this.#drawRest(rest);
      case "done":
        const end = this.ending && !succeeded ? null : succeeded;
        this.state = ENDS[end];
        this.#end(end);
    }
    this.#told();
  }

  // Say whether the cell's code is another by now.
  compare(code) {
    if (code === this.code) this.#earlier.remove();
    else this.element.prepend(this.#earlier);
  }

  #drawRest({ text, characters, lines, displays }) {
    this.#rest ??= this.#scrolling().appendChild(element("div"));
    const note = characters > 0 ? [element("p", "live-note", `… ${leftOut(characters, lines)} …`)] : [];
    const end = text ? [preformatted("stream", text)] : [];
    const more = displays ? [element("p", "live-note", `… ${displays} more things shown are left out …`)] : [];
    this.#rest.replaceChildren(...note, ...end, ...more);
  }

  // Much output does not push away what stands below; it can be scrolled by keyboard.
  #scrolling() {
    this.element.classList.add("live-much");
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Much output, scrolls");
    return this.element;
  }
}
