// What runs show, on its way to the page: soon, in few messages, and no more than anybody reads.
//
// A loop that prints for ever must fill neither the page nor the queue of messages before it. Of
// what a run prints, the beginning is sent as it comes; of all that follows the end, now and then,
// with how much is left out in between. A text costs the same, be it the first or the last.

const BEGINNING = { characters: 40_000, lines: 1_000 };
const END = { characters: 4_000, lines: 100 };
const DISPLAYS = 300; // of one run
// Texts of a run that wait for no others: the cell may be about to hold up all that could send them.
const AT_ONCE = 100;
const PAUSE = 50; // milliseconds between the messages after those
const KNOWN = 1_000; // runs that are remembered

// How much of one run has been sent, and the end of the rest.
class Share {
  room = { ...BEGINNING };
  texts = 0;
  displays = 0;
  rest = { characters: 0, lines: 0, text: "" };

  constructor(run) {
    this.run = run;
  }

  leaveOut(text) {
    const { rest } = this;
    rest.characters += text.length;
    rest.lines += lines(text);
    rest.text += text;
    if (rest.text.length > 2 * END.characters) rest.text = rest.text.slice(-END.characters);
  }

  // The message of it: the end, and how much there was before that.
  told() {
    const text = end(this.rest.text);
    return {
      kind: "rest", run: this.run, text,
      characters: this.rest.characters - text.length,
      lines: this.rest.lines - lines(text),
      displays: Math.max(this.displays - DISPLAYS, 0),
    };
  }
}

export class Outbox {
  #post;
  #shares = new Map(); // by run
  #held = null; // the message of a text that waits for more
  #late = new Set(); // shares of whose rest the page has yet to hear
  #last = 0;
  #timer = null;

  constructor(post) {
    this.#post = post;
  }

  // Take what a run prints to one of its streams.
  write(run, name, text) {
    const share = this.#share(run);
    const first = beginning(text, share.room);
    if (first) this.#hold(run, name, first);
    if (first.length < text.length) {
      share.leaveOut(text.slice(first.length));
      this.#late.add(share);
    }
    share.texts += 1;
    this.#soon(share);
  }

  // Take any other message of the kernel; it follows what was printed before it.
  send(message) {
    const { kind, run, output } = message;
    if (kind === "output") {
      const share = this.#share(run);
      if (output.output_type === "display_data" && (share.displays += 1) > DISPLAYS) {
        this.#late.add(share);
        return this.#soon(share);
      }
      shorten(output);
    }
    this.#flush();
    this.#post(message);
  }

  #share(run) {
    if (!this.#shares.has(run)) this.#shares.set(run, new Share(run));
    if (this.#shares.size > KNOWN) this.#shares.delete(this.#shares.keys().next().value);
    return this.#shares.get(run);
  }

  #hold(run, name, text) {
    if (this.#held?.run === run && this.#held.output.name === name) this.#held.output.text += text;
    else {
      this.#postHeld();
      this.#held = { kind: "output", run, output: { output_type: "stream", name, text } };
    }
  }

  #soon({ texts }) {
    if (texts <= AT_ONCE || performance.now() - this.#last >= PAUSE) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), PAUSE);
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#last = performance.now();
    this.#postHeld();
    this.#late.forEach((share) => this.#post(share.told()));
    this.#late.clear();
  }

  #postHeld() {
    if (this.#held) this.#post(this.#held);
    this.#held = null;
  }
}

function lines(text) {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

// As much of a text as there is room for; there is less room then.
function beginning(text, room) {
  let size = Math.min(text.length, room.characters);
  for (let at = text.indexOf("\n"); at >= 0 && at < size; at = text.indexOf("\n", at + 1)) {
    room.lines -= 1;
    if (room.lines === 0) [size, room.characters] = [at + 1, at + 1];
  }
  room.characters -= size;
  return text.slice(0, size);
}

// As much of the end of a text as is shown.
function end(text) {
  const short = text.slice(-END.characters);
  let from = short.length - 1; // the last line's own end begins none
  for (let line = 0; line < END.lines && from > 0; line += 1) from = short.lastIndexOf("\n", from - 1);
  return from > 0 ? short.slice(from + 1) : short;
}

// Shorten the plain text of a value, or a traceback.
function shorten(output) {
  if (output.data?.["text/plain"]) output.data["text/plain"] = shortened(output.data["text/plain"]);
  if (output.traceback) output.traceback = shortened(output.traceback.join("\n")).split("\n");
}

function shortened(text) {
  const first = beginning(text, { ...BEGINNING });
  const last = end(text.slice(first.length));
  const left = text.length - first.length - last.length;
  return left ? `${first}\n… ${leftOut(left, lines(text) - lines(first) - lines(last))} …\n${last}` : text;
}

// How a page says it.
export function leftOut(characters, lines) {
  const counted = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
  const where = lines > 0 ? ` in ${counted(lines, "line")}` : "";
  return `${counted(characters, "character")}${where} left out here`;
}
