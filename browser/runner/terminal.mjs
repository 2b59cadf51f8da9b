// What a terminal would show of a text: colours, and lines that are written anew from their beginning.

// A sequence with colours, or one that erases in the line, another one, an end of a line, a return to its
// beginning, or what is written.
const PARTS = /\x1b\[([0-9;]*)([mK])|\x1b\[[0-9;?]*[ -/]*[@-~]|\n|\r|[^\x1b\r\n]+|\x1b/g;
const COLOURS = ["Black", "Red", "Green", "Yellow", "Blue", "Magenta", "Cyan", "White"];

export class Terminal {
  #line = []; // of the last line: each character, with its style
  #at = 0; // where the next character goes
  #style = "";
  #last = document.createElement("span"); // shows that line

  constructor(place) {
    this.place = place;
    place.append(this.#last);
  }

  write(text) {
    for (const [part, codes, kind] of text.matchAll(PARTS)) {
      if (kind === "K") this.#erase(Number(codes));
      else if (kind === "m") this.#style = styled(this.#style, codes.split(";").map(Number));
      else if (part === "\n") this.#end();
      else if (part === "\r") this.#at = 0;
      else if (part[0] !== "\x1b") for (const character of part) this.#put(character);
    }
    this.#last.replaceChildren(...spans(this.#line));
  }

  #put(character) {
    this.#line[this.#at] = { character, style: this.#style };
    this.#at += 1;
  }

  // Erase what follows in the line (0), what is before (1), or both (2): the next character keeps its place.
  #erase(which) {
    if (which !== 1) this.#line.length = Math.min(this.#line.length, this.#at);
    if (which > 0) this.#line.fill({ character: " ", style: "" }, 0, this.#at);
  }

  #end() {
    this.#last.before(...spans(this.#line), "\n");
    [this.#line, this.#at] = [[], 0];
  }
}

// A style after some codes; it is a string of the classes that stored outputs have.
function styled(style, codes) {
  let [colour, bold] = [/-Color-\w+/.exec(style)?.[0] ?? "", style.includes("-Bold")];
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at];
    const few = code % 10 < 8 ? `-Color-${COLOURS[code % 10]}` : "";
    if (code === 0) [colour, bold] = ["", false];
    else if (code === 1) bold = true;
    else if (code === 22) bold = false;
    else if (code === 38 || code === 48) {
      // One of 256 colours, or red, green and blue: only the first sixteen have a name here.
      const [kind, number] = codes.slice(at + 1);
      if (code === 38) colour = kind === 5 && number < 16 ? `-Color-${COLOURS[number % 8]}` : "";
      at += kind === 5 ? 2 : 4;
    } else if ((code >= 30 && code < 40) || (code >= 90 && code < 98)) colour = few;
  }
  return [colour, bold ? "-Bold" : ""].filter(Boolean).join(" ");
}

// A line as nodes: text where it has no style, an element for each stretch of one.
function spans(line) {
  const nodes = [];
  let [text, style] = ["", ""];
  const add = () => {
    if (!text) return;
    if (style) nodes.push(Object.assign(document.createElement("span"), { className: style, textContent: text }));
    else nodes.push(text);
  };
  for (const one of [...line, { character: "", style: null }]) {
    if (one.style !== style) {
      add();
      [text, style] = ["", one.style];
    }
    text += one.character;
  }
  return nodes;
}
