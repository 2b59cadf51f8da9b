"use strict";
// Asks the page's own server once a second and changes what has changed: nothing that is focused
// or unfolded is made anew, and what is unfolded stays.

const INTERVAL = 1000;
const byId = (id) => document.getElementById(id);
let paused = false;
let known = null; // numbers of findings, and lines that were frozen, of the last look

const age = (seconds) =>
  seconds < 0.0005 ? "under 1 ms"
  : seconds < 0.0995 ? `${(seconds * 1000).toFixed(0)} ms`
  : seconds < 9.95 ? `${seconds.toFixed(1)} s`
  : seconds < 119.5 ? `${seconds.toFixed(0)} s`
  : seconds < 7170 ? `${(seconds / 60).toFixed(0)} min`
  : `${(seconds / 3600).toFixed(0)} h`;
const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function add(parent, name, kind = "") {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  parent.append(made);
  return made;
}

// A line of words: each part is [its name for `lines`, the element, its class].
function row(parent, ...parts) {
  const line = add(parent, "p");
  return Object.fromEntries(parts.map(([name, element, kind]) => {
    const made = add(line, element, kind);
    line.append(" ");
    return [name, made];
  }));
}

// Make the items of a list those of `things`, by key: what stays is not moved.
function list(parent, things, key, make, fill) {
  const items = new Map([...parent.children].map((item) => [item.dataset.key, item]));
  let after = null;
  for (const thing of things) {
    let item = items.get(String(key(thing)));
    if (item === undefined) {
      item = document.createElement("li");
      item.dataset.key = key(thing);
      item.parts = make(item, thing);
      after === null ? parent.prepend(item) : after.after(item);
    }
    items.delete(item.dataset.key);
    fill(item.parts, thing);
    after = item;
  }
  for (const item of items.values()) {
    const kept = item.querySelector("details[open]") || item.contains(document.activeElement);
    if (!kept) item.remove();
  }
}

function makePlace(item) {
  return row(item, ["place", "code", ""], ["words", "span", ""]);
}

function fillFrozen(parts, frozen) {
  put(parts.place, frozen.place);
  const inside = frozen.inside ? `, in ${frozen.inside}` : "";
  put(parts.words, `has not come back for ${age(frozen.seconds)}${inside}. ${frozen.route}`);
}

function makeConnection(item) {
  return {
    ...row(item, ["title", "strong", ""], ["engine", "code", "soft"]),
    ...row(item, ["doing", "span", ""]),
    ...row(item, ["taken", "span", "soft"], ["place", "code", ""]),
    ...row(item, ["made", "span", "soft"], ["session", "code", ""]),
    ...row(item, ["last", "span", "soft"], ["sql", "code", ""], ["line", "code", "soft"]),
    ...row(item, ["values", "code", "soft"]),
  };
}

function fillConnection(parts, out) {
  const idle = out.doing === "idle in a transaction";
  put(parts.title, `${out.route}, ${age(out.seconds)}`);
  put(parts.engine, out.engine);
  put(parts.doing, `${out.doing} for ${age(out.doing_seconds)}`
    + (out.outlived ? "; its request is over" : ""));
  parts.doing.className = (idle && out.doing_seconds >= 1) || out.outlived ? "warn" : "";
  put(parts.taken, "taken at");
  put(parts.place, out.place);
  put(parts.made, out.session ? "by the session made at" : "");
  put(parts.session, out.session);
  put(parts.last, out.sql ? (out.doing === "waits for the database" ? "sent:" : "last:") : "");
  put(parts.sql, out.sql);
  put(parts.line, out.line);
  put(parts.values, out.values);
}

function makeFinding(item) {
  return {
    ...row(item, ["title", "strong", ""]),
    ...row(item, ["place", "code", ""], ["route", "span", "soft"]),
    ...row(item, ["message", "span", ""]),
    ...row(item, ["reading", "span", ""]),
    ...row(item, ["help", "span", "soft"]),
  };
}

function fillFinding(parts, finding) {
  const often = finding.times > 1 ? `${finding.times} times, last ` : "";
  put(parts.title, finding.title);
  put(parts.place, finding.place);
  put(parts.route, `${finding.route}; ${often}${age(finding.ago)} ago`);
  put(parts.message, finding.message);
  put(parts.reading, finding.reading.join("; "));
  put(parts.help, finding.help);
}

function makeRoute(item) {
  const fold = add(item, "details");
  const summary = add(fold, "summary");
  return {
    title: add(summary, "strong"), words: add(summary, "span"), flag: add(summary, "span", "warn"),
    statements: add(fold, "ul"), others: add(fold, "p", "soft"),
  };
}

