// The verdict of a question, its memory across a reload, and the overview of a page.
{
  const questions = [...document.querySelectorAll("fieldset.quiz")];
  const overview = document.querySelector(".quiz-overview");
  const again = overview.querySelector(".quiz-again");
  const WORDS = { right: "✓ right", wrong: "✗ not yet" };

  // A private window may refuse storage: the quiz then works without a memory.
  const keep = (work) => {
    try {
      return work(localStorage);
    } catch {
      return null;
    }
  };
  const keyOf = (question) => `lantern-quiz:${question.dataset.page}:${question.id}`;

  const show = (question, radio) => {
    const why = radio?.closest(".quiz-option").querySelector(".quiz-why");
    const verdict = why?.dataset.verdict ?? "";
    question.dataset.verdict = verdict;
    const words = why ? [why.querySelector(".quiz-words").cloneNode(true)] : [];
    question.querySelector(".quiz-verdict").replaceChildren(...words);
    const state = overview.querySelector(`[data-question="${question.id}"]`);
    state.textContent = WORDS[verdict] ?? "not answered";
    state.dataset.verdict = verdict;
  };

  const count = () => {
    const answered = questions.filter((question) => question.dataset.verdict).length;
    const right = questions.filter((question) => question.dataset.verdict === "right").length;
    overview.querySelector(".quiz-count").textContent =
      `${answered} of ${questions.length} answered` + (answered ? `, ${right} right` : "");
    again.hidden = answered === 0 && document.activeElement !== again;
  };

  for (const question of questions) {
    question.addEventListener("change", ({ target }) => {
      keep((storage) => storage.setItem(keyOf(question), target.value));
      overview.querySelector(".quiz-cleared").textContent = "";
      show(question, target);
      count();
    });
    const answer = keep((storage) => storage.getItem(keyOf(question)));
    const radio = [...question.querySelectorAll("input")].find(({ value }) => value === answer);
    // A browser may restore a choice by itself: what is remembered decides.
    for (const input of question.querySelectorAll("input")) input.checked = input === radio;
    show(question, radio);
  }
  count();

  again.addEventListener("click", () => {
    for (const question of questions) {
      keep((storage) => storage.removeItem(keyOf(question)));
      question.querySelectorAll("input").forEach((input) => (input.checked = false));
      show(question, null);
    }
    count();
    overview.querySelector(".quiz-cleared").textContent = "The answers on this page are cleared.";
  });
}
