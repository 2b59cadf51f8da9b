// The small status that stays in view: how Python is, how long that takes, and what is kept.

import { LOADED } from "./libraries.mjs"; // made by the build
import { element } from "./elements.mjs";

const MEGABYTES = 14; // of libraries, as most hosts send them

export class Now {
  element = element("div", "live-now");
  #figures = element("span", "live-figures"); // changes each second: nobody wants that read out
  #kept = element("span", "live-safe");
  #told = []; // what show() was told last
  #loaded = 0; // bytes
  #what = "";
  #since = 0;
  #clock = null;

  constructor() {
    this.#figures.setAttribute("aria-hidden", "true");
    this.element.hidden = true;
    for (const name of ["online", "offline"]) addEventListener(name, () => this.show(...this.#told));
  }

  // Take in the elements that say how Python is, and start it.
  take(...elements) {
    if (!this.element.hidden) return;
    this.element.append(...elements, this.#figures, this.#kept);
    this.element.hidden = false;
  }

  // How many bytes have come of what is counted (meter.mjs).
  load(bytes) {
    this.#loaded = bytes;
    this.#tick();
  }

  // Say it: the state of Python, the cell that runs, and the cells that the reader has changed.
  show(state, running, edited) {
    this.#told = [state, running, edited];
    const what = state === "ready" ? (running?.number ?? "") : state;
    if (what !== this.#what) [this.#what, this.#since] = [what, performance.now()];
    const goes = state === "starting" || (state === "ready" && running);
    if (goes) this.#clock ??= setInterval(() => this.#tick(), 1000);
    else this.#clock = clearInterval(this.#clock) ?? null;
    this.#tick();
    this.#kept.textContent = [navigator.onLine ? "" : "No network.", keptWords(edited)].join(" ").trim();
  }

  #tick() {
    const [state, running] = this.#told;
    const seconds = `${Math.round((performance.now() - this.#since) / 1000)} s`;
    const come = MEGABYTES * Math.min(this.#loaded / LOADED, 1);
    const size = this.#loaded ? `${come.toFixed(1)} of about ${MEGABYTES} MB, ` : "";
    if (state === "starting") this.#figures.textContent = `${size}${seconds}`;
    else if (state === "ready" && running)
      this.#figures.textContent = `Cell ${running.number}: ${seconds}`;
    else this.#figures.textContent = "";
  }
}

// What of the reader's, and of the book, this browser has.
function keptWords(edited) {
  if (edited.some(({ kept }) => !kept)) return "Your code is not kept: this browser refuses to store it.";
  const kept = [edited.length && "your code", navigator.serviceWorker?.controller && "the book"];
  const words = kept.filter(Boolean).join(" and ");
  return words && `Kept in this browser: ${words}.`;
}