function fillRoute(parts, route) {
  const each = route.requests ? route.statements / route.requests : 0;
  const repeats = route.listed.some((one) => one.repeats);
  put(parts.title, route.route);
  put(parts.words, route.requests
    ? `: ${count(route.requests, "request")}, ${count(Number(each.toFixed(1)), "statement")} each, `
      + `at most ${route.most}; ${age(route.milliseconds / 1000 / route.requests)} each`
    : `: ${count(route.statements, "statement")}`);
  put(parts.flag, repeats ? " N+1?" : "");
  put(parts.others, route.others ? `${count(route.others, "statement")} more, not listed` : "");
  list(parts.statements, route.listed, (one) => `${one.place} ${one.sql}`, makeStatement,
    fillStatement);
}

function makeStatement(item) {
  return {
    ...row(item, ["sql", "code", ""]),
    ...row(item, ["place", "code", ""], ["words", "span", "soft"], ["flag", "span", "warn"]),
    ...row(item, ["values", "code", "soft"]),
  };
}

function fillStatement(parts, one) {
  put(parts.sql, one.sql);
  put(parts.place, one.place);
  put(parts.words, `${count(one.times, "time")}, ${age(one.milliseconds / 1000 / one.times)} each`);
  put(parts.flag, one.repeats ? `${one.most} times in one request` : "");
  put(parts.values, one.values);
}

function makeRequest(item, request) {
  const fold = add(item, "details");
  const summary = add(fold, "summary");
  const parts = {
    title: add(summary, "strong"), words: add(summary, "span"), picture: add(fold, "div"), fold,
  };
  fold.addEventListener("toggle", () => draw(parts, request.number));
  return parts;
}

function fillRequest(parts, request) {
  const status = request.status === null ? "no answer yet" : `status ${request.status}`;
  const when = request.ago === null ? "under way for " : "";
  const ago = request.ago === null ? "" : `; ${age(request.ago)} ago`;
  put(parts.title, request.route);
  put(parts.words, `: ${status}, ${count(request.statements, "statement")}, `
    + `${when}${age(request.seconds)}${ago}`);
  // Of a request that is under way there is more to draw each time.
  if (request.ago === null || parts.isUnderWay) draw(parts, request.number);
  parts.isUnderWay = request.ago === null;
}

async function draw(parts, number) {
  if (!parts.fold.open || parts.fold.querySelector("figure details[open]")) return;
  if (parts.picture.firstChild && !parts.isUnderWay) return;
  const answer = await fetch(`picture/${number}`).catch(() => null);
  if (answer?.ok) {
    const drawn = await answer.text();
    if (drawn !== parts.drawn) {
      parts.drawn = drawn;
      parts.picture.innerHTML = drawn;
      // On a small screen it scrolls by itself.
      parts.picture.firstChild.tabIndex = 0;
    }
  } else if (!parts.picture.firstChild) put(parts.picture, "It is no longer kept.");
}

// Only what is new is said, for who does not see the page.
function tell(looked) {
  const now = new Map([
    ...looked.frozen.map((one) => [`frozen ${one.place}`, `The loop is frozen at ${one.place}`]),
    ...looked.findings.map((one) => [one.number, `${one.title}: ${one.place}`]),
  ]);
  const news = [...now].filter(([key]) => known !== null && !known.has(key));
  if (news.length) put(byId("news"), news.map(([, words]) => words).join(". "));
  known = new Set(now.keys());
}

function show(looked) {
  put(byId("app"), looked.app);
  put(byId("state"), `process ${looked.process}, for ${age(looked.seconds)}`);
  document.title = `${looked.frozen.length ? "Frozen! " : ""}${looked.app}`;
  byId("frozen-now").hidden = looked.frozen.length === 0;
  list(byId("frozen"), looked.frozen, (one) => one.number, makePlace, fillFrozen);
  list(byId("connections"), looked.connections, (one) => one.number, makeConnection,
    fillConnection);
  list(byId("findings"), looked.findings, (one) => one.number, makeFinding, fillFinding);
  list(byId("routes"), looked.routes, (one) => one.route, makeRoute, fillRoute);
  list(byId("requests"), [...looked.running, ...looked.requests], (one) => one.number,
    makeRequest, fillRequest);
  tell(looked);
}

async function look() {
  if (!paused && !document.hidden) {
    const answer = await fetch("look").catch(() => null);
    if (answer?.ok && !paused) show(await answer.json());
    else if (!paused) put(byId("state"), "does not answer: it has ended, starts anew, or is held up");
  }
  setTimeout(look, INTERVAL);
}

byId("pause").addEventListener("click", () => {
  paused = !paused;
  byId("pause").setAttribute("aria-pressed", paused);
});
look();
