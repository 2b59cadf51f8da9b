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

  // An error of the course comes first, at its own place.
  const known = document.getElementById("error-cards");
  const cards = known && new Cards(JSON.parse(known.textContent));
  const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
  const escaped = (text) => text.replace(/[&<>]/g, (letter) => ENTITIES[letter]);

  const search = Search._performSearch;
  Search._performSearch = (query, ...terms) => {
    const pages = search(query, ...terms);
    const found = cards?.find(query).cards ?? [];
    if (!found.length) return pages;
    const { page, title } = known.dataset;
    const others = pages.filter(([name]) => name !== page);
    const first = found.map((number) => {
      const card = cards.cards[number];
      return [page, `${title} &gt; ${escaped(card.title)}`, `#${card.anchor}`, null, 0, ""];
    });
    return [...others, ...first.reverse()]; // They are shown from the last.
  };

  // A page opened from a folder may not fetch its neighbours: results go without extracts.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
