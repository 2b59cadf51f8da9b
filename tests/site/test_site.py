"""The site as files: built from the sample book and from the course, read without a browser."""

import gzip
import json
import os
import posixpath
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

import pytest
from bs4 import BeautifulSoup, Tag

import lantern
from course.notebook import read
from course.project import ROOT
from lantern.cards import cards
from lantern.pictures.figure import STYLE, without_style
from lantern.plugin.findings import KINDS
from tests.lantern.test_package import WORDS
from tests.site.built import SAMPLE, Built, build, copy_sample
from tools.bench.page_weight import plain_markdown
from tools.predictions import predictions_of
from tools.site.pages import Page, companions, shorten
from tools.site.picture import figures_of
from tools.site.stylesheet import used, without_unasked

BOOK, NOTEBOOKS = ROOT / "book", ROOT / "notebooks"
KILOBYTE = 1024

OBJECTIVES = ":::{objectives}\n- order: predict the order\n:::\n\n"
RIGHT = "- [x] Yes\n  Because it is.\n"
WRONG = "- [ ] No\n  It is not.\n"
HEAD = ":::{quiz} Is it so?\n:objective: order\n"

PARTS = "".join(f"**{part}** A lamp.\n\n" for part in ("Look with.", "Cause.", "Cure.", "Rule."))
# Each broken page with the words its author must be told.
BROKEN = {
    "one_option": (OBJECTIVES + HEAD + RIGHT + ":::", "at least two options and has 1"),
    "none_right": (
        OBJECTIVES + HEAD + WRONG + WRONG.replace("No", "Never") + ":::",
        "exactly one option must be marked [x], and 0 are",
    ),
    "two_right": (
        OBJECTIVES + HEAD + RIGHT + RIGHT.replace("Yes", "Of course") + ":::",
        "exactly one option must be marked [x], and 2 are",
    ),
    "unexplained": (
        OBJECTIVES + HEAD + RIGHT + "- [ ] No\n:::",
        "the option 'No' has no explanation",
    ),
    "same_option": (OBJECTIVES + HEAD + RIGHT + WRONG.replace("No", "Yes") + ":::", "say the same"),
    "stray_line": (OBJECTIVES + HEAD + "Well?\n" + RIGHT + WRONG + ":::", "'Well?' is no option"),
    "asked_twice": (
        OBJECTIVES + 2 * (HEAD + RIGHT + WRONG + ":::\n\n"),
        'The quiz "Is it so?" is asked twice',
    ),
    "unknown_objective": (
        OBJECTIVES + HEAD.replace("order", "speed") + RIGHT + WRONG + ":::",
        'names the objective "speed", and this page has: order',
    ),
    "no_objectives": (HEAD + RIGHT + WRONG + ":::", "and this page has: none"),
    "objective_not_asked": (
        OBJECTIVES.replace("order:", "freeze: see it freeze\n- order:")
        + (HEAD + RIGHT + WRONG + ":::"),
        'asks for its objective "freeze"',
    ),
    "nameless_objective": (
        OBJECTIVES.replace("order: ", "") + "Text.",
        '"- predict the order" is no objective',
    ),
    "heard_without_verdict": (
        ':::{heard} "Faster"\n:shown: ch00a_cells fold\nText.\n:::',
        '"Faster" needs a verdict: false, true, nuance',
    ),
    "error_of_no_cell": (
        ":::{error} ValueError: no\n:shown: ch00a_cells gone\nText.\n:::",
        "no cell tagged 'gone' in notebooks/ch00a_cells.ipynb shows it",
    ),
    "error_that_no_cell_prints": (
        ":::{error} ValueError: no such\n:shown: ch00a_cells printing\nText.\n:::",
        "the cell tagged 'printing' of ch00a_cells prints something else",
    ),
    "error_of_no_doing": (
        ":::{error} ValueError: no\n:recorded: Python 3.11\nText.\n:::",
        "ValueError: no needs a while: starting,",
    ),
    "case_without_sign": (
        f":::{{case}} It is dark\n:shown: ch00a_cells printing\n{PARTS}:::",
        "It is dark needs a sign: error, slow, wrong, nothing",
    ),
    "case_out_of_order": (
        ":::{case} It is dark\n:sign: slow\n:shown: ch00a_cells printing\n"
        f"{PARTS.replace('Cause', 'Reason')}:::",
        "It is dark needs a paragraph each for Look with., Cause., Cure., Rule.",
    ),
    "no_such_sign": (":::{diagnosis} loud\n:::", "There is no sign loud"),
    "no_lesson": (":::{picture} ch09z_gone tag\n:::", "no lesson notebooks/ch09z_gone.ipynb"),
    "no_picture": (":::{picture} ch00a_cells nothing\n:::", "hold 0 pictures, and one is needed"),
}


