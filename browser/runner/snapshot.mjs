// The memory of a Python that has everything imported, kept in the reader's own browser.
//
// Pyodide makes and loads snapshots for its own tests and hosts; two things are added here. A
// memory that has grown must be as large before it is filled, and an extension module must lie
// where it lay: its code is loaded anew, its data are in the snapshot.

const META = "x-lantern-snapshot";
const FLAGS = { global: false, nodelete: true, loadAsync: true };

// A WebAssembly function that calls one of JavaScript: the table takes no other.
// (module (import "e" "c" (func (param i32 i32) (result i32))) (export "c" (func 0)))
const CALLS = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 7, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f],
  ...[2, 7, 1, 1, 0x65, 1, 0x63, 0, 0, 7, 5, 1, 1, 0x63, 0, 0],
]);

let heap = 0; // bytes that the memory must have
let forced = 0; // where the next piece of memory must lie
let allocated; // where the last piece lies, and how large it is

for (const name of ["instantiate", "instantiateStreaming"]) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (...given) => {
    const result = await original.apply(WebAssembly, given);
    const { exports } = result.instance ?? result;
    if (!(exports.memory instanceof WebAssembly.Memory)) return result;
    const missing = heap - exports.memory.buffer.byteLength;
    if (missing > 0) exports.memory.grow(missing / 65536);
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

// The snapshot that was kept, {memory, meta}, or null.
export async function find(store, address) {
  const kept = await (await caches.open(store)).match(address);
  if (!kept) return null;
  const meta = JSON.parse(kept.headers.get(META));
  heap = meta.heap;
  return { memory: new Uint8Array(await kept.arrayBuffer()), meta };
}

// Load the one extension module; with a snapshot, to where it was.
export async function loadExtension(C, file, kept) {
  const table = C.wasmTable.length;
  if (kept && table !== kept.meta.table) throw new Error("The snapshot is of another Python.");
  if (kept) forced = kept.meta.extension.place;
  await C.loadDynamicLibrary(file, FLAGS, {});
  if (!kept) return { table, extension: allocated };
  const { offset, extension, tableAfter } = kept.meta;
  const { place, size } = extension;
  C.HEAPU8.set(kept.memory.subarray(offset + place, offset + place + size), place);
  if (C.wasmTable.length < tableAfter) C.wasmTable.grow(tableAfter - C.wasmTable.length);
  return kept.meta;
}

// Keep the memory as it is now. A browser that has no room for it does without.
export async function keep(python, store, address, known) {
  const memory = python._api.makeSnapshot();
  const offset = new Uint32Array(memory.buffer, memory.byteOffset, 4)[1];
  const tableAfter = python._module.wasmTable.length;
  const meta = JSON.stringify({ ...known, tableAfter, offset, heap: memory.length - offset });
  const cache = await caches.open(store);
  await cache.put(address, new Response(memory, { headers: { [META]: meta } }));
}

export const drop = (store) => caches.delete(store);

// Throw away what earlier builds kept.
export async function dropOthers(prefix, store) {
  const names = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== store);
  await Promise.all(names.map(drop));
}
