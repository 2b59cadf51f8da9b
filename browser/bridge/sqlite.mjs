// SQLite gives back what it has mapped of a write-ahead log in halves of a page of WebAssembly,
// which are 64 kB. A system rounds that up; here nothing would be given back at all.

const PAGE = 65536; // bytes
const X_SET_SYSTEM_CALL = 19; // its place among the pointers and numbers of struct sqlite3_vfs

export function install({ _module: C }) {
  const munmap = (address, bytes) => C._munmap(address, Math.ceil(bytes / PAGE) * PAGE);
  const files = C._sqlite3_vfs_find(0);
  const setSystemCall = C.wasmTable.get(C.HEAPU32[files / 4 + X_SET_SYSTEM_CALL]);
  const name = C.stringToNewUTF8("munmap");
  setSystemCall(files, name, C.addFunction(munmap, "iii"));
  C._free(name);
}
