// A cell's code as the learner has it: what this tab shows, what the browser keeps, and what other tabs
// make of it. What takes the place of somebody's work leaves it beside.

import { Kept, nothingKept } from "./work.mjs";

export class Draft {
  kept = true; // whether the browser has the code as it is
  #known; // what the browser keeps, as far as this tab has heard; null for nothing
  #mine = false; // whether it was written in this tab
  #store;

  constructor(notebook, cell, original) {
    this.#store = new Kept(notebook, cell);
    this.original = original;
    this.#known = this.#store.source;
    this.source = this.#known ?? original;
  }

  get edited() {
    return this.source !== this.original;
  }

  get hasEarlier() {
    return this.#store.earlier.length > 0;
  }

  // Let this be the code, and keep it. Another tab may have kept one that this one has not heard of.
  write(source) {
    const there = this.#store.source;
    if (there !== this.#known) this.#putBeside(there);
    this.source = source;
    this.#mine = true;
    const own = this.edited ? source : null;
    this.kept = this.#store.write(own);
    this.#known = this.kept ? own : there;
  }

  // Put other code in the place of this.
  replace(source) {
    this.#putBeside(this.source);
    this.write(source);
  }

  // Do as another tab did, and tell whether one did anything. Where nothing at all is kept any more, it
  // was erased while this tab slept.
  follow() {
    const there = this.#store.source;
    if (there === this.#known) return false;
    if (this.#mine && !nothingKept()) this.#putBeside(this.source);
    this.#known = there;
    this.#mine = false;
    this.source = there ?? this.original;
    return true;
  }

  // Be the course's code again, with nothing beside: the reader has erased all, and other tabs held it
  // for work that was lost.
  erase() {
    this.#store.erase();
    this.#known = null;
    this.#mine = false;
    this.source = this.original;
    this.kept = true;
  }

  // The latest version beside takes the place of the code, and this goes behind the others.
  bringBack() {
    const [latest, ...others] = this.#store.earlier;
    this.#store.earlier = this.edited ? [...others, this.source] : others;
    this.write(latest);
  }

  #putBeside(source) {
    if (source === null || source === this.original) return;
    this.#store.earlier = [source, ...this.#store.earlier];
  }
}
