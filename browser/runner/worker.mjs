// Python in a worker of the page: everything from this site, nothing from elsewhere.

import "./meter.mjs";
import { forget, keeping, kept, start } from "./python.mjs";
import { Outbox } from "./outbox.mjs";
import * as sqlite from "./sqlite.mjs";
import * as stacks from "./stacks.mjs";

const outbox = new Outbox((message) => postMessage(message));
let running = false; // whether Python has come to its first cell
const asked = [];
let ask = (request) => asked.push(request);
self.onmessage = ({ data }) => {
  if (data.kind === "memory") stacks.share(data.memory);
  else ask(JSON.stringify(data));
};

async function serve() {
  const python = await start();
  sqlite.install(python);
  stacks.install(python);
  const main = python.pyimport("kernel").main;
  const begin = stacks.canWait ? main.callPromising.bind(main) : main;
  await begin(
    (message) => outbox.send(JSON.parse(message)),
    (run, stream, text) => outbox.write(run, stream, text),
    (taker) => {
      ask = taker.copy();
      asked.splice(0).forEach((request) => ask(request));
      running = true;
      postMessage({ kind: "ready", restored: kept !== null });
      keeping.then(() => postMessage({ kind: "settled" }));
    },
  );
}

// What no cell can catch: Python itself is gone, or a stack of it, or it did not come. A snapshot that
// it came from is not used again, unless only the network broke off; if it never began, the page starts
// anew without.
async function fail(error) {
  const words = String(error?.message ?? error).trim();
  const cause = causeOf(words);
  const spoilt = kept && cause !== "network";
  if (spoilt) await forget().catch(() => {});
  if (spoilt && !running) postMessage({ kind: "again" });
  else postMessage({ kind: "failed", cause, reason: words.split("\n").at(-1) });
}

// What it needed and did not have, as far as the words of Chromium, Firefox, Emscripten or Python tell.
function causeOf(words) {
  if (/out of memory|OOM|MemoryError|allocat|memory\.grow|grow memory/i.test(words)) return "memory";
  if (/fetch|network|dynamically imported module|input stream/i.test(words)) return "network";
}
self.addEventListener("unhandledrejection", ({ reason }) => fail(reason));
serve().catch(fail);
