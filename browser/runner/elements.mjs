// Elements of the page: buttons, and outputs as the book draws stored ones, with its classes.

import { linkToCard } from "./cards.mjs";
import { Terminal } from "./terminal.mjs";

// A picture brings its style along, for JupyterLab; the book's stylesheet has it.
const OWN_STYLE = /(<figure class="lantern-picture">)<style>.*?<\/style>/gs;

export function element(tag, classes = "", text = "") {
  const made = document.createElement(tag);
  made.className = classes;
  made.textContent = text;
  return made;
}

// The second click of a double one does nothing: it may be meant for what stood there at the first.
export function button(text, action, classes = "live-button") {
  const made = element("button", classes, text);
  made.type = "button";
  made.addEventListener("click", ({ detail }) => detail < 2 && action());
  return made;
}

// Text as a terminal shows it; more can be written to the box's terminal.
export function preformatted(classes, text) {
  const box = element("div", `output ${classes}`);
  const place = element("pre");
  box.append(place);
  box.terminal = new Terminal(place);
  box.terminal.write(text);
  return box;
}

// Add one output, in nbformat's shape, below those that are there. An error that the reader asked for,
// by *Stop*, needs no card.
export function draw(place, { output_type: kind, name, text, data, ename, traceback }, asked = false) {
  if (kind === "stream") {
    const last = place.lastElementChild;
    if (last?.dataset.stream === name) return last.terminal.write(text);
    const box = preformatted(name === "stderr" ? "stderr" : "stream", text);
    box.dataset.stream = name;
    place.append(box);
  } else if (kind === "error") {
    const box = preformatted("traceback", traceback.join("\n"));
    if (!asked) box.append(linkToCard(ename, traceback));
    place.append(box);
  } else if (data["text/html"]) {
    // What the reader's own code shows, in the reader's own page: as in any notebook.
    const box = element("div", "output text_html");
    box.innerHTML = data["text/html"].replaceAll(OWN_STYLE, "$1");
    place.append(box);
  } else place.append(preformatted("text_plain", data["text/plain"]));
}
