// What a reader has ruled out stays ticked across a reload, where storage is allowed.
{
  const key = "lantern-ruled-out";
  const boxes = [...document.querySelectorAll(".diagnosis input")];
  try {
    const names = new Set(JSON.parse(localStorage.getItem(key) ?? "[]"));
    for (const box of boxes) box.checked = names.has(box.value);
  } catch {
    // A private window, or what another page has stored: the boxes begin empty.
  }
  document.addEventListener("change", ({ target }) => {
    if (!boxes.includes(target)) return;
    const names = boxes.filter((box) => box.checked).map((box) => box.value);
    try {
      localStorage.setItem(key, JSON.stringify(names));
    } catch {
      // The ticks last as long as the page.
    }
  });
}
