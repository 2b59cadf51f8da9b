// The WebAssembly module that stops a stack, in bytes: a build step for it would be longer.
//
// (module
//   (import "e" "leave" (func $leave (result externref)))
//   (import "e" "takeUp" (func $takeUp (param externref)))
//   (import "e" "wait" (func $wait (param externref) (result externref)))
//   (import "e" "chosen" (func $chosen (result externref)))
//   (import "e" "answer" (func $answer (param externref) (result i32)))
//   (import "e" "pause" (func $pause (param i32) (result externref)))
//   (import "e" "whoRuns" (func $whoRuns (result externref)))
//   (import "e" "nowRuns" (func $nowRuns (param externref)))
//   (import "e" "lock" (func $lock (result i32)))
//   (import "e" "unlock" (func $unlock (param i32)))
//   (func $stop (param $promise externref) (result externref) (local $left externref)
//     (local.set $left (call $leave))
//     (call $wait (local.get $promise))
//     (call $takeUp (local.get $left)))
//   (func (export "suspend") (param $self i32) (param $none i32) (result i32)
//     (call $answer (call $stop (call $chosen))))
//   (func (export "sleep") (param $files i32) (param $microseconds i32) (result i32)
//     (local $locked i32) (local $stack externref)
//     (local.set $locked (call $lock))
//     (local.set $stack (call $whoRuns))
//     (drop (call $stop (call $pause (local.get $microseconds))))
//     (call $nowRuns (local.get $stack))
//     (call $unlock (local.get $locked))
//     (local.get $microseconds)))

const [EXTERNREF, I32, FUNCTION] = [0x6f, 0x7f, 0x60];
const text = (word) => [word.length, ...new TextEncoder().encode(word)];
const section = (id, items) => {
  const body = [items.length, ...items.flat()];
  return [id, body.length, ...body];
};
const imported = (name, type) => [...text("e"), ...text(name), 0, type];
const exported = (name, index) => [...text(name), 0, index];
const body = (kept, ...code) => {
  const all = [...kept, ...code.flat(), 0x0b];
  return [all.length, ...all];
};
const call = (index) => [0x10, index];
const get = (local) => [0x20, local];
const set = (local) => [0x21, local];
const drop = [0x1a];
const locals = (...types) => [types.length, ...types.flatMap((type) => [1, type])];

const TYPES = [
  [FUNCTION, 0, 1, EXTERNREF],
  [FUNCTION, 1, EXTERNREF, 0],
  [FUNCTION, 1, EXTERNREF, 1, EXTERNREF],
  [FUNCTION, 1, EXTERNREF, 1, I32],
  [FUNCTION, 1, I32, 1, EXTERNREF],
  [FUNCTION, 0, 1, I32],
  [FUNCTION, 1, I32, 0],
  [FUNCTION, 2, I32, I32, 1, I32],
];
const IMPORTS = {
  leave: 0, takeUp: 1, wait: 2, chosen: 0, answer: 3, pause: 4, whoRuns: 0, nowRuns: 1, lock: 5,
  unlock: 6,
};
const [leave, takeUp, wait, chosen, answer, pause, whoRuns, nowRuns, lock, unlock, stop] =
  Array.from({ length: 11 }).keys();

export const SUSPEND = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, TYPES),
  ...section(2, Object.entries(IMPORTS).map(([name, type]) => imported(name, type))),
  ...section(3, [[2], [7], [7]]),
  ...section(7, [exported("suspend", stop + 1), exported("sleep", stop + 2)]),
  ...section(10, [
    body(locals(EXTERNREF), call(leave), set(1), get(0), call(wait), get(1), call(takeUp)),
    body(locals(), call(chosen), call(stop), call(answer)),
    body(
      locals(I32, EXTERNREF),
      ...[call(lock), set(2), call(whoRuns), set(3)],
      ...[get(1), call(pause), call(stop), drop],
      ...[get(3), call(nowRuns), get(2), call(unlock), get(1)],
    ),
  ]),
]);
