// Python in a worker of the page: everything from this folder, nothing from elsewhere.

import { loadPyodide } from "./pyodide.mjs";
import * as stacks from "./stacks.mjs";

const here = new URL("./", import.meta.url).href;
const SITE = "/lib/python3.14/site-packages";
const LIBRARIES = "/lib/libraries";
// Pyodide asks for a list of its own packages. None is used.
const NO_PACKAGES = JSON.stringify({
  info: { abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", python: "3.14.2" },
  packages: {},
});

const asked = [];
let ask = (request) => asked.push(request);
self.onmessage = ({ data }) => ask(JSON.stringify(data));

const download = async (name) => {
  const response = await fetch(here + name);
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
};

const NEEDS_WAITING =
  "This browser cannot let Python wait (JavaScript Promise Integration), and the lessons are " +
  "about waiting. Chrome and Edge from 137 on and Firefox from 153 on can. The outputs on this " +
  "page were recorded and stay.";

async function start() {
  if (!("Suspending" in WebAssembly)) throw new Error(NEEDS_WAITING);
  const archives = ["own.zip", "packages.zip"].map((name) => [name, download(name)]);
  const compiled = download("pydantic_core.zip");
  const python = await loadPyodide({
    indexURL: here,
    lockFileContents: NO_PACKAGES,
    stdLibURL: `${here}stdlib.zip`,
    env: { HOME: "/workspace", LANTERN_WORKSPACE: "/workspace" },
    // What C code or a crash prints; Python's own streams go to the cells.
    stderr: (line) => console.warn(line),
  });
  python.unpackArchive(await compiled, "zip", { extractDir: SITE });
  python.FS.mkdirTree(LIBRARIES);
  for (const [name, archive] of archives) {
    python.FS.writeFile(`${LIBRARIES}/${name}`, await archive);
  }
  stacks.install(python);
  python.registerJsModule("bridge_stacks", stacks);
  python.runPython(`
import sys
sys.path += ["${LIBRARIES}/own.zip", "${LIBRARIES}/packages.zip"]
import bridge
bridge.install()
`);
  const main = python.pyimport("kernel").main;
  await main.callPromising(
    (message) => postMessage(JSON.parse(message)),
    (taker) => {
      ask = taker.copy();
      asked.splice(0).forEach((request) => ask(request));
      postMessage({ ready: true });
    },
  );
}

// What no cell can catch: Python itself is gone, or a stack of it.
const fail = (error) => postMessage({ failed: String(error?.message ?? error) });
self.addEventListener("unhandledrejection", ({ reason }) => fail(reason));
start().catch(fail);
