// A Python with everything imported: from the kept memory, or made afresh and then kept.
//
// The memory lasts as long as the libraries do. Our own part changes more often: it is then taken
// out of the memory and taken in anew, and nothing else has to be fetched.

import { LIBRARIES } from "./libraries.mjs"; // made by the build
import * as snapshot from "./snapshot.mjs";
import { canWait } from "./stacks.mjs";

const here = new URL("./", import.meta.url);
const libraries = new URL(LIBRARIES, here).href;
const nameOf = (folder) => String(folder).split("/").at(-2);
const SITE = "/lib/python3.14/site-packages";
const OWN = "/lib/own.zip";
const PACKAGES = "/lib/packages.zip";
const EXTENSION = `${SITE}/pydantic_core/_pydantic_core.cpython-314-wasm32-emscripten.so`;
const STDLIB = "/lib/python314.zip"; // where Pyodide puts it
const STDLIB_ADDRESS = `${libraries}stdlib.zip`;
// One snapshot a site, of the libraries that their folder is named after.
const SITE_STORES = encodeURIComponent(`lantern snapshot ${new URL("../../", here)} `);
const STORE = SITE_STORES + nameOf(libraries) + (canWait ? "" : "-inline");
// Pyodide asks for a list of its own packages. None is used.
const NO_PACKAGES = JSON.stringify({
  info: { abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", python: "3.14.2" },
  packages: {},
});

const fetchFromHost = self.fetch;
const download = async (address) => {
  const response = await fetchFromHost(address);
  if (!response.ok) throw new Error(`${address}: ${response.status} ${response.statusText}`);
  const body = address.endsWith(".deflate")
    ? response.body.pipeThrough(new DecompressionStream("deflate"))
    : response.body;
  return new Uint8Array(await new Response(body).arrayBuffer());
};
const downloadOwn = () => download(`${here}own.deflate`);
// What Python reads from its file system, by path: what comes is an array of bytes.
const downloadFiles = () => new Map([
  [STDLIB, download(STDLIB_ADDRESS)],
  [OWN, downloadOwn()],
  [PACKAGES, download(`${libraries}packages.zip`)],
  [EXTENSION, download(`${libraries}pydantic_core.deflate`)],
]);

// What most lessons import, so that it is in the snapshot; and what anyio imports with the first
// thread, which would hold up a loop that is being watched. A compiled module is not found beside
// its package in an archive.
const TAKE_LIBRARIES_IN = `
import sys, zipfile
sys.path += ["${OWN}", "${PACKAGES}"]
with zipfile.ZipFile("${PACKAGES}") as packages:
    for name in packages.namelist():
        if name.startswith("pydantic_core/"):
            packages.extract(name, "${SITE}")
import bridge
bridge.install(${canWait ? "True" : "False"})
import aiosqlite, fastapi, httpx, sqlalchemy.ext.asyncio, sqlalchemy.dialects.sqlite.aiosqlite
import anyio.to_thread, anyio._backends._asyncio, concurrent.futures.thread
`;
// Another build's own part may be there: it leaves no trace. What is there now is not garbage
// later on, so no collection looks at it again.
const TAKE_OWN_PART_IN = `
import gc, importlib, sys
gc.disable()
gc.unfreeze()
for name, module in list(sys.modules.items()):
    if (getattr(module, "__file__", None) or "").startswith("${OWN}"):
        del sys.modules[name]
module = None
importlib.invalidate_caches()
import kernel, lantern, course.checking.cell, sqlalchemy.orm
sqlalchemy.orm.configure_mappers()
gc.enable()
gc.collect()
gc.freeze()
`;

// The snapshot that this Python comes from, or null.
export let kept = null;
export let keeping = Promise.resolve(); // done once the memory is kept, or found not to be
export const forget = () => snapshot.drop(STORE);

// Start Python, up to its first cell.
export async function start() {
  import(`${libraries}pyodide.asm.mjs`); // on its way while the snapshot is looked for
  const pyodide = import(`${libraries}pyodide.mjs`);
  kept = await snapshot.find(STORE);
  const asItWas = kept?.meta.own === nameOf(here);
  const files = kept ? snapshot.readFiles(kept.meta) : downloadFiles();
  if (kept && !asItWas) files.set(OWN, downloadOwn());
  // Pyodide fetches the standard library itself. Once it is kept, nothing is fetched.
  self.fetch = async (address, ...more) => String(address) === STDLIB_ADDRESS
    ? new Response(await files.get(STDLIB))
    : fetchFromHost(address, ...more);
  const python = await (await pyodide).loadPyodide({
    indexURL: libraries,
    lockFileContents: NO_PACKAGES,
    stdLibURL: STDLIB_ADDRESS,
    env: { HOME: "/workspace", LANTERN_WORKSPACE: "/workspace" },
    // What C code or a crash prints; Python's own streams go to the cells.
    stderr: (line) => console.warn(line),
    _makeSnapshot: !asItWas,
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
    python.runPython(TAKE_LIBRARIES_IN);
  }
  if (!asItWas) {
    python.runPython(TAKE_OWN_PART_IN);
    keeping = snapshot.keep(python, STORE, { ...known, own: nameOf(here) }, paths);
  }
  return python;
}
