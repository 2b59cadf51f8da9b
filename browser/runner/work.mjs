// The learner's own versions of cells, kept in this browser, and as files to take away.

// A private window may refuse storage, and a full one takes no more: what is written still runs.
const keep = (action) => {
  try {
    return action(localStorage);
  } catch {
    return null;
  }
};

// Tell whether it is kept. Where storage is refused, what stands in for it lasts as long as the page
// (page.html).
const kept = (action) => keep((storage) => (action(storage), storage instanceof Storage)) === true;

const BESIDE = 5; // versions
export const ERASED = "lantern-erased"; // set for a moment where the reader erases all (evening.js)

// Whether the browser would keep what it is given, and has nothing of the course.
export const nothingKept = () =>
  keep((storage) =>
    storage instanceof Storage && !Object.keys(storage).some((key) => key.startsWith("lantern-"))) === true;

// What is kept of one cell: the code as the learner wrote it, null for the course's, and versions that
// others have taken the place of, the latest first.
export class Kept {
  #key;
  #earlierKey;
  #refused = null; // versions that last as long as the page

  constructor(notebook, cell) {
    this.#key = `lantern-work:${notebook}:${cell}`;
    this.#earlierKey = `lantern-earlier:${notebook}:${cell}`;
  }

  get source() {
    return keep((storage) => storage.getItem(this.#key));
  }

  // Tell whether it is kept.
  write(source) {
    return kept((storage) =>
      source === null ? storage.removeItem(this.#key) : storage.setItem(this.#key, source));
  }

  get earlier() {
    return this.#refused ?? JSON.parse(keep((storage) => storage.getItem(this.#earlierKey)) ?? "[]");
  }

  set earlier(versions) {
    const few = [...new Set(versions)].slice(0, BESIDE);
    const done = kept((storage) => storage.setItem(this.#earlierKey, JSON.stringify(few)));
    this.#refused = done ? null : few;
  }

  erase() {
    this.#refused = null;
    keep((storage) => [this.#key, this.#earlierKey].forEach((key) => storage.removeItem(key)));
  }
}

const PROGRESS = "lantern-progress";
const STATES = ["not attempted", "not yet", "right", "right, with a star"]; // course/checking/exercise.py

export const readProgress = () => keep((storage) => storage.getItem(PROGRESS)) ?? "";

// Add lines of course/checking/progress.py to those that are kept; other tabs may have added some. Tell
// whether they are kept.
export function addProgress(lines) {
  const all = new Set([...readProgress().split("\n"), ...lines.split("\n")].filter(Boolean));
  const done = kept((storage) => storage.setItem(PROGRESS, [...all].join("\n")));
  dispatchEvent(new Event("storage")); // as other tabs hear it
  return done;
}

// The lines of a progress.jsonl, or null if the text is none.
export function progressOf(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  const known = (line) => {
    try {
      const { exercise, state } = JSON.parse(line);
      return typeof exercise === "string" && STATES.includes(state);
    } catch {
      return false; // a crash may have cut it short
    }
  };
  const good = lines.filter(known);
  return good.length ? good.join("\n") : null;
}

// The best state of each exercise, by its id.
export function best() {
  const found = new Map();
  for (const line of readProgress().split("\n").filter(Boolean)) {
    const { exercise, state } = JSON.parse(line);
    const known = STATES.indexOf(found.get(exercise));
    if (STATES.indexOf(state) >= known) found.set(exercise, state);
  }
  return found;
}

// The notebook with the sources that `sourceOf` gives for its code cells.
export function withSources(notebook, sourceOf) {
  const cells = notebook.cells.map((cell) =>
    cell.cell_type === "code"
      ? { ...cell, source: sourceOf(cell).split(/(?<=\n)/), outputs: [], execution_count: null }
      : cell);
  return { ...notebook, cells };
}

// Save a file: put it into workspace/, and the course on the learner's computer knows it.
export function download(text, name) {
  const file = new Blob([`${text}\n`], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

// Sources by cell from a copy of this notebook, or null if the text is none.
export function sourcesOf(text, notebook) {
  const known = new Set(notebook.cells.map((cell) => cell.id));
  try {
    const cells = JSON.parse(text).cells.filter((cell) => cell.cell_type === "code");
    const found = cells.filter((cell) => known.has(cell.id));
    return found.length ? new Map(found.map((cell) => [cell.id, [cell.source].flat().join("")])) : null;
  } catch {
    return null; // no notebook at all
  }
}
