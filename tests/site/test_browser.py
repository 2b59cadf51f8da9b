"""The site as readers use it: in a real browser, by pointer and by keyboard, on a small screen."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

from course.project import ROOT
from tests.site.built import BOOKS, Built, chapters_of
from tests.site.test_cards import KNOWN
from tools.driver.hosting import served

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
CHAPTER = "book/ch00_sample.html"
LESSON = "notebooks/ch00a_cells.html"
WRONG_ANSWER = "Yes: it starts now"
RIGHT_ANSWER = "No: it runs f now"
REFUSED = """Object.defineProperty(window, "localStorage",
    { configurable: true, get() { throw new Error("refused"); } })"""

# Lines as a terminal shows them, each with the beginning of its title in the course.
BACKGROUND = "(Background on this error at: https://sqlalche.me/e/{})"
NO_GREENLET = (
    "sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call {} here. "
    "Was IO attempted in an unexpected place? "
)
PASTED = {
    "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed"
    " out, timeout 30.00 " + BACKGROUND.format("21/3o7r"): "sqlalchemy.exc.TimeoutError",
    NO_GREENLET.format("await_()") + BACKGROUND.format("21/xd2s"): "sqlalchemy.exc.MissingGreenlet",
    NO_GREENLET.format("await_only()")
    + BACKGROUND.format("20/xd2s"): "sqlalchemy.exc.MissingGreenlet",
    "sqlalchemy.exc.InvalidRequestError: This session is provisioning a new connection; concurrent"
    " operations are not permitted "
    + BACKGROUND.format("21/isce"): "sqlalchemy.exc.InvalidRequestError: This session is prov",
    "sqlalchemy.exc.IllegalStateChangeError: Method 'close()' can't be called here; method"
    " '_connection_for_bind()' is already in progress and this would cause an unexpected state"
    " change to <SessionTransactionState.CLOSED: 5> "
    + BACKGROUND.format("21/isce"): "sqlalchemy.exc.IllegalStateChangeError",
    "sqlalchemy.orm.exc.DetachedInstanceError: Parent instance <Order at 0x7f6c> is not bound to a"
    " Session; lazy load operation of attribute 'lines' cannot proceed "
    + BACKGROUND.format("20/bhk3"): "sqlalchemy.orm.exc.DetachedInstanceError: Parent",
    BACKGROUND.format("21/xd2s"): "sqlalchemy.exc.MissingGreenlet",
    "MissingGreenlet: greenlet_spawn has not been called; can't call await_only() here": (
        "sqlalchemy.exc.MissingGreenlet"
    ),
    "database is locked": "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database is",
    "RuntimeError: <Queue at 0x7f6c maxsize=5 tasks=7> is bound to a different event loop": (
        "RuntimeError: <Queue"
    ),
    "RuntimeWarning: coroutine 'buy_seven_tickets' was never awaited": "RuntimeWarning: coroutine",
}


@pytest.fixture
def address(site: Built) -> Iterator[str]:
    """Where each site in turn is served."""
    with served(site.html) as address:
        yield address


@pytest.fixture
def sample(sample_site: Built) -> Iterator[str]:
    """Where the sample site is served."""
    with served(sample_site.html) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A desktop page that fails the test for any error it met."""
    with opened(browser) as page:
        yield page


@contextmanager
def opened(browser: Browser, width: int = 1280, **options: object) -> Iterator[Page]:
    """A fresh page; leaving it fails if a script threw, the console complained or a file lacked."""
    context = browser.new_context(viewport={"width": width, "height": 844}, **options)
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
    page.on("console", lambda said: said.type == "error" and troubles.append(said.text))
    # Leaving a page cancels what it was still loading: that is nobody's fault.
    page.on(
        "requestfailed",
        lambda request: "ERR_ABORTED" in request.failure or troubles.append(request.url),
    )
    page.on("response", lambda got: got.status >= 400 and troubles.append(f"{got.url} is missing"))
    yield page
    context.close()
    assert troubles == []


