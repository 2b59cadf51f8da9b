// Which card of "Find your error" fits what a terminal printed. lantern/cards.py does the same and
// says why; tests/site/messages.txt holds both to it.
class Cards {
  static SLOT = "…";
  static WIDEST = 8;
  static DEEPEST = 8;
  static MOST = 100_000;
  static PLENTY = 5;
  static FEW = 3;
  static ALIKE = 3;
  static NEAREST = 3;
  static OTHERS = new Set(["django", "peewee", "pony", "tortoise"]);
  static LEAST = 100;
  static DECORATION = /^(?:[\w.-]+ +\| |\s*[|│] ?|> (?! )|E {3,})|\s{0,99}│$/;
  static COLOUR = /\x1b\[[0-9;]*m/g;
  static FRAME = /^(\s*)File "/;
  static BETWEEN =
    /Traceback \(most recent|^The above exception was|^During handling of the above|^\s*\[(?:SQL|parameters): |^[^A-Za-z]*$/;
  static CODE_LINE = /^\s*(?:> |(?:except|raise|class|def|from|import|with|if|assert|return)\b)/;
  static CLASS = /(?:^|[^\w.'"])((?:[A-Za-z_]\w*\.)*[A-Z]\w*)(?=: |:?\s*$)/g;
  static CLASS_LIKE = /^[a-z_]\w*\.|\w(?:Error|Exception|Warning|Group|Interrupt|Exit)$/;
  static WRAPPER = /\(((?:[A-Za-z_]\w*\.)+[A-Z]\w*)\)(?=\s)|<class '([\w.]+)'>(?=: )/g;
  static BACKGROUND = /\(?Background on this (?:error|warning) at:?\s*\S*|https?:\/\/sqlalche\S*/g;
  static CODE = /sqlalche\.me\/e\/\w+\/(\w+)/g;
  static CUT_OFF = /[A-Za-z0-9_]{0,99}(?:\.\.\.|…)\s*$/;
  static REPR = /<[^<>]*>/g;
  static PATH = /[^\s\\/]{0,99}(?:[\\/][^\s\\/]{0,99}){2,}/g;
  static WORD = /<>|…|[a-z0-9_]+(?:'[a-z]+)?/g;
  static NUMBER = /^[0-9]+$/;
  static LABEL = /^\s*[A-Za-z]+:\s+/;

  static last = (name) => name.slice(name.lastIndexOf(".") + 1);
  static indent = (line) => line.length - line.trimStart().length;
  static rawWords = (text) => text.toLowerCase().match(Cards.WORD) ?? [];
  static sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  // The first difference decides, the greater one comes first.
  static byRank = (one, other) => {
    const at = one.findIndex((number, place) => number !== other[place]);
    return at < 0 ? 0 : other[at] - one[at];
  };

  constructor({ cards, weights, enough, codes }) {
    Object.assign(this, { cards, enough });
    this.weights = new Map(Object.entries(weights));
    this.codes = new Map(Object.entries(codes));
    const names = cards.flatMap(({ forms }) => forms.flatMap((form) => form.names));
    this.known = new Set(names.map(Cards.last));
  }

  // What fits a text: { cards, nearest }, both numbers of cards; nearest only where none fits.
  find(text) {
    const said = this.messages(text);
    const warns = ({ names }) => Number(Boolean(names[0]?.endsWith("Warning")));
    const order = [...said].reverse().sort((one, other) => warns(one) - warns(other));
    const final = order.find(({ names }) => names.length);
    if (final && Cards.OTHERS.has(final.names[0].split(".")[0])) {
      return { cards: [], nearest: this.near(said).slice(0, Cards.NEAREST) };
    }
    const found = new Set(order.flatMap((each) => this.fitting(each, each === final)));
    const links = [...text.matchAll(Cards.CODE)];
    const coded = [...new Set(links.flatMap(([, code]) => this.codes.get(code) ?? []))];
    const cards = found.size ? [...found] : coded.length <= Cards.ALIKE ? coded : [];
    if (cards.length) return { cards, nearest: [] };
    const near = this.near(said);
    return { cards, nearest: (near.length ? near : coded).slice(0, Cards.NEAREST) };
  }

  messages(text) {
    const found = [];
    let [names, lines, margin] = [[], [], 0];
    const end = () => {
      const message = Cards.message(names, lines);
      if (message) found.push(message);
      [names, lines] = [[], []];
    };
    for (const line of Cards.lines(text)) {
      const head = Cards.BETWEEN.test(line) ? null : this.head(line, names.length > 0, margin);
      if (Cards.BETWEEN.test(line)) {
        end();
      } else if (head) {
        end();
        [names, lines, margin] = [[head.name], [line.slice(head.end)], Cards.indent(line)];
      } else {
        lines.push(line);
      }
    }
    end();
    return found;
  }

  static lines(text) {
    const plain = text.slice(-Cards.MOST).replace(Cards.COLOUR, "");
    const kept = [];
    let frame = null;
    for (const each of plain.replaceAll("\u2019", "'").replaceAll("\\n", "\n").split(/\r\n|\r|\n/)) {
      const line = each.replace(Cards.DECORATION, "").replace(Cards.DECORATION, "");
      const found = Cards.FRAME.exec(line);
      if (found) {
        frame = found[1].length;
      } else if (frame === null || Cards.indent(line) <= frame) {
        frame = null;
        kept.push(line);
      }
    }
    return kept;
  }

  head(line, inside, margin) {
    if (Cards.CODE_LINE.test(line)) return null;
    for (const found of line.matchAll(Cards.CLASS)) {
      const name = found[1];
      const end = found.index + found[0].length;
      const start = end - name.length;
      if (inside && (line.slice(0, start).trim() || start > margin)) return null;
      if (Cards.CLASS_LIKE.test(name) || this.known.has(Cards.last(name))) return { name, end };
    }
    return null;
  }

  static message(names, lines) {
    const joined = lines.join("\n");
    const text = names.length ? joined : joined.replace(Cards.LABEL, "");
    if (!names.length && !text.trim()) return null;
    const wrapped = [...text.matchAll(Cards.WRAPPER)].map((found) => found[1] ?? found[2]);
    const bare = text.replace(Cards.WRAPPER, " ");
    const [line, words] = [bare.split("\n")[0], bare].map((part) =>
      Cards.words(part.replace(Cards.CUT_OFF, "")).filter((word) => word !== Cards.SLOT),
    );
    return { names: [...names, ...wrapped], line, words, text };
  }

  static words(text) {
    let plain = text.replace(Cards.BACKGROUND, " ").replace(Cards.PATH, " ");
    for (let depth = 0; depth < Cards.DEEPEST; depth += 1)
      plain = plain.replace(Cards.REPR, " \0 ");
    const words = Cards.rawWords(plain.replaceAll("\0", "<>"));
    return words.map((word) => (Cards.NUMBER.test(word) ? "#" : word));
  }

  fitting(said, isFinal) {
    const raw = new Set(Cards.rawWords(said.text));
    const ranks = this.cards.flatMap((card, number) => {
      const fit = card.forms.map((form) => this.fit(form, said)).filter(Boolean);
      const short = card.forms.some(({ words }) => !words.length || !said.words.length);
      if (isFinal && short && card.alone.includes(said.names[0])) fit.push([1, 0, 0]);
      if (!fit.length) return [];
      const alike = [...new Set(Cards.rawWords(card.title))].filter((word) => raw.has(word));
      return [{ number, rank: [...fit.sort(Cards.byRank)[0], alike.length] }];
    });
    const whole = ranks.some(({ rank }) => rank[0]);
    if (!whole && ranks.length > Cards.ALIKE) return [];
    const kept = ranks.filter(({ rank }) => rank[0] || !whole);
    return kept.sort((one, other) => Cards.byRank(one.rank, other.rank)).map(({ number }) => number);
  }

  fit(form, said) {
    const { words } = form;
    if (!words.length || !said.words.length) return null;
    const own = form.names.map(Cards.last);
    const classes = said.names.map(Cards.last);
    const same =
      Number(own.some((name) => classes.includes(name))) +
      Number(own.length > 0 && own[0] === classes[0]);
    const weigh = (some) => Cards.sum(some.map((word) => this.weights.get(word) ?? 0));
    const spoken = words.filter((word) => this.weights.has(word)).length;
    const begins = Cards.goesOn(words, 0, said.words, 0);
    if (begins || (spoken >= Cards.PLENTY && Cards.standsIn(words, said.words))) {
      const least = same ? 1 : classes.length || form.open ? Cards.PLENTY : Cards.FEW;
      return spoken >= least ? [1, same, weigh(words)] : null;
    }
    if (!same && classes.length) return null;
    if (!Cards.isPiece(form, said.line) && !Cards.isPiece(form, said.words)) return null;
    const shared = [...new Set(said.words)].filter((word) => words.includes(word));
    const weight = weigh(shared);
    return shared.length > 1 && weight >= this.enough ? [0, same, weight] : null;
  }

  near(said) {
    const named = said.filter(({ names }) => names.length);
    const asked = (named.length ? named : said).at(-1);
    if (!asked) return [];
    const classes = ({ names }) => names.map((name) => Cards.last(name).toLowerCase());
    const words = new Set([...asked.words, ...classes(asked)]);
    const weigh = (some) => Cards.sum(some.map((word) => this.weights.get(word) ?? 0));
    const shares = this.cards.map(({ forms }, number) => {
      const each = forms.map((form) => {
        const own = [...new Set([...form.words, ...classes(form)])];
        const shared = weigh(own.filter((word) => words.has(word)));
        return shared >= Cards.LEAST ? (shared * shared) / weigh(own) : 0;
      });
      return { number, share: Math.max(...each) };
    });
    const some = shares.filter(({ share }) => share);
    return some.sort((one, other) => other.share - one.share).map(({ number }) => number);
  }

  static standsIn = (form, words) => words.some((_, start) => Cards.goesOn(form, 0, words, start));

  // The places where what follows a slot may stand.
  static ends(start, words, within = false) {
    const count = Math.min(start + Cards.WIDEST, words.length - within) - start + 1;
    return Array.from({ length: count }, (_, more) => start + more);
  }

  static goesOn(form, place, words, start) {
    for (; place < form.length; place += 1, start += 1) {
      if (form[place] === Cards.SLOT)
        return Cards.ends(start, words).some((end) => Cards.goesOn(form, place + 1, words, end));
      if (start === words.length || form[place] !== words[start]) return false;
    }
    return true;
  }

  static isPiece(form, words) {
    if (!words.length) return false;
    const starts = [...form.words.keys()].filter((place) => form.words[place] === words[0]);
    return Cards.covers(form, 0, words, 0) || starts.some((place) => Cards.covers(form, place, words, 0, true));
  }

  static covers(form, place, words, start, within = false) {
    for (; start < words.length; place += 1, start += 1) {
      if (place === form.words.length) return form.open;
      if (form.words[place] === Cards.SLOT)
        return Cards.ends(start, words, within).some((end) => Cards.covers(form, place + 1, words, end, within));
      if (form.words[place] !== words[start]) return false;
    }
    return true;
  }
}
