// Two differences from Sphinx's own search, made before the index arrives.
{
  // The root page is written to index.html, wherever its source lies.
  const root = document.currentScript.dataset.root;
  const setIndex = Search.setIndex;
  Search.setIndex = (index) => {
    index.docnames = index.docnames.map((name) => (name === root ? "index" : name));
    setIndex(index);
  };
  // A page opened from a folder may not fetch its neighbours: results go without extracts.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