@pytest.fixture(scope="module")
def broken_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with one page for each mistake an author can make in a quiz."""
    book = copy_sample(tmp_path_factory.mktemp("broken") / "book")
    pages = [f"  - file: book/{name}" for name in BROKEN]
    with (book / "_toc.yml").open("a", encoding="utf-8") as contents:
        contents.write("\n".join(pages) + "\n")
    for name, (text, _) in BROKEN.items():
        (book / "book" / f"{name}.md").write_text(f"# {name}\n\n{text}\n", "utf-8")
    return book


@pytest.fixture(scope="module")
def broken_build(broken_book: Path) -> Built:
    """What happens when it is built."""
    return build(broken_book, broken_book)


def soup_of(site: Built, page: str) -> BeautifulSoup:
    """A page of the site, parsed."""
    return BeautifulSoup((site.html / page).read_bytes(), "html.parser")


def loaded_files(site: Built, page: str) -> set[Path]:
    """The page itself and every file that it loads."""
    soup = soup_of(site, page)
    links = [tag["href"] for tag in soup.select("link[rel=stylesheet], link[rel~=icon]")]
    sources = [tag["src"] for tag in soup.select("script[src], img[src]")]
    folder = (site.html / page).parent
    files = {folder / urlparse(address).path for address in links + sources}
    return {(site.html / page).resolve()} | {file.resolve() for file in files}


def test_the_site_builds_without_a_warning(site: Built) -> None:
    assert "build succeeded." in site.log


@pytest.mark.slow
def test_a_second_build_writes_no_page_again(tmp_path: Path) -> None:
    book = copy_sample(tmp_path / "book")
    first = build(book, book)
    before = {page: os.stat(first.html / page).st_mtime_ns for page in first.pages}
    second = build(book, book)
    again = [p for p in before if os.stat(second.html / p).st_mtime_ns != before[p]]
    assert second.exit_code == 0, second.log
    assert again == []


def test_the_build_executes_nothing_and_shows_what_is_stored(sample_site: Built) -> None:
    source = SAMPLE / "notebooks" / "ch00a_cells.ipynb"
    cells = json.loads(source.read_text("utf-8"))["cells"]
    assert any("picture()" in "".join(cell["source"]) for cell in cells), "a name nobody defines"
    assert "Two tasks take turns on the loop." in str(
        soup_of(sample_site, "notebooks/ch00a_cells.html").select_one(".lantern-picture")
    )


def test_the_style_of_pictures_stands_once_in_the_stylesheet(site: Built) -> None:
    pages = {page: (site.html / page).read_text("utf-8") for page in site.pages}
    shown = [page for page, text in pages.items() if '<figure class="lantern-picture">' in text]
    assert shown
    assert [page for page in shown if ".lantern-picture" in pages[page]] == []
    assert STYLE in (site.html / "_static" / "site.css").read_text("utf-8")


def test_the_front_page_is_index_html_itself_and_not_a_redirect(site: Built) -> None:
    soup = soup_of(site, "index.html")
    assert soup.select_one("article h1")
    assert not soup.select("meta[http-equiv=refresh]")
    assert not (site.html / "book" / "index.html").exists()


def test_no_page_loads_a_file_from_elsewhere_or_one_that_is_missing(site: Built) -> None:
    for page in site.pages:
        soup = soup_of(site, page)
        for tag in soup.select("script[src], link[rel=stylesheet], link[rel~=icon], img, iframe"):
            address = tag.get("src") or tag.get("href")
            assert not urlparse(address).netloc, f"{page} loads {address}"
        for file in loaded_files(site, page):
            assert file.is_file(), f"{page} loads {file.name}, which is not there"


def test_every_link_inside_the_site_has_a_target(site: Built) -> None:
    ids = {
        (site.html / page).resolve(): {tag["id"] for tag in soup_of(site, page).select("[id]")}
        for page in site.pages
    }
    for page in site.pages:
        for link in soup_of(site, page).select("a[href]"):
            address, anchor = urldefrag(link["href"])
            if urlparse(address).scheme:
                continue
            target = (site.html / page).parent / address if address else site.html / page
            target = target.resolve()
            assert target.is_file(), f"{page} links to {link['href']}"
            if anchor and target in ids:
                assert unquote(anchor) in ids[target], f"{page} links to {link['href']}"


def test_an_id_stands_once_on_a_page(site: Built) -> None:
    for page in site.pages:
        ids = [tag["id"] for tag in soup_of(site, page).select("[id]")]
        assert sorted(ids) == sorted(set(ids)), page


def test_every_page_says_what_it_is_to_browsers_and_search_engines(site: Built) -> None:
    for page in site.pages:
        soup = soup_of(site, page)
        assert soup.html["lang"] == "en", page
        assert soup.select_one("title").text.strip(), page
        assert soup.select_one("meta[name=viewport]"), page
        assert soup.select_one("link[rel~=icon]")["href"].endswith("lantern.svg"), page
        description = soup.select("meta[name=description]")
        assert len(description) == 1, page
        assert 20 < len(description[0]["content"]) <= 160, page


def test_no_chapter_page_is_heavier_than_110_kilobytes(site: Built) -> None:
    for page in site.pages:
        if Page(page.removesuffix(".html")).kind == "chapter":
            total = sum(len(gzip.compress(f.read_bytes())) for f in loaded_files(site, page))
            assert total <= 110 * KILOBYTE, f"{page}: {total} bytes"


def test_a_page_without_a_quiz_does_not_load_its_script(sample_site: Built) -> None:
    def names(page: str) -> set[str]:
        return {file.name for file in loaded_files(sample_site, page)}

    assert "quiz.js" in names("book/ch00_sample.html")
    assert "quiz.js" not in names("book/glossary.html")
    assert "copybutton.js" in names("book/ch00_sample.html")
    assert "copybutton.js" not in names("book/glossary.html")


def test_pages_of_a_chapter_link_to_each_other_by_their_stem(sample_site: Built) -> None:
    def targets(page: str) -> set[str]:
        links = soup_of(sample_site, page).select(".companions a")
        return {link["href"].rpartition("/")[0].strip("./") or "." for link in links}

    assert targets("book/ch00_sample.html") == {"notebooks", "exercises"}
    assert targets("notebooks/ch00a_cells.html") == {"book", "exercises"}
    assert targets("exercises/ch00_sample.html") == {"book", "notebooks", "solutions"}


def test_an_answer_says_that_it_is_one_and_links_back(sample_site: Built) -> None:
    soup = soup_of(sample_site, "solutions/ch00_sample.html")
    notice = soup.select_one(".answer-notice")
    assert "Answers: keep the lamp lit" in soup.h1.text
    assert "This is the answer." in notice.text
    assert notice.a["href"] == "../exercises/ch00_sample.html"


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ("notebooks/ch00a_cells.html", "/lab/tree/workspace/lessons/ch00a_cells.ipynb"),
        ("exercises/ch00_sample.html", "/lab/tree/workspace/ch00_sample.ipynb"),
    ],
)
def test_what_can_be_run_says_where_and_how(sample_site: Built, page: str, path: str) -> None:
    run = soup_of(sample_site, page).select_one(".run")
    assert run.select_one("a[hidden]")["data-lab"] == path
    assert "make start" in run.select_one(".run-how").text


def test_answers_and_chapters_are_not_run(sample_site: Built) -> None:
    for page in ("solutions/ch00_sample.html", "book/ch00_sample.html", "index.html"):
        assert not soup_of(sample_site, page).select(".run"), page


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_quiz_is_told_to_its_author(broken_build: Built, name: str) -> None:
    lines = [line for line in broken_build.log.splitlines() if f"{name}.md" in line]
    assert any(BROKEN[name][1] in line for line in lines), lines or broken_build.log[-3000:]


def test_a_broken_quiz_fails_this_build_and_the_next(
    broken_book: Path, broken_build: Built
) -> None:
    assert broken_build.exit_code != 0
    again = build(broken_book, broken_book)
    assert again.exit_code != 0
    assert BROKEN["one_option"][1] in again.log


def test_the_list_of_questions_says_them_as_they_are_asked(site: Built) -> None:
    def said(part: Tag) -> tuple[str, list[str]]:
        return part.get_text(), [code.get_text() for code in part.select("code")]

    for page in site.pages:
        soup = soup_of(site, page)
        for place in soup.select("legend .quiz-place"):
            place.extract()
        asked = [said(legend) for legend in soup.select("fieldset.quiz:not(.prediction) legend")]
        listed = [said(link) for link in soup.select(".quiz-overview li > a")]
        assert listed == [(text.strip(), code) for text, code in asked], page


def test_a_page_outside_the_chapters_has_no_companions() -> None:
    everything = ["book/ch00_sample", "notebooks/ch00a_cells", "book/glossary"]
    assert not any(companions(Page("book/glossary"), everything).values())


def test_a_long_description_ends_at_a_word() -> None:
    text = shorten("lantern " * 40)
    assert text.endswith("lantern…")
    assert len(text) <= 160


def test_the_same_words_go_to_the_page_that_we_compare_with() -> None:
    chapter = (
        "# Title\n\n:::{quiz} Why?\n:objective: order\n- [x] Yes {term}`task`\n  It is.\n:::\n"
    )
    assert " ".join(plain_markdown(chapter).split()) == "# Title Why? - Yes task It is."


def test_a_chapter_shows_the_picture_that_its_lesson_stored(course_site: Built) -> None:
    notebook = json.loads((ROOT / "notebooks" / "ch01b_freezing.ipynb").read_text("utf-8"))
    (stored,) = figures_of(notebook, "three-ways")
    page = (course_site.html / "book" / "ch01_event_loop.html").read_text("utf-8")
    assert without_style(stored) in page
    assert "At the top" in soup_of(course_site, "book/ch01_event_loop.html").text


def test_every_claim_and_error_of_a_chapter_stands_on_the_page_for_all(course_site: Built) -> None:
    for kind, collected in (("heard", "book/heard.html"), ("error", "book/errors.html")):
        everywhere = {
            finding.h3.text
            for page in course_site.pages
            if page.startswith("book/ch")
            for finding in soup_of(course_site, page).select(f".finding.{kind}")
        }
        titles = soup_of(course_site, collected).select(f".finding.{kind} > :is(h2, h3)")
        shown = {title.text for title in titles}
        assert shown == everywhere
        assert len(shown) > 5 if kind == "heard" else len(shown) > 4


def test_every_card_that_the_matcher_knows_stands_at_its_place(course_site: Built) -> None:
    page = soup_of(course_site, "book/errors.html")
    stand = [(card["id"], card.h3.text) for card in page.select(".finding.error")]
    known = [(card["anchor"], card["title"]) for card in cards().cards]
    assert sorted(stand) == sorted(known)
    groups = [link["href"].lstrip("#") for link in page.select(".error-jumps a")]
    assert groups == [group["id"] for group in page.select("section section")]
    assert len(groups) > 5


def test_every_finding_of_the_plugin_leads_to_a_card(course_site: Built) -> None:
    for kind in KINDS.values():
        page, card = urldefrag(kind.address)
        assert soup_of(course_site, page).find(class_="finding", id=card), kind.address


def test_every_public_name_of_the_instruments_stands_on_the_reference(course_site: Built) -> None:
    page = soup_of(course_site, "book/reference.html")
    told = {entry["id"]: entry.find_next("dd").get_text() for entry in page.select("dt.sig[id]")}
    assert {f"lantern.{name}" for name in lantern.__all__} <= {*told}
    assert not [name for name, said in told.items() if not said.strip()]
    article = page.find("article").get_text().lower()
    assert not [word for word in WORDS if word in article]


def test_every_case_of_a_chapter_is_one_line_of_the_diagnosis_under_its_sign(
    course_site: Built,
) -> None:
    cases = {
        (f"{page.removeprefix('book/')}#{case['id']}", case.h3.text)
        for page in course_site.pages
        if page.startswith("book/ch")
        for case in soup_of(course_site, page).select(".finding.case")
    }
    soup = soup_of(course_site, "book/diagnosis.html")
    lines = soup.select(".diagnosis > li")
    assert {(line.a["href"], line.a.text) for line in lines} == cases
    assert len(lines) == len(cases) > 20
    for line in lines:
        assert [b.text for b in line.select("b")] == ["Look with", "Cause", "Cure", "Rule"]
    assert [len(each.select("li")) > 2 for each in soup.select(".diagnosis")] == [True] * 4


@pytest.mark.slow
def test_a_claim_that_changes_in_its_chapter_changes_on_the_page_for_all(tmp_path: Path) -> None:
    book = copy_sample(tmp_path / "book")
    (book / "book" / "heard.md").write_text("# Heard\n\n:::{all-heard}\n:::\n", "utf-8")
    with (book / "_toc.yml").open("a", encoding="utf-8") as contents:
        contents.write("  - file: book/heard\n")
    chapter = book / "book" / "ch00_sample.md"
    text = chapter.read_text("utf-8")
    claim = (
        '\n\n:::{heard} "Lamps are free"\n:verdict: false\n:shown: ch00a_cells printing\nNo.\n:::\n'
    )
    chapter.write_text(text + claim, "utf-8")
    first = build(book, book)
    assert first.exit_code == 0, first.log[-2000:]
    assert "Lamps are free" in soup_of(first, "book/heard.html").text
    chapter.write_text(text + claim.replace("free", "dear"), "utf-8")
    assert "Lamps are dear" in soup_of(build(book, book), "book/heard.html").text


def test_a_reason_is_folded_with_what_the_cell_printed(course_site: Built) -> None:
    lesson = soup_of(course_site, "notebooks/ch01a_waiting.html")
    assert len(lesson.select("details.fold p > strong")) > 5
    for fold in lesson.select("details.fold"):
        below = fold.find_parent("div", class_="cell").find_next_sibling()
        assert below is None or not below.text.startswith("Why."), below.text[:80]
    changes = [p for p in lesson.select("p > strong") if p.text == "Change one thing."]
    assert changes
    assert all(change.find_parent("details") is None for change in changes)


def test_every_prediction_of_a_lesson_is_a_question_that_holds_something_back(
    course_site: Built,
) -> None:
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        lesson = soup_of(course_site, f"notebooks/{path.stem}.html")
        asked = predictions_of(read(path))
        assert [each["id"] for each in lesson.select("fieldset")] == [each.name for each in asked]
        for each in asked:
            assert len(lesson.select(f"#{each.name} [type=radio]")) == len(each.choices)
            (held, *_) = lesson.select(f".held-by-{each.name}")
            assert held.select_one("details.fold .cell_output"), each.name
            assert each.choices or lesson.select_one(f"#{each.name} [type=text]")


def test_answers_are_folded_without_marks_and_not_found_by_the_search(course_site: Built) -> None:
    answers = soup_of(course_site, "solutions/ch01_event_loop.html")
    assert "SOLUTION" not in answers.text
    code = [block for block in answers.select("div.highlight") if "fetch_one" in block.text]
    assert code
    assert all(block.find_parent("details") for block in code)
    index = (course_site.html / "searchindex.js").read_text("utf-8")
    assert "fetch_on" not in json.loads(index[len("Search.setIndex(") : -1])["terms"]


def test_a_stylesheet_keeps_the_rules_for_what_pages_have() -> None:
    sheet = """
    /* why */ @font-face { font-family: "A  B" }
    .here > .nowhere, .here:not(.nowhere)::before { content: "·"; /* why */ color: red }
    #nowhere, .nowhere { a: b } p:first-child, a[href$=".zip"] { c: d }
    @media print { .nowhere { a: b } }
    @media (min-width: 9em) { .nowhere { a: b } @supports (a: b) { #here .here { e: f } } }
    """
    assert used(sheet, {"here"}).splitlines() == [
        '@font-face { font-family: "A  B" }',
        '.here:not(.nowhere)::before{content: "·"; color: red}',
        'p:first-child,a[href$=".zip"]{c: d}',
        "@media (min-width: 9em) {@supports (a: b) {#here .here{e: f}}}",
    ]
    assert ".here > .nowhere" in used(sheet, None)


def test_a_stylesheet_keeps_the_custom_properties_that_something_asks_for() -> None:
    sheet = """
    body { --by-a-rule: url("data:a;b}"); --by-nobody: 1; --by-a-page: 2; --by-one: 3; color: red }
    @media print { p { --of-one-that-goes: 5; } a { --that-goes: var(--of-one-that-goes) } }
    p { margin: calc(1em + var( --by-a-rule ) + var(--unknown, var(--by-one))); --BY-A-RULE: 4 }
    """
    assert without_unasked(sheet, {"--by-a-page", "by-nobody"}).splitlines() == [
        'body{--by-a-rule: url("data:a;b}"); --by-a-page: 2; --by-one: 3; color: red}',
        "p{margin: calc(1em + var( --by-a-rule ) + var(--unknown, var(--by-one)))}",
    ]


def test_the_stylesheet_has_what_pages_have_and_scripts_set(site: Built) -> None:
    written = (site.html / "_static" / "site.css").read_text("utf-8")
    colours = (site.html / "_static" / "pygments.css").read_text("utf-8")
    for rule in (".scroll-current", ".no-js", ".highlight .k{", ".headerlink"):
        assert rule in written
    assert ".highlight .hll" in colours, "a line that is emphasised, as none is here"
    assert ".highlight .hll" not in written
    theme = (site.html / "_static" / "styles" / "furo.css").read_text("utf-8")
    assert "--color-announcement-text:" in theme, "of a banner that the book does not have"
    assert "--color-announcement-text:" not in written
    assert "--color-foreground-primary:" in written


def test_the_way_goes_lessons_exercises_questions_next_chapter_and_no_answer_lies_on_it(
    course_site: Built,
) -> None:
    def steps(page: str) -> list[str]:
        soup = soup_of(course_site, page)
        links = [soup.select_one(f"footer .{step}-page") for step in ("prev", "next")]
        return [posixpath.normpath(f"{page}/../{link['href']}") if link else "" for link in links]

    chapters = [f"{page.parent.name}/{page.stem}" for page in sorted(BOOK.glob("ch*.md"))]
    for chapter, following in zip(chapters, [*chapters[1:], "book/evening"], strict=True):
        stem = Path(chapter).stem
        lessons = sorted(path.stem for path in NOTEBOOKS.glob(f"{stem[:4]}[a-z]_*.ipynb"))
        way = [*(f"notebooks/{lesson}" for lesson in lessons), f"exercises/{stem}"]
        befores = [f"{page}.html" for page in (chapter, *way[:-1])]
        thens = [*(f"{page}.html" for page in way[1:]), f"{chapter}.html#questions"]
        assert [steps(f"{page}.html") for page in way] == [
            list(each) for each in zip(befores, thens, strict=True)
        ]
        assert steps(f"solutions/{stem}.html") == [f"{way[-1]}.html", f"{chapter}.html#questions"]
        page = soup_of(course_site, f"{chapter}.html")
        assert page.select_one(":has(> .next-page) + #questions")
        assert page.select_one("article .next-page")["href"] == f"../{way[0]}.html"
        assert steps(f"{chapter}.html")[1] == f"{following}.html"


def test_a_chapter_is_called_by_its_number_and_a_lesson_by_its_place(course_site: Built) -> None:
    lesson = soup_of(course_site, "notebooks/ch01b_freezing.html")
    assert lesson.select_one(".place").text == "Chapter 1 · lesson 2 of 3"
    assert lesson.select_one("h1 ~ .companions a").text == "The event loop"
    links = [link.text.strip() for link in lesson.select(".toctree-l1 > a")]
    chapters = [link for link in links if link[0].isdigit()]
    assert chapters[0] == "0. Doors open"
    assert chapters[1] == "1. The event loop"
    assert len(chapters) == len(list(BOOK.glob("ch*.md")))
    itself = soup_of(course_site, "book/ch01_event_loop.html").select_one(".current-page > a")
    assert itself.text.strip() == "1. The event loop"


def test_the_right_choice_of_a_prediction_stands_at_each_place_about_as_often(
    course_site: Built,
) -> None:
    places: Counter[int] = Counter()
    for page in course_site.pages_of("ch01") + course_site.pages_of("ch04"):
        for question in soup_of(course_site, page).select("fieldset.prediction"):
            verdicts = [why["data-verdict"] for why in question.select(".quiz-why")]
            if len(verdicts) == 3:
                places[verdicts.index("right")] += 1
    assert max(places.values()) < 0.45 * places.total(), places
