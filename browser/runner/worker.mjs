// Python in a worker of the page: everything from this site, nothing from elsewhere.

import { forget, keeping, kept, start } from "./python.mjs";
import { Outbox } from "./outbox.mjs";
import * as sqlite from "./sqlite.mjs";
import * as stacks from "./stacks.mjs";

const outbox = new Outbox((message) => postMessage(message));
let running = false; // whether Python has come to its first cell
const asked = [];
let ask = (request) => asked.push(request);
self.onmessage = ({ data }) => ask(JSON.stringify(data));

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

// What no cell can catch: Python itself is gone, or a stack of it. A snapshot that it came from is
// not used again; if it never began, the page starts anew without.
async function fail(error) {
  if (kept) await forget().catch(() => {});
  if (kept && !running) postMessage({ kind: "again" });
  else postMessage({ kind: "failed", reason: String(error?.message ?? error) });
}
self.addEventListener("unhandledrejection", ({ reason }) => fail(reason));
serve().catch(fail);
