// The box of "Find your error": what is pasted, and the cards that fit it or come near.
{
  const cards = new Cards(JSON.parse(document.getElementById("error-cards").textContent));
  const box = document.querySelector(".error-box");
  const field = box.querySelector("textarea");
  const said = box.querySelector(".error-said");
  const found = box.querySelector(".error-found");

  const copyOf = (number) => {
    const copy = document.getElementById(cards.cards[number].anchor).cloneNode(true);
    copy.removeAttribute("id");
    return copy;
  };

  const listOf = (numbers) => {
    const list = document.createElement("ul");
    for (const number of numbers) {
      const { anchor, title } = cards.cards[number];
      const link = Object.assign(document.createElement("a"), { href: `#${anchor}` });
      link.append(Object.assign(document.createElement("code"), { textContent: title }));
      const item = document.createElement("li");
      item.append(link);
      list.append(item);
    }
    return list;
  };

  const words = ({ cards: [...fit], nearest }) => {
    if (fit.length === 1) return "This card fits.";
    if (fit.length) return "The first card fits best; those below it fit too.";
    if (nearest.length) return "No card fits: this error is unknown here. The nearest are below.";
    return "No card fits, and none is near: this error is unknown here.";
  };

  const show = () => {
    const asked = field.value.trim();
    const answer = asked ? cards.find(asked) : { cards: [], nearest: [] };
    const text = asked && words(answer);
    if (said.textContent !== text) said.textContent = text;
    const [first, ...others] = answer.cards;
    const rest = [...others, ...answer.nearest];
    found.classList.toggle("unknown", answer.nearest.length > 0);
    found.replaceChildren(
      ...(answer.cards.length ? [copyOf(first)] : []),
      ...(rest.length ? [listOf(rest)] : []),
    );
  };

  field.addEventListener("input", show);
  box.hidden = false;
  // A browser may bring back what stood in the field.
  show();
}