def requests_of(page: Page) -> list[str]:
    """The addresses that the page asks for, from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


def foreign(asked: list[str], home: str) -> list[str]:
    """Those addresses that are neither at home nor inside the page itself."""
    return [url for url in asked if not url.startswith((home, "data:", "blob:"))]


# What scrolls sideways is named in the frame after the one in which it is shown.
UNFOLD = """async () => {
    document.querySelectorAll(".quiz-show:not([hidden])").forEach((button) => button.click());
    document.querySelectorAll("details").forEach((fold) => (fold.open = true));
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
}"""


def unfold(page: Page) -> None:
    """Open every fold, and what a prediction holds back, so that it is looked at as well."""
    page.evaluate(UNFOLD)


# axe's rules that look at colours: they take four fifths of its time.
COLOUR_RULES = ("color-contrast", "link-in-text-block")
COLOURS = {"runOnly": COLOUR_RULES}
ALL_BUT_COLOURS = {"rules": {rule: {"enabled": False} for rule in COLOUR_RULES}}
# Which elements can be seen, as a text that is the same for the same; Furo's button for the scheme
# has a drawing for each.
SHOWN = """() => [...document.querySelectorAll("body *:not(.theme-toggle *)")]
    .map((element) => Number(element.checkVisibility({visibilityProperty: true}))).join("")"""
# Mark what has a text or a field whose look is not among the given ones, and return the new looks:
# all that a contrast is made of, the colours of the text, of what it stands on and stands in.
NEW_LOOKS = {"include": [["[data-new-look]"]]}
MARK_NEW_LOOKS = """(looks) => {
    const ground = new Map([[null, ""]]);
    const standsOn = (element) => {
        if (!ground.has(element)) {
            const {backgroundColor, backgroundImage, opacity, filter} = getComputedStyle(element);
            const own = [backgroundColor, backgroundImage, opacity, filter].join(" ");
            const below = standsOn(element.parentElement);
            ground.set(element, below.endsWith(own) ? below : `${below} ${own}`);
        }
        return ground.get(element);
    };
    const hasText = (element) => element.matches("input, select, textarea")
        || [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const found = new Set();
    for (const element of document.querySelectorAll("body, body *")) {
        delete element.dataset.newLook;
        if (!hasText(element) || !element.checkVisibility({visibilityProperty: true})) continue;
        const {color, fontSize, fontWeight, textDecorationLine, textShadow} =
            getComputedStyle(element);
        const around = element.parentElement && getComputedStyle(element.parentElement).color;
        const look = [color, fontSize, fontWeight, textDecorationLine, textShadow, around,
            standsOn(element)].join("; ");
        if (looks.includes(look)) continue;
        element.dataset.newLook = "";
        found.add(look);
    }
    return [...found];
}"""


def violations(
    page: Page, rules: dict[str, object] | None = None, part: dict[str, object] | None = None
) -> list[str]:
    """What axe finds on the page, one line each with the first element it concerns."""
    options = {"resultTypes": ["violations"], **(rules or {})}
    found = Axe().run(page, part, options).response
    return [
        f"{page.url}: {each['id']}: {each['nodes'][0]['html'][:200]}"
        for each in found["violations"]
    ]


# axe may not read a stylesheet again where the page was opened from a folder.
FROM_A_FOLDER = {"preload": False}


def option(page: Page, words: str):
    """The radio button whose label begins with the words."""
    return page.locator("label", has_text=words).locator("input")


def answer(page: Page, words: str) -> None:
    """Choose an answer and commit it."""
    option(page, words).check()
    option(page, words).press("Enter")


# Every page of every site, chapter by chapter: a browser that nobody has used costs more than a
# look at a page

each_chapter = pytest.mark.parametrize(
    ("site", "chapter"),
    [(book, chapter) for book in BOOKS for chapter in chapters_of(book)],
    indirect=["site"],
    ids=lambda name: name or "other pages",
)


@pytest.mark.parametrize(("site", "book"), [(name, name) for name in BOOKS], indirect=["site"])
def test_every_page_is_among_those_that_are_looked_at(site: Built, book: str) -> None:
    looked_at = [page for chapter in chapters_of(book) for page in site.pages_of(chapter)]
    assert sorted(looked_at) == site.pages


@each_chapter
def test_no_page_asks_another_host_for_anything(
    browser: Browser, site: Built, chapter: str, address: str
) -> None:
    with opened(browser) as page:
        asked = requests_of(page)
        for path in site.pages_of(chapter):
            page.goto(f"{address}/{path}")
    assert len(asked) > len(site.pages_of(chapter))
    assert foreign(asked, address) == []


@each_chapter
def test_axe_finds_nothing_on_any_page_at_either_width_in_either_scheme(
    browser: Browser, site: Built, chapter: str, address: str
) -> None:
    found: list[str] = []
    with opened(browser, reduced_motion="reduce") as page:
        # A look has one contrast, wherever it is met.
        looks: dict[str, list[str]] = {scheme: [] for scheme in SCHEMES}
        for path in site.pages_of(chapter):
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 844})
                page.goto(f"{address}/{path}")
                unfold(page)
                shown = ""
                for scheme in SCHEMES:
                    page.emulate_media(color_scheme=scheme)
                    state = f"{width} {scheme}: "
                    # Where a scheme shows what the other shows, only colours can differ.
                    if shown != (shown := page.evaluate(SHOWN)):
                        found += [state + each for each in violations(page, ALL_BUT_COLOURS)]
                    # In each scheme the colours of every text; after that, of new ones.
                    new = page.evaluate(MARK_NEW_LOOKS, looks[scheme])
                    looks[scheme] += new
                    if new:
                        found += [state + each for each in violations(page, COLOURS, NEW_LOOKS)]
    assert found == []


# What a finger presses, but for links in a text, and the parts that scroll on a phone.
ON_A_PHONE = """() => {
    const seen = (element) => element.checkVisibility() && element.getBoundingClientRect().width;
    const faults = [];

    // Furo hides what is wider than the window, or lets the whole text scroll: look inside.
    for (const part of ["html", "body", ".page", ".main", ".content", "article"])
        if (document.querySelector(part).scrollWidth > innerWidth) faults.push(`${part} is wider`);

    for (const control of document.querySelectorAll(`button, summary, select, textarea, input,
            a:is(.button, .run-link), nav a, header a, .sidebar-tree a, .toc-tree a`)) {
        const target = control.closest("label") ?? control;
        const height = target.getBoundingClientRect().height;
        const told = control.textContent.trim() || control.outerHTML.slice(0, 120);
        if (seen(target) && height < 44) faults.push(`${height} high: ${told}`);
    }
    return faults;
}"""

# What is wrong with a picture, which has a drawing for each width: whether it scrolls, small
# letters, words that lie on others or leave the drawing. A pixel or two of a line's box are no
# letter.
IN_PICTURES = """() => {
    const seen = (element) => element.checkVisibility() && element.getBoundingClientRect().width;
    const box = (element) => element.getBoundingClientRect();
    const faults = [];
    const tell = (text, fault) => faults.push(`${innerWidth} wide, ${fault}: ${text.textContent}`);

    for (const figure of document.querySelectorAll(".lantern-picture")) {
        if (!seen(figure)) continue;
        const drawn = [...figure.querySelectorAll("svg")].filter(seen);
        if (drawn.length !== 1) faults.push(`${drawn.length} drawings are shown`);
        if (figure.scrollWidth > figure.clientWidth) faults.push("a picture scrolls");
        for (const svg of drawn) {
            const scale = svg.getScreenCTM().a;
            const words = [...svg.querySelectorAll("text")].map((text) => [text, box(text)]);
            for (const [n, [text, a]] of words.entries()) {
                const size = parseFloat(getComputedStyle(text).fontSize) * scale;
                if (size < 11) tell(text, `${size} pixels`);
                if (a.left < box(svg).left - 1 || a.right > box(svg).right + 1) tell(text, "cut");
                for (const [other, b] of words.slice(n + 1))
                    if (a.left < b.right - 1 && b.left < a.right - 1
                        && a.top < b.bottom - 2 && b.top < a.bottom - 2)
                        tell(text, `on ${other.textContent}`);
            }
        }
    }
    return faults;
}"""


def draws(site: Built, page: str) -> bool:
    """Tell whether the source of a page has a picture."""
    own = site.html.parents[1]  # the sample book was built where its sources are
    source = (own if (own / "notebooks").exists() else ROOT) / page.replace("index", "book/index")
    notebook, text = source.with_suffix(".ipynb"), source.with_suffix(".md")
    if notebook.exists():
        return '<figure class=\\"lantern-picture\\">' in notebook.read_text("utf-8")
    return text.exists() and ":::{picture}" in text.read_text("utf-8")


@each_chapter
def test_a_phone_has_every_page_without_scrolling_and_pictures_are_whole_there_and_in_a_wide_window(
    browser: Browser, site: Built, chapter: str, address: str
) -> None:
    faults: dict[str, list[str]] = {}
    with opened(browser, has_touch=True) as page:
        for path in site.pages_of(chapter):
            page.set_viewport_size({"width": 1280, "height": 844})
            page.goto(f"{address}/{path}")
            unfold(page)
            faults[path] = page.evaluate(IN_PICTURES)
            page.set_viewport_size({"width": 390, "height": 844})
            faults[path] += page.evaluate(ON_A_PHONE) + page.evaluate(IN_PICTURES)
            if draws(site, path) and not page.locator(".lantern-picture svg:visible").count():
                faults[path].append("its picture is not shown")
    assert {path: found for path, found in faults.items() if found} == {}


# Words that go on in the next line; text that has a place to break at is two nodes.
BROKEN_WORDS = """(selector) => [...document.querySelectorAll(selector)].flatMap((part) => {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    const found = [];
    while (walker.nextNode())
        for (const { 0: word, index } of walker.currentNode.data.matchAll(/[^\\s-]+/g)) {
            range.setStart(walker.currentNode, index);
            range.setEnd(walker.currentNode, index + word.length);
            if (range.getClientRects().length > 1) found.push(word);
        }
    return found;
})"""


@pytest.mark.parametrize("width", WIDTHS)
def test_a_table_of_the_course_is_whole_and_so_are_its_words(
    browser: Browser, course_site: Built, width: int
) -> None:
    scrolling = """() => [...document.querySelectorAll(".table-wrapper, .output.text_html")]
        .filter((box) => box.querySelector("table") && box.scrollWidth > box.clientWidth)
        .map((box) => box.textContent.trim().slice(0, 60))"""
    parted = """() => [...document.querySelectorAll("td:first-child:nth-last-child(2) code")]
        .filter((name) => innerWidth > 390 && !name.querySelector("wbr:not(.phone)"))
        .filter((name) => name.getClientRects().length > 1)
        .map((name) => name.textContent)"""
    tables = [
        page
        for page in course_site.pages
        if "<table" in (course_site.html / page).read_text("utf-8")
    ]
    assert tables
    with served(course_site.html) as address, opened(browser, width) as page:
        found = {}
        for path in tables:
            page.goto(f"{address}/{path}")
            unfold(page)
            found[path] = page.evaluate(BROKEN_WORDS, "article table")
            found[path] += page.evaluate(scrolling) + page.evaluate(parted)
    assert {path: each for path, each in found.items() if each} == {}


def test_a_row_of_a_wide_table_says_on_a_phone_what_each_number_is_of(
    browser: Browser, course_site: Built
) -> None:
    said = """(row) => [...row.querySelectorAll("td")].map((cell) =>
        getComputedStyle(cell, "::before").content.slice(1, -1) + " " + cell.textContent)"""
    with served(course_site.html) as address, opened(browser) as page:
        page.goto(f"{address}/notebooks/ch06b_locks.html")
        table = page.locator("table", has=page.locator("[data-of]")).first
        head, row = table.locator("tr").all()
        asked, told = head.locator("th").all_text_contents(), row.locator("td").all_text_contents()
        assert row.evaluate(said) == [f"on {answer}" for answer in told]
        page.set_viewport_size({"width": 390, "height": 844})
        assert row.evaluate(said) == [" ".join(each) for each in zip(asked[1:], told, strict=True)]


def test_links_to_companions_begin_below_each_other(browser: Browser, course_site: Built) -> None:
    # How far from the left each line of links begins, but for the one with the kind's name.
    begins = """() => [...document.querySelectorAll(".companions li")].flatMap((kind) => {
        const range = document.createRange();
        const words = (part) => (range.selectNodeContents(part), range.getClientRects());
        const lines = new Map();
        for (const part of kind.children)
            for (const {top, left} of words(part))
                lines.set(top, Math.min(left, lines.get(top) ?? Infinity));
        const [first, ...others] = lines.values();
        return others.map((left) => Math.round(left - first));
    })"""
    with opened(browser, 390) as page:
        page.goto(f"{course_site.html.as_uri()}/exercises/ch04_dependencies.html")
        lefts = page.evaluate(begins)
        assert lefts
        assert {*lefts} == {0}


def test_what_could_it_be_shows_cause_and_cure_side_by_side_or_below_each_other(
    browser: Browser, course_site: Built
) -> None:
    rows = """() => [...document.querySelectorAll(".diagnosis-case")].map((line) =>
        new Set([...line.querySelectorAll(".diagnosis-step")]
            .map((step) => step.getBoundingClientRect().top)).size)"""
    parts = 4  # what to look with, the cause, the cure, and the rule, which is always below them
    with opened(browser) as page:
        page.goto(f"{course_site.html.as_uri()}/book/diagnosis.html")
        for width, lines in {1280: 2, 760: 2, 390: parts}.items():
            page.set_viewport_size({"width": width, "height": 844})
            assert {*page.evaluate(rows)} == {lines}, width
        page.emulate_media(media="print")
        page.set_viewport_size({"width": PAPER[0], "height": PAPER[1]})
        assert {*page.evaluate(rows)} == {2}


# What an A4 page has between its margins, in CSS pixels.
PAPER = (688, 1001)


@each_chapter
def test_nothing_that_paper_keeps_together_is_longer_than_a_page(
    browser: Browser, site: Built, chapter: str, address: str
) -> None:
    too_long = """(height) => [...document.querySelectorAll("article *")].filter((part) =>
        getComputedStyle(part).breakInside === "avoid" && part.offsetHeight > height)
        .map((part) => `${part.tagName}: ${part.textContent.trim().slice(0, 60)}`)"""
    found = {}
    with opened(browser) as page:
        page.set_viewport_size({"width": PAPER[0], "height": PAPER[1]})
        for path in site.pages_of(chapter):
            page.goto(f"{address}/{path}")
            page.evaluate("dispatchEvent(new Event('beforeprint'))")
            page.emulate_media(media="print")
            found[path] = page.evaluate(too_long, PAPER[1])
            page.emulate_media(media="screen")
    assert {path: each for path, each in found.items() if each} == {}


def test_no_word_of_a_card_is_broken_on_a_phone(browser: Browser, course_site: Built) -> None:
    indented = """() => [...document.querySelectorAll(".finding")].filter((card) => {
        const [title, body] = [":first-child", "p"].map((part) => {
          const range = document.createRange();
          range.selectNodeContents(card.querySelector(part));
          return range.getBoundingClientRect().left;
        });
        return Math.abs(title - body) > 1;
      }).map((card) => card.id)"""
    with opened(browser, 390) as page:
        for path in ("book/errors.html", "book/heard.html"):
            page.goto(f"{course_site.html.as_uri()}/{path}")
            assert page.evaluate(BROKEN_WORDS, ".finding > :first-child") == [], path
            assert page.evaluate(indented) == [], path


@each_chapter
def test_every_page_opens_from_a_folder(browser: Browser, site: Built, chapter: str) -> None:
    home = site.html.as_uri()
    with opened(browser) as page:
        asked = requests_of(page)
        for path in site.pages_of(chapter):
            page.goto(f"{home}/{path}")
            expect(page.locator("h1").first).to_be_visible()
            assert page.locator("a.run-link").filter(visible=True).count() == 0, path
    assert foreign(asked, home) == []


@each_chapter
def test_every_block_that_scrolls_sideways_is_reached_by_keyboard(
    browser: Browser, site: Built, chapter: str, address: str
) -> None:
    unreachable = """() => [...document.querySelectorAll("article *")].filter((element) =>
        element.scrollWidth > element.clientWidth && element.tabIndex < 0
        && ["auto", "scroll"].includes(getComputedStyle(element).overflowX))
        .map((element) => element.outerHTML.slice(0, 200))"""
    with opened(browser, 390) as page:
        for path in site.pages_of(chapter):
            page.goto(f"{address}/{path}")
            unfold(page)
            page.evaluate(
                "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
            )
            assert page.evaluate(unreachable) == [], path


# Finding the way


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_in_what_appears_on_use(
    browser: Browser, sample: str, scheme: str
) -> None:
    with opened(browser, 390, color_scheme=scheme, reduced_motion="reduce") as page:
        page.goto(f"{sample}/{CHAPTER}")
        answer(page, WRONG_ANSWER)
        answer(page, "time.sleep")
        found = violations(page)
        page.get_by_role("button", name="Contents of the course").click()
        found += violations(page)
        page.goto(f"{sample}/search.html?q=loop")
        expect(page.get_by_text("Search finished")).to_be_visible()
        found += violations(page)
    assert found == []


def test_search_finds_a_word_and_asks_no_other_host(page: Page, sample: str) -> None:
    asked = requests_of(page)
    page.goto(f"{sample}/{CHAPTER}")
    page.get_by_role("searchbox", name="Search").fill("keeper")
    page.keyboard.press("Enter")
    page.locator("ul.search").get_by_role("link", name="Who holds the loop?").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Who holds the loop?")
    assert foreign(asked, sample) == []


def test_search_leads_to_the_front_page(page: Page, sample: str) -> None:
    page.goto(f"{sample}/search.html?q=sample")
    page.locator("ul.search").get_by_role("link", name="A sample of the course").click()
    expect(page).to_have_url(f"{sample}/index.html")


def test_search_works_from_a_folder(page: Page, sample_site: Built) -> None:
    page.goto(f"{sample_site.html.as_uri()}/search.html?q=keeper")
    expect(page.locator("ul.search a").first).to_be_visible()


def searched(page: Page, home: str, words: str):
    """The links that a finished search for the words found, the best one first."""
    page.goto(f"{home}/search.html?{urlencode({'q': words})}")
    expect(page.get_by_role("heading", name="Search Results")).to_be_visible()
    return page.locator("ul.search a")


def test_an_error_line_as_a_terminal_shows_it_leads_to_its_place(
    page: Page, course_site: Built
) -> None:
    soup = BeautifulSoup((course_site.html / "book/errors.html").read_bytes(), "html.parser")
    titles = {card.h3.text: card["id"] for card in reversed(soup.select(".finding.error"))}
    lines = {title.rstrip("…"): title for title in titles}
    for line, beginning in PASTED.items():
        (lines[line],) = (title for title in titles if title.startswith(beginning))
    home = course_site.html.as_uri()
    for line, title in lines.items():
        first = searched(page, home, line).first
        expect(first, line).to_have_text(f"Find your error > {title}")
        assert first.get_attribute("href") == f"book/errors.html#{titles[title]}"
    first.click()
    expect(page.locator(":target")).to_be_in_viewport()


def test_a_line_that_only_looks_like_a_known_error_finds_pages_as_other_words_do(
    page: Page, course_site: Built
) -> None:
    home = course_site.html.as_uri()
    for words in (
        "AttributeError: 'Show' object has no attribute 'title'",
        "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) disk I/O error"
        " (Background on this error at: https://sqlalche.me/e/21/e3q8)",
        "session commit",
        "the session is closed",
    ):
        links = searched(page, home, words)
        expect(links.first).to_be_visible()
        assert not [link for link in links.all() if "#error-" in link.get_attribute("href")], words


def test_an_error_is_pasted_by_keyboard_on_a_phone_and_its_card_comes_first(
    browser: Browser, course_site: Built
) -> None:
    traceback = KNOWN[0][1]
    with opened(browser, 390, color_scheme="dark") as page:
        asked = requests_of(page)
        page.goto(f"{course_site.html.as_uri()}/book/errors.html")
        field = page.get_by_label("A whole traceback")
        said, found = page.locator(".error-said"), page.locator(".error-found")
        field.focus()
        page.keyboard.insert_text(traceback)
        expect(said).to_contain_text("The first card fits best")
        title = found.get_by_role("heading")
        expect(title).to_contain_text("sqlalchemy.exc.MissingGreenlet")
        page.keyboard.press("Tab")
        expect(found.get_by_role("link", name="Shown in")).to_be_focused()
        assert violations(page, FROM_A_FOLDER) == []
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(":target")).to_contain_text("sqlalchemy.exc.StatementError")
        field.fill("RuntimeError: no session in this event loop")
        expect(said).to_contain_text("unknown here")
        expect(found.locator("li")).to_have_count(3)
        assert violations(page, FROM_A_FOLDER) == []
        field.fill("")
        expect(said).to_be_empty()
        expect(found).to_be_empty()
    assert foreign(asked, course_site.html.as_uri()) == []


def test_a_search_for_words_that_are_nowhere_says_so(page: Page, course_site: Built) -> None:
    links = searched(page, course_site.html.as_uri(), "quagga zebra okapi gnu")
    expect(page.get_by_text("Your search did not match any documents.")).to_be_visible()
    expect(links).to_have_count(0)


def test_only_whole_words_of_two_letters_or_more_are_marked_until_escape(
    page: Page, sample: str
) -> None:
    marks = page.locator(".highlighted")
    links = searched(page, sample, "lamp e keeper")
    expect(page.locator("ul.search .highlighted").first).to_be_visible()
    assert {text.lower() for text in marks.all_text_contents()} <= {"lamp", "keeper"}
    links.get_by_text("Who holds the loop?").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Who holds the loop?")
    expect(marks.first).to_be_visible()
    assert {text.lower() for text in marks.all_text_contents()} == {"lamp", "keeper"}
    page.keyboard.press("Escape")
    expect(marks).to_have_count(0)


def test_the_front_page_says_where_to_begin_without_scrolling(
    browser: Browser, course_site: Built
) -> None:
    ways = {"Start the first lesson": "Five minutes", "I have an error": "Find your error"}
    for width in WIDTHS:
        with opened(browser, width) as page:
            for name, title in ways.items():
                page.goto(f"{course_site.html.as_uri()}/index.html")
                for said in ("A course that you run", "For you, if", "nothing to install"):
                    expect(page.get_by_text(said).first).to_be_in_viewport(ratio=1)
                button = page.get_by_role("main").get_by_role("link", name=name)
                expect(button).to_be_in_viewport(ratio=1)
                assert button.bounding_box()["height"] >= 44
                button.click()
                expect(page.get_by_role("heading", level=1)).to_contain_text(title)


def test_previous_and_next_lead_through_the_course(page: Page, sample: str) -> None:
    page.goto(f"{sample}/index.html")
    steps = page.get_by_role("navigation", name="Previous and next page")
    steps.get_by_role("link", name="Next").click()
    expect(page).to_have_url(f"{sample}/{CHAPTER}")
    steps.get_by_role("link", name="Previous").click()
    expect(page).to_have_url(f"{sample}/index.html")


def test_the_colours_change_on_demand_and_stay(page: Page, sample: str) -> None:
    asked = requests_of(page)
    page.goto(f"{sample}/{CHAPTER}")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Change between light, dark").filter(visible=True).click()
    expect(page.locator("body")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.goto(f"{sample}/{LESSON}")
    expect(page.locator("body")).to_have_attribute("data-theme", "dark")
    assert foreign(asked, sample) == []


def test_the_first_tab_stop_skips_to_the_content_and_is_seen(page: Page, sample: str) -> None:
    page.goto(f"{sample}/{CHAPTER}")
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to content")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_every_tab_stop_is_seen(browser: Browser, sample: str) -> None:
    outline = """() => { const { outlineStyle, outlineWidth } = getComputedStyle(
        document.activeElement.matches(".toctree-checkbox")
          ? document.activeElement.nextElementSibling : document.activeElement);
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2; }"""
    where = "document.activeElement.outerHTML.slice(0, 120)"
    hidden: list[str] = []
    with opened(browser, reduced_motion="reduce") as page:
        page.goto(f"{sample}/{CHAPTER}")
        page.keyboard.press("Tab")
        stops = 0
        while page.evaluate("document.activeElement !== document.body") and stops < 80:
            hidden += [] if page.evaluate(outline) else [page.evaluate(where)]
            page.keyboard.press("Tab")
            stops += 1
    assert stops > 15
    assert hidden == []


@pytest.mark.parametrize("name", ["Contents of the course", "On this page"])
def test_a_drawer_opens_and_closes_by_keyboard(browser: Browser, sample: str, name: str) -> None:
    with opened(browser, 390, reduced_motion="reduce") as page:
        page.goto(f"{sample}/{CHAPTER}")
        button = page.get_by_role("button", name=name).filter(visible=True)
        drawer = page.locator(f"#{button.get_attribute('aria-controls')}")
        expect(drawer).not_to_be_visible()
        button.focus()
        page.keyboard.press("Enter")
        expect(drawer).to_be_in_viewport()
        expect(button).to_have_attribute("aria-expanded", "true")
        inside = "(drawer) => drawer.contains(document.activeElement)"
        assert drawer.evaluate(inside)
        page.keyboard.press("Escape")
        expect(drawer).not_to_be_visible()
        expect(button).to_have_attribute("aria-expanded", "false")
        expect(button).to_be_focused()


# Lessons


def test_what_a_cell_printed_unfolds_by_keyboard(page: Page, sample: str) -> None:
    page.goto(f"{sample}/{LESSON}")
    printed = page.locator("details.fold .output.stream").first
    expect(printed).not_to_be_visible()
    page.locator("summary", has_text="Show what it printed").first.focus()
    page.keyboard.press("Enter")
    expect(printed).to_contain_text("second")


def test_paper_shows_what_was_folded_and_the_screen_folds_it_again(page: Page, sample: str) -> None:
    page.goto(f"{sample}/{LESSON}")
    fold = page.locator("details.fold").first
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(fold.locator(".output.stream")).to_be_visible()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(fold.locator(".output.stream")).not_to_be_visible()


def test_paper_has_the_pictures_and_nothing_to_press_and_is_light(page: Page, sample: str) -> None:
    page.goto(f"{sample}/{LESSON}")
    page.evaluate("document.body.dataset.theme = 'dark'")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator(".lantern-picture .run")).to_be_visible()
    for nothing in ("div.run", ".skip-to-content", ".companions", ".related-pages"):
        expect(page.locator(nothing)).to_have_css("display", "none")
    expect(page.locator("body")).to_have_attribute("data-theme", "light")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("body")).to_have_attribute("data-theme", "dark")


def test_a_code_block_is_copied_by_its_button(browser: Browser, sample: str) -> None:
    with opened(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(f"{sample}/{CHAPTER}")
        page.locator("button.copybtn").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("button.copybtn.success")).to_be_visible()
        assert "light_the_lamp" in page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize(
    ("path", "lab"),
    [
        (LESSON, "/lab/tree/workspace/lessons/ch00a_cells.ipynb"),
        ("exercises/ch00_sample.html", "/lab/tree/workspace/ch00_sample.ipynb"),
    ],
)
def test_a_page_can_be_run_only_where_the_learners_server_says_so(
    page: Page, sample: str, path: str, lab: str
) -> None:
    page.goto(f"{sample}/{path}")
    link = page.locator("a.run-link")
    expect(link).not_to_be_visible()
    expect(page.locator("div.run")).to_contain_text("make start")
    page.context.add_cookies([{"name": "lantern-lab", "value": "1", "url": sample}])
    page.reload()
    expect(link).to_be_visible()
    expect(link).to_have_attribute("href", lab)
    expect(page.locator("div.run")).not_to_contain_text("make start")


def test_nothing_moves_for_a_reader_who_asked_for_that(browser: Browser, sample: str) -> None:
    moving = """() => [...document.querySelectorAll("*")].filter((element) => {
        const { transitionDuration, animationName } = getComputedStyle(element);
        return parseFloat(transitionDuration) > 0 || animationName !== "none";
      }).length"""
    with opened(browser) as page:
        page.goto(f"{sample}/{LESSON}")
        assert page.evaluate(moving) > 0
    with opened(browser, reduced_motion="reduce") as page:
        page.goto(f"{sample}/{LESSON}")
        assert page.evaluate(moving) == 0


# The quiz


def verdict(page: Page, number: int = 0):
    """The verdict of the question with that number, counted from 0."""
    return page.locator("fieldset.quiz").nth(number).get_by_role("status")


def overview(page: Page):
    """The list of questions with their states."""
    return page.get_by_role("navigation", name="Questions on this page")


def test_a_wrong_answer_is_told_why_and_can_be_changed(page: Page, sample: str) -> None:
    page.goto(f"{sample}/{CHAPTER}")
    answer(page, WRONG_ANSWER)
    expect(verdict(page)).to_contain_text("✗ Not yet. No second task exists here.")
    expect(overview(page)).to_contain_text("not yet")
    answer(page, RIGHT_ANSWER)
    expect(verdict(page)).to_contain_text("✓ Right. The caller goes on when f is done.")
    expect(verdict(page)).not_to_contain_text("Not yet")


def test_answers_survive_a_reload_and_are_counted(page: Page, sample: str) -> None:
    page.goto(f"{sample}/{CHAPTER}")
    expect(overview(page)).to_contain_text("0 of 2 answered")
    answer(page, RIGHT_ANSWER)
    page.reload()
    expect(option(page, RIGHT_ANSWER)).to_be_checked()
    expect(verdict(page)).to_contain_text("Right.")
    expect(overview(page)).to_contain_text("1 of 2 answered, 1 right")
    expect(overview(page).locator("li").nth(0)).to_contain_text("✓ right")
    expect(overview(page).locator("li").nth(1)).to_contain_text("not answered")


def test_start_again_clears_the_answers_for_good(page: Page, sample: str) -> None:
    page.goto(f"{sample}/{CHAPTER}")
    again = page.get_by_role("button", name="Start again")
    expect(again).not_to_be_visible()
    answer(page, WRONG_ANSWER)
    again.click()
    expect(overview(page)).to_contain_text("0 of 2 answered")
    expect(overview(page).get_by_role("status")).to_contain_text("cleared")
    expect(verdict(page)).to_be_empty()
    page.reload()
    expect(option(page, WRONG_ANSWER)).not_to_be_checked()
    expect(overview(page)).to_contain_text("0 of 2 answered")


def test_the_quiz_is_answered_by_keyboard_alone(page: Page, sample: str) -> None:
    page.goto(f"{sample}/{CHAPTER}")
    overview(page).get_by_role("link", name="Does await f() start").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(option(page, WRONG_ANSWER)).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(verdict(page)).to_contain_text("Not yet.")
    page.keyboard.press("ArrowDown")
    expect(option(page, RIGHT_ANSWER)).to_be_checked()
    expect(verdict(page)).to_be_empty()
    expect(overview(page)).to_contain_text("1 of 2 answered, 0 right")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(verdict(page)).to_contain_text("Right.")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(verdict(page, 1)).to_contain_text("Not yet.")


def test_an_answer_that_is_only_chosen_is_none(page: Page, sample: str) -> None:
    page.goto(f"{sample}/{CHAPTER}")
    page.get_by_role("button", name="Answer").first.click()
    expect(verdict(page)).to_have_text("Choose an answer first.")
    option(page, RIGHT_ANSWER).check()
    expect(verdict(page)).to_be_empty()
    expect(overview(page)).to_contain_text("0 of 2 answered")
    page.reload()
    expect(option(page, RIGHT_ANSWER)).not_to_be_checked()


def test_the_quiz_works_where_storage_is_refused(page: Page, sample: str) -> None:
    page.add_init_script(REFUSED)
    page.goto(f"{sample}/{CHAPTER}")
    answer(page, RIGHT_ANSWER)
    expect(verdict(page)).to_contain_text("Right.")
    page.get_by_role("button", name="Change between light, dark").filter(visible=True).click()
    expect(page.locator("body")).to_have_attribute("data-theme", "dark")


def test_your_evening_says_that_nothing_is_kept_where_storage_is_refused(
    page: Page, sample: str
) -> None:
    page.add_init_script(REFUSED)
    page.goto(f"{sample}/{EVENING}")
    expect(page.get_by_text("This browser keeps nothing of the course yet.")).to_be_visible()
    for name in ("Save it as a file", "Erase it"):
        expect(page.get_by_role("button", name=name)).to_be_disabled()


def test_what_a_reader_has_ruled_out_stays_ticked(page: Page, course_site: Built) -> None:
    with served(course_site.html) as address:
        page.goto(f"{address}/book/diagnosis.html")
        boxes = page.locator(".diagnosis input")
        for number in (5, 1):
            boxes.nth(number).focus()
            page.keyboard.press("Space")
        page.reload()
        ticked = [number for number, box in enumerate(boxes.all()) if box.is_checked()]
        assert ticked == [1, 5]
        boxes.nth(5).uncheck()
        page.reload()
        expect(boxes.nth(5)).not_to_be_checked()
        expect(boxes.nth(1)).to_be_checked()


def test_every_explanation_is_read_without_javascript(browser: Browser, sample: str) -> None:
    with opened(browser, java_script_enabled=False) as page:
        page.goto(f"{sample}/{CHAPTER}")
        reasons = page.locator(".quiz-why")
        expect(reasons).to_have_count(5)
        reasons.first.locator("summary").click()
        expect(reasons.first).to_contain_text("Not yet. No second task exists here.")
        expect(reasons.first.locator(".quiz-words")).to_be_visible()


def test_questions_of_two_pages_do_not_share_answers(
    page: Page, sample: str, sample_site: Built
) -> None:
    text = (sample_site.html / CHAPTER).read_text("utf-8")
    other = Path(CHAPTER).with_name("other.html").as_posix()
    body = text.replace('data-page="book/ch00_sample"', 'data-page="book/other"')
    page.route(f"**/{other}", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(f"{sample}/{CHAPTER}")
    answer(page, RIGHT_ANSWER)
    page.goto(f"{sample}/{other}")
    expect(overview(page)).to_contain_text("0 of 2 answered")


# Predictions


def asked(page: Page, number: int):
    """The prediction with that number, counted from 0."""
    return page.locator("fieldset.prediction").nth(number)


CHOSEN, OPEN = 0, 1  # the predictions of the sample: one with choices, one to be written


def test_what_comes_and_why_are_shown_after_a_prediction_and_after_a_reload(
    page: Page, sample: str
) -> None:
    page.goto(f"{sample}/{LESSON}")
    came, why = page.get_by_text("south, then north"), page.get_by_text("Ships come from")
    summary = page.locator("summary", has_text="and why")
    expect(summary).not_to_be_visible()
    expect(page.get_by_text("What comes is shown after your prediction.").first).to_be_visible()
    answer(page, "the north lamp")
    expect(asked(page, CHOSEN).get_by_role("status")).to_have_text(
        "✗ Not so. It is the second: light begins at the sea."
    )
    for _ in range(2):
        expect(option(page, "the north lamp")).to_be_checked()
        expect(came).to_be_visible()
        expect(why).to_be_visible()
        page.reload()
    asked(page, CHOSEN).get_by_role("button", name="Predict again").click()
    expect(came).not_to_be_visible()
    expect(why).not_to_be_visible()
    expect(asked(page, CHOSEN).get_by_role("radio").first).to_be_focused()
    option(page, "south").check()
    asked(page, CHOSEN).get_by_role("button", name="Predict", exact=True).click()
    expect(asked(page, CHOSEN).get_by_role("status")).to_contain_text("✓ Right. The south lamp")
    expect(asked(page, CHOSEN).get_by_role("button", name="Predict again")).to_be_focused()
    page.reload()
    expect(option(page, "south")).to_be_checked()


def test_show_me_shows_what_comes_without_a_prediction(page: Page, sample: str) -> None:
    page.goto(f"{sample}/{LESSON}")
    page.get_by_role("button", name="Show me").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("south, then north")).to_be_visible()
    expect(page.get_by_role("button", name="Predict again")).to_be_focused()
    page.reload()
    expect(page.get_by_text("south, then north")).to_be_visible()


def test_an_open_prediction_is_written_by_keyboard_and_kept(page: Page, sample: str) -> None:
    page.goto(f"{sample}/{LESSON}")
    drawn, why = page.get_by_text("a drawing of two lamps"), page.get_by_text("It counts lamps.")
    field = page.get_by_role("textbox", name="Your prediction")
    field.press("Enter")
    expect(asked(page, OPEN).get_by_role("status")).to_have_text("Write what you expect first.")
    expect(drawn).not_to_be_visible()
    expect(why).not_to_be_visible()
    field.press_sequentially("three lamps")
    field.press("Enter")
    for _ in range(2):
        told = asked(page, OPEN).get_by_role("status")
        expect(told).to_contain_text("You predicted “three lamps”.")
        expect(page.get_by_text("two lamps lit")).to_be_visible()
        expect(drawn).to_be_visible()
        expect(why).to_be_visible()
        page.reload()
    asked(page, OPEN).get_by_role("button", name="Predict again").press("Enter")
    expect(field).to_be_focused()
    expect(drawn).not_to_be_visible()


def test_what_a_live_cell_prints_waits_for_the_prediction(page: Page, sample: str) -> None:
    page.goto(f"{sample}/{LESSON}")
    page.locator(".tag_hide-output").nth(1).evaluate(
        """(cell) => {
            const output = document.createElement("div");
            output.className = "cell_output live-output";
            output.textContent = "printed by the reader";
            cell.querySelector(".cell_input").after(output);
        }"""
    )
    expect(page.get_by_text("printed by the reader")).not_to_be_visible()
    answer(page, "south")
    expect(page.get_by_text("printed by the reader")).to_be_visible()


def test_a_wrong_answer_is_asked_again_when_it_is_due_until_it_is_right_three_times(
    page: Page, sample: str
) -> None:
    page.clock.install(time="2026-03-01T20:00:00")
    # Who comes back sooner sees what was answered.
    days = [(1, "north", ""), (1, None, "Not so."), (3, "south", "1 March"), (5, None, "Right.")]
    days += [(7, "south", "3 March"), (13, None, "Right."), (15, "south", "7 March")]
    days += [(30, None, "Right.")]
    for day, words, told in days:
        page.clock.set_system_time(f"2026-03-{day:02}T21:00:00")
        page.goto(f"{sample}/{LESSON}")
        expect(asked(page, CHOSEN).get_by_role("status")).to_contain_text(told)
        expect(page.get_by_text("south, then north")).to_be_visible(visible=words is None)
        if words:
            answer(page, words)


def test_predictions_are_made_where_storage_is_refused(page: Page, sample: str) -> None:
    page.add_init_script(REFUSED)
    page.goto(f"{sample}/{LESSON}")
    answer(page, "south")
    expect(page.get_by_text("south, then north")).to_be_visible()
    expect(page.get_by_text("Not kept: this browser refuses to store it.")).to_be_visible()


def test_without_javascript_a_prediction_is_a_list_above_folds(
    browser: Browser, sample: str
) -> None:
    with opened(browser, java_script_enabled=False) as page:
        page.goto(f"{sample}/{LESSON}")
        reason = asked(page, CHOSEN).locator(".quiz-why[data-verdict=right]")
        reason.locator("summary").click()
        expect(reason).to_contain_text("✓ Right. The south lamp stands at the sea")
        expect(page.get_by_role("button", name="Show me")).to_have_count(0)
        expect(page.get_by_role("textbox", name="Your prediction")).to_have_count(0)
        page.locator("summary", has_text="and why").click()
        expect(page.get_by_text("Ships come from")).to_be_visible()


def test_paper_has_what_comes_below_a_prediction(page: Page, sample: str) -> None:
    page.goto(f"{sample}/{LESSON}")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    for words in ("the south lamp", "south, then north", "Ships come", "a drawing", "It counts"):
        expect(page.get_by_text(words).first).to_be_visible()
    expect(page.get_by_text("What comes is shown after").first).not_to_be_visible()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.get_by_text("south, then north")).not_to_be_visible()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_in_a_prediction_before_and_after_it_is_made(
    browser: Browser, sample: str, scheme: str
) -> None:
    with opened(browser, 390, color_scheme=scheme, reduced_motion="reduce") as page:
        page.goto(f"{sample}/{LESSON}")
        found = violations(page)
        answer(page, "north")
        page.get_by_role("textbox", name="Your prediction").fill("three lamps")
        asked(page, OPEN).get_by_role("button", name="Predict").first.click()
        found += violations(page)
    assert found == []


# Your evening

EVENING = "book/evening.html"
SOLVED = (
    '{"exercise": "ch00-ex1", "state": "not yet"}\n{"exercise": "ch00-ex1", "state": "right"}\n{"ex'
)


@pytest.fixture
def evening(page: Page, sample: str) -> Page:
    """Your evening, after a wrong prediction, a right answer and a solved exercise, on 1 March."""
    page.clock.install(time="2026-03-01T21:00:00")
    page.goto(f"{sample}/{LESSON}")
    answer(page, "north")
    page.goto(f"{sample}/{CHAPTER}")
    answer(page, RIGHT_ANSWER)
    page.evaluate("(lines) => localStorage.setItem('lantern-progress', lines)", SOLVED)
    page.goto(f"{sample}/{EVENING}")
    return page


def test_your_evening_shows_what_was_predicted_answered_and_solved_by_objective(
    evening: Page,
) -> None:
    chapter = evening.locator(".evening-chapter")
    expect(chapter.locator(".evening-sum")).to_have_text(
        "predicted 1 of 2, 0 right · answered 1 of 2, 1 right · solved 1 of 1"
    )
    objectives = chapter.locator("[data-objective]")
    expect(objectives.nth(0)).to_contain_text("answered 1 of 1, 1 right")
    expect(objectives.nth(1)).to_contain_text("answered 0 of 1")
    chapter.locator("summary").click()
    items = chapter.locator("[data-kind]")
    expect(items.nth(0)).to_contain_text("“the north lamp” ✗ not so")
    expect(items.last).to_contain_text("ch00-ex1: Count the keepers right")
    assert violations(evening) == []


def test_a_wrong_prediction_stands_in_your_evening_on_the_day_on_which_it_is_due(
    evening: Page,
) -> None:
    again = evening.locator(".evening-again a")
    expect(
        evening.get_by_text("1 more question will come back, the next on 2 March.")
    ).to_be_visible()
    expect(again).to_have_count(0)
    evening.clock.set_system_time("2026-03-03T21:00:00")
    evening.reload()
    again.click()
    expect(evening.locator(":target")).to_contain_text("it is time to see it again")
    answer(evening, "south")
    evening.go_back()
    expect(again).to_have_count(0)
    expect(evening.get_by_text("the next on 6 March")).to_be_visible()


def test_all_that_is_kept_is_saved_as_a_file_and_erased_when_that_is_confirmed(
    evening: Page,
) -> None:
    with evening.expect_download() as saved:
        evening.get_by_role("button", name="Save it as a file").click()
    kept = json.loads(Path(saved.value.path()).read_text("utf-8"))["kept"]
    (tried,) = kept["lantern-answers:notebooks/ch00a_cells:prediction-cell-11"]
    assert (tried["answer"], tried["right"]) == ("the north lamp", False)
    assert kept["lantern-progress"] == SOLVED
    erase = evening.get_by_role("button", name="Erase it")
    evening.once("dialog", lambda dialog: dialog.dismiss())
    erase.click()
    expect(evening.locator(".evening-kept")).to_contain_text("predicted 1 of 2")
    evening.once("dialog", lambda dialog: dialog.accept())
    erase.click()
    expect(evening.get_by_text("This browser keeps nothing of the course yet.")).to_be_visible()
    assert (
        evening.evaluate("Object.keys(localStorage).filter((k) => k.startsWith('lantern-'))") == []
    )


def test_what_was_saved_is_taken_over_and_nothing_that_is_here_is_lost(
    evening: Page, tmp_path: Path
) -> None:
    work = "lantern-work:notebooks/ch00a_cells:one"
    evening.evaluate("(key) => localStorage.setItem(key, '[1,  2]')", work)
    with evening.expect_download() as saved:
        evening.get_by_role("button", name="Save it as a file").click()
    file = tmp_path / "my-evening.json"
    saved.value.save_as(file)
    evening.evaluate("() => localStorage.clear()")
    evening.goto(evening.url.replace(EVENING, LESSON))
    answer(evening, "south")
    evening.evaluate("(key) => localStorage.setItem(key, 'of today')", work)
    evening.go_back()
    evening.locator(".evening-file").set_input_files(file)
    expect(evening.locator(".evening-told")).to_contain_text("my-evening.json is taken over.")
    expect(evening.locator(".evening-sum")).to_have_text(
        "predicted 1 of 2, 1 right · answered 1 of 2, 1 right · solved 1 of 1"
    )
    expect(evening.locator(".chapter-done")).to_have_text("3 of 5")
    kept = evening.evaluate("() => ({...localStorage})")
    tried = json.loads(kept["lantern-answers:notebooks/ch00a_cells:prediction-cell-11"])
    assert [one["right"] for one in tried] == [False, True]
    assert kept[work] == "of today"
    assert json.loads(kept[work.replace("work", "earlier")]) == ["[1,  2]"]


@pytest.mark.parametrize(
    "kept", ["", '"course": "The Lantern", "kept": null', '"course": "The Lantern", "kept": []']
)
def test_a_file_that_was_not_saved_here_is_refused_with_a_sentence(
    evening: Page, tmp_path: Path, kept: str
) -> None:
    file = tmp_path / "other.json"
    file.write_text(f"{{{kept}}}")
    evening.locator(".evening-file").set_input_files(file)
    expect(evening.locator(".evening-told")).to_have_text("other.json was not saved on this page.")


def test_an_answer_that_an_earlier_version_of_the_page_kept_is_still_known(
    page: Page, sample: str
) -> None:
    page.goto(f"{sample}/{CHAPTER}")
    question = page.locator("fieldset.quiz").first
    name, value = question.get_attribute("id"), option(page, RIGHT_ANSWER).get_attribute("value")
    key = f"lantern-quiz:book/ch00_sample:{name}"
    page.evaluate("([key, value]) => localStorage.setItem(key, value)", [key, value])
    page.reload()
    expect(verdict(page)).to_contain_text("Right.")
    expect(page.locator(".chapter-done")).to_have_text("1 of 5")
    assert page.evaluate("(key) => localStorage.getItem(key)", key) is None


def test_what_is_on_the_page_is_seen_beside_it_and_lines_end_at_some_eighty_characters(
    page: Page, sample: str
) -> None:
    page.goto(f"{sample}/{LESSON}")
    expect(page.get_by_role("navigation", name="Headings of this page")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 1280
    width = page.locator("article section > p").evaluate_all(
        "(all) => Math.max(...all.map((each) => each.getBoundingClientRect().width))"
    )
    assert width <= 80 * 8  # a letter is half an em wide, or less
