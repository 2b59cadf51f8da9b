// Python in a worker of the page: everything from this folder, nothing from elsewhere.

import { loadPyodide } from "./pyodide.mjs";
import * as snapshot from "./snapshot.mjs";
import * as sqlite from "./sqlite.mjs";
import * as stacks from "./stacks.mjs";

const here = new URL("./", import.meta.url).href;
const SITE = "/lib/python3.14/site-packages";
const LIBRARIES = "/lib/libraries";
const EXTENSION = `${SITE}/pydantic_core/_pydantic_core.cpython-314-wasm32-emscripten.so`;
const STDLIB = "/lib/python314.zip"; // where Pyodide puts it
const STDLIB_ADDRESS = `${here}stdlib.zip`;
// One snapshot a site, of the build that the folder is named after.
const SITE_STORES = encodeURIComponent(`lantern snapshot ${new URL("../../", here)} `);
const STORE = SITE_STORES + here.split("/").at(-2) + (stacks.canWait ? "" : "-inline");
// Pyodide asks for a list of its own packages. None is used.
const NO_PACKAGES = JSON.stringify({
  info: { abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", python: "3.14.2" },
  packages: {},
});

let kept = null; // the snapshot that this Python comes from
let running = false; // whether it has come to its first cell
const asked = [];
let ask = (request) => asked.push(request);
self.onmessage = ({ data }) => ask(JSON.stringify(data));

const fetchFromHost = self.fetch;
const download = async (name, decompress) => {
  const response = await fetchFromHost(here + name);
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  const body = decompress ? response.body.pipeThrough(decompress) : response.body;
  return new Uint8Array(await new Response(body).arrayBuffer());
};
// What Python reads from its file system, by path: what comes is an array of bytes.
const downloadFiles = () => new Map([
  [STDLIB, download("stdlib.zip")],
  [`${LIBRARIES}/own.zip`, download("own.zip")],
  [`${LIBRARIES}/packages.zip`, download("packages.zip")],
  [EXTENSION, download("pydantic_core.deflate", new DecompressionStream("deflate"))],
]);

// What most lessons import, so that it is in the snapshot; and what anyio imports with the first
// thread, which would hold up a loop that is being watched. None of it is garbage later on, so no
// collection looks at it again. A compiled module is not found beside its package in an archive.
const BOOT = `
import gc, sys, zipfile
gc.disable()
sys.path += ["${LIBRARIES}/own.zip", "${LIBRARIES}/packages.zip"]
with zipfile.ZipFile("${LIBRARIES}/packages.zip") as packages:
    for name in packages.namelist():
        if name.startswith("pydantic_core/"):
            packages.extract(name, "${SITE}")
import bridge
bridge.install(${stacks.canWait ? "True" : "False"})
import kernel, lantern, course.checking.cell
import aiosqlite, fastapi, httpx, sqlalchemy.ext.asyncio, sqlalchemy.dialects.sqlite.aiosqlite
import anyio.to_thread, anyio._backends._asyncio, concurrent.futures.thread
sqlalchemy.orm.configure_mappers()
gc.enable()
gc.collect()
gc.freeze()
`;

async function start() {
  import(`${here}pyodide.asm.mjs`); // on its way while the snapshot is looked for
  kept = await snapshot.find(STORE);
  const files = kept ? snapshot.readFiles(kept.meta) : downloadFiles();
  // Pyodide fetches the standard library itself. Once it is kept, nothing is fetched.
  self.fetch = async (address, ...more) => String(address) === STDLIB_ADDRESS
    ? new Response(await files.get(STDLIB))
    : fetchFromHost(address, ...more);
  const python = await loadPyodide({
    indexURL: here,
    lockFileContents: NO_PACKAGES,
    stdLibURL: STDLIB_ADDRESS,
    env: { HOME: "/workspace", LANTERN_WORKSPACE: "/workspace" },
    // What C code or a crash prints; Python's own streams go to the cells.
    stderr: (line) => console.warn(line),
    _makeSnapshot: !kept,
    _loadSnapshot: kept?.head,
  });
  self.fetch = fetchFromHost;
  const paths = [...files.keys()];
  for (const path of paths.filter((path) => path !== STDLIB)) {
    python.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    python.FS.writeFile(path, await files.get(path), { canOwn: true });
  }
  const known = await snapshot.loadExtension(python._module, EXTENSION, kept);
  if (kept) python.runPython("import random; random.seed()");
  else {
    await snapshot.dropOthers(SITE_STORES, STORE).catch(() => {});
    python.runPython(BOOT);
    snapshot.keep(python, STORE, known, paths);
  }
  sqlite.install(python);
  stacks.install(python);
  const main = python.pyimport("kernel").main;
  const begin = stacks.canWait ? main.callPromising.bind(main) : main;
  await begin(
    (message) => postMessage(JSON.parse(message)),
    (taker) => {
      ask = taker.copy();
      asked.splice(0).forEach((request) => ask(request));
      running = true;
      postMessage({ kind: "ready", restored: kept !== null });
    },
  );
}

// What no cell can catch: Python itself is gone, or a stack of it. A snapshot that it came from is
// not used again; if it never began, the page starts anew without.
async function fail(error) {
  if (kept) await snapshot.drop(STORE).catch(() => {});
  if (kept && !running) postMessage({ kind: "again" });
  else postMessage({ kind: "failed", reason: String(error?.message ?? error) });
}
self.addEventListener("unhandledrejection", ({ reason }) => fail(reason));
start().catch(fail);
