// Knobs of a cell (tools/knobs.py): controls for the values that its code says can be turned.
class Knobs {
  static LINE = /^([A-Za-z_]\w*) = (\S.*?)  # knob: (\S.*)$/gm;
  static RANGE = /^(-?\d+(?:\.(\d+))?) to (-?\d+(?:\.\d+)?)$/;

  element = document.createElement("div");
  #turned;
  #drawn = ""; // the knobs that have controls, in words
  #shows = new Map(); // by name: what lets a control stand at a value

  // `turned` is told of each move: how it changes the code, and whether the knob was let go.
  constructor(label, turned) {
    this.element.className = "knobs";
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", label);
    this.#turned = turned;
  }

  // Stand as the code says. A control that is there stays: it may be under the reader's hand.
  show(source) {
    const knobs = [...source.matchAll(Knobs.LINE)].map(([, name, value, offered]) => ({ name, value, offered }));
    const drawn = knobs.map(({ name, offered }) => `${name} ${offered}`).join("\n");
    if (drawn !== this.#drawn) {
      this.element.replaceChildren();
      this.#shows = new Map(knobs.map((knob) => [knob.name, this.#draw(knob)]));
      this.#drawn = drawn;
    }
    this.element.hidden = !knobs.length;
    knobs.forEach(({ name, value }) => this.#shows.get(name)(value));
  }

  #draw({ name, offered }) {
    const range = Knobs.RANGE.exec(offered);
    const control = document.createElement(range ? "input" : "select");
    const [knob, label, words, stands] = ["div", "label", "code", "code"].map((tag) => document.createElement(tag));
    words.textContent = name;
    label.append(words, control);
    knob.append(label);
    const decimals = range?.[2]?.length ?? 0;
    if (range) {
      Object.assign(control, { type: "range", min: range[1], max: range[3], step: 10 ** -decimals });
      stands.ariaHidden = "true"; // the control says it
      knob.append(stands);
    } else control.append(...offered.split(", ").map((choice) => new Option(choice, choice)));
    const show = (value) => {
      if (control.value !== value) control.value = value;
      stands.textContent = value;
    };
    const tell = (letGo) => {
      const value = range ? Number(control.value).toFixed(decimals) : control.value;
      show(value);
      this.#turned((source) => source.replaceAll(Knobs.LINE, (line, other, _, rest) =>
        other === name ? `${name} = ${value}  # knob: ${rest}` : line), letGo);
    };
    control.addEventListener("input", () => tell(false));
    control.addEventListener("change", () => tell(true));
    this.element.append(knob);
    return show;
  }
}
