// Questions and predictions: an answer counts when it is committed, by a button or by Enter. Its
// verdict is kept across a reload; what a prediction is about is held back until then.
{
  const questions = [...document.querySelectorAll("fieldset.quiz")];
  const overview = document.querySelector(".quiz-overview"); // a lesson has none
  const STATES = { right: "✓ right", wrong: "✗ not yet", due: "see it again" };

  const place = (question) => [question.dataset.page, question.id];
  const radios = (question) => [...question.querySelectorAll("[type=radio]")];
  const field = (question) => question.querySelector("[type=text]");
  const button = (question, name) => question.querySelector(`.quiz-${name}`);

  const verdict = (question) => question.querySelector(".quiz-verdict");
  const say = (question, ...words) => verdict(question).replaceChildren(...words);
  const words = (text) =>
    Object.assign(document.createElement("p"), { className: "quiz-words", textContent: text });
  const tell = (question, text) => say(question, words(text));

  // Hide what gives a prediction away, or show it; a note says where to ask for it.
  const hold = (question, held) => {
    const parts = [...document.querySelectorAll(`.held-by-${question.id}`)];
    for (const part of parts) {
      part.classList.toggle("held", held);
      if (!held) part.querySelectorAll("details.fold").forEach((fold) => (fold.open = true));
    }
    if (held && parts.length && !parts[0].querySelector(".held-note")) {
      const note = document.createElement("p");
      note.className = "held-note";
      note.innerHTML = `What comes is shown after <a href="#${question.id}">your prediction</a>.`;
      parts[0].append(note);
    }
  };

  // Show a question as it stands after a try, or without one.
  const show = (question, one, state = null) => {
    const radio = one && radios(question).find(({ value }) => value === one.answer);
    for (const input of radios(question)) input.checked = input === radio;
    const why = radio?.closest(".quiz-option").querySelector(".quiz-why");
    question.dataset.verdict = state ?? why?.dataset.verdict ?? "";
    if (why) say(question, why.querySelector(".quiz-words").cloneNode(true));
    else if (!one) say(question);
    else if (one.answer === null) tell(question, "What comes is shown below the code.");
    else tell(question, `You predicted “${one.answer}”. What comes is shown below the code.`);
    if (button(question, "anew")) {
      hold(question, !one);
      button(question, "anew").hidden = !one;
      button(question, "show").hidden = Boolean(one);
      button(question, "answer").hidden = Boolean(one);
    }
    if (field(question)) {
      field(question).value = one?.answer ?? "";
      field(question).disabled = Boolean(one);
    }
    const listed = overview?.querySelector(`[data-question="${question.id}"]`);
    if (listed) {
      listed.textContent = STATES[question.dataset.verdict] ?? "not answered";
      listed.dataset.verdict = question.dataset.verdict;
    }
  };

  const again = overview?.querySelector(".quiz-again");
  const count = () => {
    if (!overview) return;
    const of = (...states) => questions.filter(({ dataset }) => states.includes(dataset.verdict));
    const [answered, right] = [of("right", "wrong").length, of("right").length];
    overview.querySelector(".quiz-count").textContent =
      `${answered} of ${questions.length} answered` + (answered ? `, ${right} right` : "");
    again.hidden = answered === 0 && document.activeElement !== again;
  };

  // Whether an answer is right; undefined for one that is none of the choices.
  const rightOf = (question, answer) => {
    const radio = radios(question).find(({ value }) => value === answer);
    const why = radio?.closest(".quiz-option").querySelector(".quiz-why");
    return why && why.dataset.verdict === "right";
  };

  const commit = (question, answer) => {
    const one = { answer, right: rightOf(question, answer) };
    const kept = lanternMemory.add(...place(question), one);
    if (overview) overview.querySelector(".quiz-cleared").textContent = "";
    const focused = document.activeElement;
    show(question, one);
    if (!kept) verdict(question).append(words("Not kept: this browser refuses to store it."));
    count();
    // Where that is gone, what is left to do is to begin again.
    if (focused.matches(":disabled, [hidden]")) button(question, "anew").focus();
  };

  const answer = (question) => {
    const chosen = radios(question).find(({ checked }) => checked)?.value;
    const text = chosen ?? field(question)?.value.trim();
    if (text) commit(question, text);
    else if (field(question)) tell(question, "Write what you expect first.");
    else tell(question, "Choose an answer first.");
  };

  for (const question of questions) {
    question.addEventListener("change", ({ target }) => {
      if (target.type !== "radio") return;
      say(question); // the verdict is another choice's
      button(question, "answer").hidden = false;
    });
    question.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
      event.preventDefault();
      answer(question);
    });
    button(question, "answer").addEventListener("click", () => answer(question));
    button(question, "show")?.addEventListener("click", () => commit(question, null));
    button(question, "anew")?.addEventListener("click", () => {
      show(question, null);
      (field(question) ?? radios(question)[0]).focus();
    });
    lanternMemory.inherit(...place(question), (answer) => rightOf(question, answer));
    const tries = lanternMemory.tries(...place(question));
    if (lanternMemory.isDue(tries)) {
      show(question, null, "due");
      const day = new Date(tries.at(-1).at).toLocaleDateString("en-GB", { day: "numeric", month: "long" });
      tell(question, `You answered this on ${day}, and it is time to see it again.`);
    } else {
      const last = tries.at(-1);
      const known = last && (!radios(question).length || last.answer === null ||
        radios(question).some(({ value }) => value === last.answer));
      show(question, known ? last : null);
    }
  }
  count();
  // What is held back, or shown again, has moved the place that a link has led to.
  const arrival = performance.getEntriesByType("navigation")[0]?.type; // a fake clock has none
  if (arrival === "navigate") document.querySelector(":target")?.scrollIntoView();

  again?.addEventListener("click", () => {
    for (const question of questions) {
      lanternMemory.forget(...place(question));
      show(question, null);
    }
    count();
    overview.querySelector(".quiz-cleared").textContent = "The answers on this page are cleared.";
  });
}
