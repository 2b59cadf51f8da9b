// What every page of the course does: drawers, scrolling blocks, the run link, printing.
{
  const drawers = [...document.querySelectorAll(".sidebar-toggle")].map((state) => ({
    state,
    buttons: [...document.querySelectorAll(`[data-drawer="${state.id}"]`)],
  }));

  const showState = ({ state, buttons }) =>
    buttons.forEach((button) => button.setAttribute("aria-expanded", state.checked));

  for (const drawer of drawers) {
    drawer.state.addEventListener("change", () => showState(drawer));
    for (const button of drawer.buttons) {
      button.addEventListener("click", () => {
        drawer.state.checked = !drawer.state.checked;
        showState(drawer);
        if (!drawer.state.checked) return;
        const panel = document.getElementById(button.getAttribute("aria-controls"));
        const stops = [...panel.querySelectorAll("a, input, button")];
        stops.find((stop) => stop.getClientRects().length > 0)?.focus();
      });
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const drawer of drawers.filter(({ state }) => state.checked)) {
      drawer.state.checked = false;
      showState(drawer);
      drawer.buttons.find((button) => button.offsetParent)?.focus();
    }
  });

  // A link to a heading of this page closes the drawer that it lies in.
  document.getElementById("toc-drawer")?.addEventListener("click", (event) => {
    if (!event.target.closest("a")) return;
    const drawer = drawers.find(({ state }) => state.id === "__toc");
    drawer.state.checked = false;
    showState(drawer);
  });

  // A block that scrolls sideways must be reachable by keyboard, and one that does not must not be.
  const nameScrolling = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const scrolls = target.scrollWidth > target.clientWidth;
      if (scrolls) {
        target.tabIndex = 0;
        target.setAttribute("role", "group");
        target.setAttribute("aria-label", "Wide content, scrolls sideways");
      } else {
        ["tabindex", "role", "aria-label"].forEach((name) => target.removeAttribute(name));
      }
    }
  });
  document
    .querySelectorAll("article pre, article .table-wrapper, article .output.text_html")
    .forEach((block) => nameScrolling.observe(block));

  // How much of what each chapter asks is done (memory.js, course/checking/progress.py).
  const showDone = () => {
    const done = {};
    const add = (name, it) => it && (done[name] = (done[name] ?? new Set()).add(it));
    const solved = /"exercise": ?"((ch\d\d)-ex\d+)", ?"state": ?"right/g;
    for (const [key, text] of Object.entries(localStorage)) {
      const [, chapter] = /^lantern-answers:\w+\/(ch\d\d)/.exec(key) ?? [];
      if (chapter && !/"answer":null}]$/.test(text)) add(chapter, key);
      if (key === "lantern-progress")
        for (const [, name, chapterOf] of text.matchAll(solved)) add(chapterOf, name);
    }
    for (const place of document.querySelectorAll(".chapter-done")) {
      const { chapter, of } = place.dataset;
      const count = Math.min(done[chapter]?.size ?? 0, of);
      place.textContent = count ? `${count} of ${of}` : "";
    }
  };
  addEventListener("storage", showDone);
  showDone();

  // The learner's own server says so with a cookie; anywhere else there is nothing to run.
  if (document.cookie.split("; ").includes("lantern-lab=1")) {
    for (const link of document.querySelectorAll("[data-lab]")) {
      link.href = link.dataset.lab;
      link.hidden = false;
      link.parentElement.querySelector(".run-how").remove();
    }
  }

  // The browser edition: every cell is edited and run where it stands. What does that is fetched with
  // the first gesture, or where this browser keeps work of the reader's. It needs a server.
  for (const place of document.querySelectorAll("[data-live]")) {
    if (location.protocol === "file:") continue;
    place.hidden = false;
    const start = place.querySelector(".live-open");
    let opened;
    const open = (withPython) => {
      const runner = new URL(`${place.dataset.live}runner.mjs`, document.baseURI);
      opened ??= import(runner).then(({ open }) => open(place, withPython)).catch((error) => {
        opened = null;
        place.querySelector(".live-status").textContent =
          `This did not come: ${error.message} Is the network there? Press again to retry.`;
      });
      return opened;
    };
    // What did not come is told where it was asked for, too: the top may be far away.
    const act = async (action, tools) => {
      const runner = await open(true);
      tools?.querySelector(".live-lacking")?.remove();
      if (runner) return action(runner);
      const said = document.createElement("span");
      said.className = "live-lacking";
      said.setAttribute("role", "status");
      tools?.append(said);
      said.textContent = "Python did not come: is the network there? Press again to retry.";
    };
    const button = (words, action, tools) => {
      const made = document.createElement("button");
      Object.assign(made, { type: "button", className: "live-button", textContent: words });
      made.addEventListener("click", ({ detail }) => detail < 2 && act(action, tools));
      return made;
    };
    start.addEventListener("click", ({ detail }) => detail < 2 && act((runner) => runner.kernel.start()));
    document.querySelectorAll("article div.cell").forEach((box, index) => {
      if (box.matches(".tag_not-in-browser")) return;
      const code = box.querySelector(".cell_input");
      const tools = document.createElement("div");
      tools.className = "live-tools";
      tools.setAttribute("role", "group");
      tools.setAttribute("aria-label", `Cell ${index + 1}`);
      tools.append(
        button("Run", (runner) => runner.run(runner.cells[index]), tools),
        button("Edit", (runner) => runner.cells[index].edit(), tools),
      );
      code.after(tools);
      // On a page with knobs (knobs.js). What runs the page finds them at the cell's element.
      if (typeof Knobs !== "undefined") {
        box.knobs = new Knobs(`Knobs of cell ${index + 1}`, (rewrite, letGo) =>
          act((runner) => runner.cells[index].turn(rewrite, letGo), tools));
        box.knobs.show(code.querySelector("pre").textContent);
        tools.before(box.knobs.element);
      }
      code.addEventListener("click", ({ target, clientX, clientY }) => {
        if (target.closest("button, summary") || !getSelection().isCollapsed) return;
        const { left, top } = code.getBoundingClientRect();
        act((runner) => runner.cells[index].edit({ x: clientX - left, y: clientY - top }), tools);
      });
    });
    const mine = `lantern-work:${place.dataset.notebook}:`;
    if (Object.keys(localStorage).some((key) => key.startsWith(mine))) open(false);
  }

  // Paper cannot unfold, and is white. What explains a quiz's choices stays folded: it is for a screen.
  let theme;
  addEventListener("beforeprint", () => {
    theme = document.body.dataset.theme;
    document.body.dataset.theme = "light";
    document.querySelectorAll("article details:not([open], .quiz-why)").forEach((fold) => {
      fold.open = true;
      fold.dataset.printing = "";
    });
  });
  addEventListener("afterprint", () => {
    document.body.dataset.theme = theme;
    document.querySelectorAll("details[data-printing]").forEach((fold) => {
      fold.open = false;
      delete fold.dataset.printing;
    });
  });
}
