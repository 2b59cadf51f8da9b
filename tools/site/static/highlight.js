// Marks what was searched for, among the results and on the page that is opened from them.
// In place of Sphinx's own, which marks every "e" for a search with an "e" in it: whole words only.
const SPHINX_HIGHLIGHT_ENABLED = true;
const _highlightText = (place, term, className) => {
  if (term.length < 2) return;
  const letter = "[\\p{Letter}\\p{Number}_]";
  // A term is made of letters, numbers and underscores: it needs no escaping.
  const word = new RegExp(`(?<!${letter})${term}(?!${letter})`, "iu");
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (let text of texts) {
    if (text.parentElement.closest("button, style, script, svg")) continue;
    for (let found; (found = word.exec(text.data)); ) {
      const match = text.splitText(found.index);
      text = match.splitText(found[0].length);
      const mark = document.createElement("span");
      mark.className = className;
      match.replaceWith(mark);
      mark.append(match);
    }
  }
};
{
  const KEY = "sphinx_highlight_terms"; // written by searchtools.js
  const article = document.querySelector("article");
  if (!document.getElementById("search-results")) {
    const terms = localStorage.getItem(KEY)?.split(" ") ?? [];
    localStorage.removeItem(KEY);
    terms.forEach((term) => _highlightText(article, term, "highlighted"));
  }
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    article.querySelectorAll(".highlighted").forEach((mark) => mark.replaceWith(...mark.childNodes));
  });
}
