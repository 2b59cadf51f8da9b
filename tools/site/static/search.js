// Four differences from Sphinx's own search, made before the index arrives.
{
  // The root page is written to index.html, wherever its source lies.
  const root = document.currentScript.dataset.root;
  const setIndex = Search.setIndex;
  Search.setIndex = (index) => {
    index.docnames = index.docnames.map((name) => (name === root ? "index" : name));
    setIndex(index);
  };

  // A pasted error holds names that no page has: then pages with at least half of its words.
  const wordsSearch = Search.performTermsSearch;
  Search.performTermsSearch = (words, excluded) => {
    const every = wordsSearch(words, excluded);
    if (every.length || words.size < 4) return every;
    const pages = new Map();
    for (const word of words) {
      for (const result of wordsSearch(new Set([word]), excluded)) {
        const page = pages.get(result[0]) ?? { result, hits: 0 };
        page.hits += 1;
        pages.set(result[0], page);
      }
    }
    return [...pages.values()]
      .filter(({ hits }) => hits >= words.size / 2)
      .map(({ result, hits }) => [...result.slice(0, 4), hits, ...result.slice(5)]);
  };

  // An error of the course comes first, at its own place. Its title may be longer or shorter than
  // what is pasted, and has other numbers and names: so the title counts that has nearly all
  // words of the line, or whose words the line has.
  const NEARLY_ALL = 0.75;
  const ENOUGH = 5; // words; with fewer, only those that follow each other in the title
  const BACKGROUND = /\(?Background on this error at:?\s*\S*\/e\/\w+\/(\w+)\)?/i;
  const wordsOf = (line) =>
    line
      .replace(/\b(?:\w+\.)+(?=[A-Z])/g, "") // sqlalchemy.exc.
      .toLowerCase()
      .split(/\s+/)
      .map((word) => word.replace(/^[^\p{Letter}_]+|[^\p{Letter}\p{Number}_]+$/gu, ""))
      .filter((word) => word);

  const known = document.getElementById("known-errors");
  const errors = [...(known?.content.children ?? [])].map((link) => {
    const words = wordsOf(link.textContent);
    return { link, words, different: [...new Set(words)], codes: link.dataset.codes.split(" ") };
  });

  const errorsLike = (line) => {
    const pasted = wordsOf(line.replace(BACKGROUND, ""));
    const code = BACKGROUND.exec(line)?.[1];
    // The link that SQLAlchemy prints on the last line says by itself which error it is.
    if (!pasted.length) return errors.filter(({ codes }) => codes.includes(code));
    const phrase = ` ${pasted.join(" ")} `;
    const asked = Math.max(new Set(pasted).size, ENOUGH);
    return errors
      .map((error) => {
        const { length } = error.different;
        const hits = error.different.filter((word) => pasted.includes(word)).length;
        const piece = pasted.length > 2 && ` ${error.words.join(" ")} `.includes(phrase);
        return { ...error, hits, length, share: piece ? 1 : hits / Math.min(length, asked) };
      })
      .filter(({ share }) => share >= NEARLY_ALL)
      .sort((a, b) => b.share - a.share || b.hits - a.hits || a.length - b.length);
  };

  const search = Search._performSearch;
  Search._performSearch = (query, ...terms) => {
    const pages = search(query, ...terms);
    const found = errorsLike(query);
    if (!found.length) return pages;
    const { page, title } = known.dataset;
    const others = pages.filter(([name]) => name !== page);
    const first = found.map(({ link, hits }) => [
      page,
      `${title} &gt; ${link.innerHTML}`,
      link.getAttribute("href"),
      null,
      hits,
      "",
    ]);
    return [...others, ...first.reverse()]; // They are shown from the last.
  };

  // A page opened from a folder may not fetch its neighbours: results go without extracts.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
