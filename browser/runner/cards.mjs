// A link from a traceback to what the book knows of the error. It leaves the page and its Python as they
// are.

const root = new URL("../../", import.meta.url);
const PAGE = "book/errors.html"; // it has the cards
const MATCHER = "_static/matcher.js"; // it finds one
let asked = null;

// The cards, fetched with the first error.
function cards() {
  asked ??= fetchCards().catch((error) => {
    asked = null;
    throw error;
  });
  return asked;
}

async function fetchCards() {
  const script = document.createElement("script");
  script.src = new URL(MATCHER, root);
  const loaded = new Promise((done, failed) => Object.assign(script, { onload: done, onerror: failed }));
  document.head.append(script);
  const [answer] = await Promise.all([fetch(new URL(PAGE, root)), loaded]);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return new Cards(JSON.parse(page.getElementById("error-cards").textContent));
}

// At first it asks the search for the line that a terminal would end with; where a card fits, it leads
// straight there, and where none does it says so.
export function linkToCard(ename, traceback) {
  const line = traceback.findLast((each) => /^[\w.]*/.exec(each)[0].endsWith(ename)) ?? ename;
  const link = document.createElement("a");
  const search = new URL(`search.html?${new URLSearchParams({ q: line })}`, root);
  Object.assign(link, { className: "live-find", target: "_blank", href: search });
  link.textContent = "Find this error (in a new tab)";
  lead(link, traceback.join("\n")).catch(() => {}); // without a network the search stays
  return link;
}

async function lead(link, text) {
  const known = await cards();
  const [first] = known.find(text).cards;
  if (first === undefined) {
    link.textContent = "No card fits: look for its words in the book (in a new tab)";
    return;
  }
  const { anchor, title } = known.cards[first];
  link.href = new URL(`${PAGE}#${anchor}`, root);
  link.textContent = `What it means: ${title} (in a new tab)`;
}
