// The memory of a Python that has everything imported, kept in the reader's own browser, and the
// files that it reads.
//
// Pyodide makes and loads snapshots for its own tests and hosts; three things are added here. A
// memory that has grown must be as large before it is filled; it is filled from the file, with no
// copy in between; and an extension module must lie where it lay: its code is loaded anew, its data
// are in the snapshot.

const HEADER = 1024; // bytes of a kept file before its memory; the files lie behind that
const FLAGS = { global: false, nodelete: true, loadAsync: true };

// A WebAssembly function that calls one of JavaScript: the table takes no other.
// (module (import "e" "c" (func (param i32 i32) (result i32))) (export "c" (func 0)))
const CALLS = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 7, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f],
  ...[2, 7, 1, 1, 0x65, 1, 0x63, 0, 0, 7, 5, 1, 1, 0x63, 0, 0],
]);

const folder = () => navigator.storage.getDirectory(); // of this site, in this browser

let memory; // of Python
let file = null; // the kept snapshot, while it is read
let heap = 0; // bytes that the memory must have
let forced = 0; // where the next piece of memory must lie
let allocated; // where the last piece lies, and how large it is

for (const name of ["instantiate", "instantiateStreaming"]) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (...given) => {
    const result = await original.apply(WebAssembly, given);
    const { exports } = result.instance ?? result;
    if (!(exports.memory instanceof WebAssembly.Memory)) return result;
    memory = exports.memory;
    const missing = heap - memory.buffer.byteLength;
    if (missing > 0) memory.grow(missing / 65536);
    const calloc = (count, size) => {
      const place = forced || exports.calloc(count, size);
      forced = 0;
      allocated = { place, size: count * size };
      return place;
    };
    const { c } = new WebAssembly.Instance(new WebAssembly.Module(CALLS), { e: { c: calloc } }).exports;
    const instance = { exports: { ...exports, calloc: c } };
    return result.instance ? { module: result.module, instance } : instance;
  };
}

// Pyodide takes a snapshot as an array, looks at its head, and copies what lies behind the head.
// This array is the head alone, and what lies behind it is none: it has been read to its place.
class Head extends Uint8Array {
  subarray(begin, end) {
    if (begin < this.length) return super.subarray(begin, end);
    read(0, heap, begin);
    return new Uint8Array();
  }
}

// Fill a piece of Python's memory with what the snapshot has there.
function read(place, size, offset) {
  fill(new Uint8Array(memory.buffer, place, size), HEADER + offset + place);
}

function fill(piece, at) {
  if (file.read(piece, { at }) < piece.length) throw new Error("The snapshot is not whole.");
}

// Firefox lets one page at a time read a file, and none while it is written: it is free in a moment.
async function opened(handle) {
  for (let tries = 20; ; tries -= 1) {
    try {
      return await handle.createSyncAccessHandle({ mode: "read-only" });
    } catch (error) {
      if (error.name !== "NoModificationAllowedError" || !tries) throw error;
      await new Promise((go) => setTimeout(go, 50));
    }
  }
}

// What was kept of a snapshot, {head, meta}, or null where nothing is or can be kept.
export async function find(store) {
  try {
    const handle = await (await folder()).getFileHandle(store);
    file = await opened(handle);
    const header = new Uint8Array(HEADER);
    file.read(header, { at: 0 });
    const meta = JSON.parse(new TextDecoder().decode(header));
    const head = new Head(meta.offset);
    file.read(head, { at: HEADER });
    heap = meta.heap;
    return { head, meta };
  } catch {
    file?.close();
    return null;
  }
}

// The files that are kept with a snapshot, by their path. Throws if they are not whole.
export function readFiles({ offset, heap, files }) {
  let at = HEADER + offset + heap;
  return new Map(files.map(([path, size]) => {
    const content = new Uint8Array(size);
    fill(content, at);
    at += size;
    return [path, content];
  }));
}

// Load the one extension module; with a snapshot, to where it was.
export async function loadExtension(C, path, kept) {
  const table = C.wasmTable.length;
  if (kept && table !== kept.meta.table) throw new Error("The snapshot is of another Python.");
  if (kept) forced = kept.meta.extension.place;
  await C.loadDynamicLibrary(path, FLAGS, {});
  if (!kept) return { table, extension: allocated };
  const { offset, extension, tableAfter } = kept.meta;
  read(extension.place, extension.size, offset);
  file.close();
  if (C.wasmTable.length < tableAfter) C.wasmTable.grow(tableAfter - C.wasmTable.length);
  return kept.meta;
}

// Keep the memory as it is now, and some files; what is kept is whole or not there. A browser that
// has no room for it does without: Chromium says so in one of two ways, as the quota or the pipe
// ends first.
export async function keep(python, store, known, paths) {
  try {
    const snapshot = python._api.makeSnapshot();
    const offset = new Uint32Array(snapshot.buffer, snapshot.byteOffset, 4)[1];
    const tableAfter = python._module.wasmTable.length;
    const contents = paths.map((path) => python.FS.readFile(path));
    const files = paths.map((path, index) => [path, contents[index].length]);
    const meta = { ...known, tableAfter, offset, heap: snapshot.length - offset, files };
    const handle = await (await folder()).getFileHandle(store, { create: true });
    const writable = await handle.createWritable();
    await writable.write(JSON.stringify(meta).padEnd(HEADER));
    await writable.write(snapshot);
    for (const content of contents) await writable.write(content);
    await writable.close();
  } catch (error) {
    console.warn(`Python's memory is not kept in this browser. ${error}`);
  }
}

export async function drop(store) {
  file?.close();
  await (await folder()).removeEntry(store);
}

// Throw away what earlier builds kept.
export async function dropOthers(prefix, store) {
  const kept = await folder();
  for await (const name of kept.keys()) {
    if (name.startsWith(prefix) && name !== store) await kept.removeEntry(name);
  }
}
