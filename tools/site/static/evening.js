// Your evening: what this browser keeps of the course, and what to see again.
{
  const COURSE = "The Lantern";
  const OURS = "lantern-";
  const [WORK, EARLIER, ANSWERS] = ["lantern-work:", "lantern-earlier:", "lantern-answers:"];
  const ERASED = "lantern-erased";
  const PROGRESS = "lantern-progress"; // lines of course/checking/progress.py
  const STATES = ["not attempted", "not yet", "right", "right, with a star"]; // course/checking/exercise.py
  const page = document.querySelector(".evening");
  const told = page.querySelector(".evening-told");
  const { keep, tries, due } = lanternMemory;

  const kept = () => keep((storage) => Object.keys(storage).filter((key) => key.startsWith(OURS))) ?? [];
  const day = (at) => new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "long" });
  const many = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;

  // The best state of each exercise; a line that was cut short is none.
  const exercises = () => {
    const best = new Map();
    for (const line of (keep((storage) => storage.getItem(PROGRESS)) ?? "").split("\n")) {
      try {
        const { exercise, state } = JSON.parse(line);
        if (STATES.indexOf(state) > STATES.indexOf(best.get(exercise))) best.set(exercise, state);
      } catch {
        continue;
      }
    }
    return best;
  };

  // What became of each thing that is asked: {done, right, words}, and when it is due again.
  const look = (item, best) => {
    const { kind, name } = item.dataset;
    if (kind === "exercise") {
      const state = best.get(name) ?? STATES[0];
      return { done: best.has(name), right: STATES.indexOf(state) >= 2, words: state, at: null };
    }
    const all = tries(...name.split(":"));
    const last = all.at(-1);
    if (!last) return { done: false, right: false, words: "", at: null };
    const verdict = { true: "✓ right", false: "✗ not so" }[last.right] ?? "";
    const words = last.answer === null ? "shown" : `“${last.answer}” ${verdict}`.trim();
    return { done: last.answer !== null, right: last.right === true, words, at: due(all) };
  };

  // How much of it is done, in words.
  const summary = (looks) => {
    const parts = [];
    for (const [kind, word] of [["prediction", "predicted"], ["question", "answered"], ["exercise", "solved"]]) {
      const these = looks.filter((one) => one.kind === kind);
      const [done, right] = ["done", "right"].map((what) => these.filter((one) => one[what]).length);
      if (!these.length) continue;
      if (kind === "exercise") parts.push(`${word} ${right} of ${these.length}`);
      else parts.push(`${word} ${done} of ${these.length}` + (done ? `, ${right} right` : ""));
    }
    return parts.join(" · ");
  };

  const show = () => {
    const best = exercises();
    const all = [];
    for (const chapter of document.querySelectorAll(".evening-chapter")) {
      const looks = [...chapter.querySelectorAll("[data-kind]")].map((item) => {
        const one = { item, kind: item.dataset.kind, ...look(item, best) };
        item.querySelector(".evening-state").textContent = one.words;
        return one;
      });
      chapter.querySelector(".evening-sum").textContent = summary(looks);
      for (const objective of chapter.querySelectorAll("[data-objective]")) {
        const its = looks.filter(({ item }) =>
          item.dataset.about.split(" ").includes(objective.dataset.objective));
        objective.querySelector(".evening-state").textContent = summary(its);
      }
      all.push(...looks);
    }
    const waiting = all.filter(({ at }) => at !== null).sort((a, b) => a.at - b.at);
    const now = waiting.filter(({ at }) => at <= Date.now());
    page.querySelector(".evening-again").replaceChildren(...now.map(({ item }) => {
      const line = document.createElement("li");
      line.append(item.querySelector("a").cloneNode(true));
      return line;
    }));
    const later = waiting.slice(now.length);
    page.querySelector(".evening-later").textContent = later.length
      ? `${many(later.length, "more question")} will come back, the next on ${day(later[0].at)}.`
      : now.length ? "" : "Nothing waits: what you answer wrong comes back here after a day, three and seven.";
    page.querySelector(".evening-kept").textContent = kept().length
      ? `In all: ${summary(all)}.`
      : "This browser keeps nothing of the course yet.";
    for (const name of ["save", "erase"])
      page.querySelector(`.evening-${name}`).disabled = !kept().length;
  };

  page.querySelector(".evening-save").addEventListener("click", () => {
    const read = (key) => {
      const text = localStorage.getItem(key);
      if (key.startsWith(WORK)) return text; // code may look like JSON
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    };
    const data = { course: COURSE, saved: new Date().toISOString() };
    data.kept = Object.fromEntries(kept().map((key) => [key, read(key)]));
    const saved = new Blob([`${JSON.stringify(data, null, 1)}\n`], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(saved);
    link.download = "my-evening.json";
    link.click();
    URL.revokeObjectURL(link.href);
    told.textContent = "my-evening.json is saved.";
  });

  const parsed = (text) => {
    try {
      return JSON.parse(text) ?? [];
    } catch {
      return [];
    }
  };
  const union = (all) => [...new Set(all)];

  // What becomes of one thing that is kept, and of what a file has under its name: nothing is lost.
  const merge = (storage, key, theirs) => {
    const mine = storage.getItem(key);
    if (mine === null || mine === theirs) return storage.setItem(key, theirs);
    if (key === PROGRESS) storage.setItem(key, union([...mine.split("\n"), ...theirs.split("\n")]).join("\n"));
    else if (key.startsWith(ANSWERS)) {
      const tries = union([mine, theirs].flatMap(parsed).map((one) => JSON.stringify(one))).map(parsed);
      storage.setItem(key, JSON.stringify(tries.sort((one, other) => one.at - other.at)));
    } else if (key.startsWith(EARLIER))
      storage.setItem(key, JSON.stringify(union([mine, theirs].flatMap(parsed))));
    else if (key.startsWith(WORK)) {
      const beside = EARLIER + key.slice(WORK.length);
      storage.setItem(beside, JSON.stringify(union([theirs, ...parsed(storage.getItem(beside))])));
    }
  };

  const file = page.querySelector(".evening-file");
  page.querySelector(".evening-open").addEventListener("click", () => file.click());
  file.addEventListener("change", async () => {
    const { course, kept: theirs } = parsed(await file.files[0].text());
    const name = file.files[0].name;
    file.value = ""; // so that the same file can be opened again
    if (course !== COURSE || Object.prototype.toString.call(theirs) !== "[object Object]") {
      told.textContent = `${name} was not saved on this page.`;
      return;
    }
    const done = keep((storage) => {
      for (const [key, value] of Object.entries(theirs))
        if (key.startsWith(OURS))
          merge(storage, key, typeof value === "string" ? value : JSON.stringify(value));
      return true;
    });
    dispatchEvent(new Event("storage")); // as other tabs hear it
    told.textContent = done
      ? `${name} is taken over. Where your code here is another, it stays, and that of the file is the Earlier version at its cell.`
      : `Not all of ${name} could be kept: this browser refuses to store it.`;
  });

  page.querySelector(".evening-erase").addEventListener("click", () => {
    const question =
      "Erase your predictions, answers, progress and your own code in cells from this browser? It cannot be undone.";
    if (!confirm(question)) return;
    keep((storage) => {
      kept().forEach((key) => storage.removeItem(key));
      // Other tabs take what goes for work to be saved, until they hear this (browser/runner/work.mjs).
      storage.setItem(ERASED, "now");
      storage.removeItem(ERASED);
    });
    show();
    told.textContent = "Erased: this browser keeps nothing of the course.";
  });

  page.hidden = false;
  show();
  addEventListener("storage", show); // another tab has answered something
  addEventListener("pageshow", ({ persisted }) => persisted && show());
}
