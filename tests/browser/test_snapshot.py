"""The memory that is kept for the next visit: used, and thrown away where it does not fit."""

from urllib.parse import quote

from playwright.sync_api import BrowserContext, Page, Request, expect

from tools.driver.live import KEPT, add_to_script

LESSON = "notebooks/ch00a_five_minutes.html"
PATIENCE = 60_000  # milliseconds
HEADER = 1024  # bytes; a kept file begins with its figures, in JSON, in their place
# Replace what is kept by something that is none: other figures, or other bytes.
SPOIL = f"""async ([name, figures]) => {{
    const handle = await (await navigator.storage.getDirectory()).getFileHandle(name);
    const kept = await handle.getFile();
    const meta = {{...JSON.parse(await kept.slice(0, {HEADER}).text()), ...figures}};
    const rest = figures.table ? kept.slice({HEADER}) : new Uint8Array(1_000_000).fill(7);
    const spoilt = await handle.createWritable();
    await spoilt.write(new Blob([JSON.stringify(meta).padEnd({HEADER}), rest]));
    await spoilt.close();
}}"""
CREATE = """async (name) => {
    await (await navigator.storage.getDirectory()).getFileHandle(name, {create: true});
}"""
NAMES = "async () => Array.fromAsync((await navigator.storage.getDirectory()).keys())"


def starting(context: BrowserContext, public: str) -> Page:
    """A page whose Python has been asked for."""
    page = context.new_page()
    page.goto(f"{public}/{LESSON}")
    page.locator(".live-open").click()
    return page


def run_first_cell(context: BrowserContext, public: str) -> Page:
    """A page whose first cell has run."""
    page = starting(context, public)
    page.get_by_role("group", name="Cell 1", exact=True).get_by_role("button").first.click()
    expect(page.locator(".live-state").first).to_have_text("done", timeout=PATIENCE)
    return page


def restored(page: Page) -> bool:
    """Whether its Python came from the kept memory."""
    return page.locator(".live-status").get_attribute("data-restored") == "true"


def random_number(page: Page) -> str:
    """What random.random() gives in the page's Python."""
    return page.evaluate(
        """() => new Promise((told) => document.querySelector("[data-live]").runner.kernel.run({
            cell: 0, code: "import random; random.random()",
            hear: ({output}) => output && told(output.data["text/plain"])}))"""
    )


def is_archive(asked: Request) -> bool:
    """Whether a page asks for what a snapshot holds."""
    return asked.url.endswith((".zip", ".deflate")) and not asked.service_worker


def test_the_second_visit_begins_with_the_memory_of_the_first(
    context: BrowserContext, public: str
) -> None:
    first = context.new_page()
    first.goto(f"{public}/{LESSON}")
    earlier_build = quote(f"lantern snapshot {public}/ 0123456789ab", safe="")
    first.evaluate(CREATE, earlier_build)
    archives: list[str] = []  # that pages asked for; the service worker fetches the whole book
    context.on("request", lambda asked: is_archive(asked) and archives.append(asked.url))
    first = run_first_cell(context, public)
    assert not restored(first)
    assert len(archives) == 4
    kept = first.evaluate(KEPT)
    assert first.evaluate(NAMES) == [kept]
    second, third = run_first_cell(context, public), run_first_cell(context, public)
    assert restored(second)
    assert restored(third)
    assert len(archives) == 4, "fetched again, though they are kept"
    assert random_number(second) != random_number(third), "the same dice in every visit"


def test_pages_that_start_at_the_same_time_all_begin_with_the_memory(
    context: BrowserContext, public: str
) -> None:
    run_first_cell(context, public).evaluate(KEPT)
    for page in [starting(context, public) for _ in range(3)]:
        expect(page.locator(".live-status")).to_contain_text("runs in this page", timeout=PATIENCE)
        assert restored(page)


def test_a_memory_that_does_not_fit_is_thrown_away(context: BrowserContext, public: str) -> None:
    page = run_first_cell(context, public)
    for figures in ({"table": 5}, {"offset": 40}):  # of another Python; no memory at all
        page.evaluate(SPOIL, [page.evaluate(KEPT), figures])
        page = run_first_cell(context, public)
        assert not restored(page), figures
    page.evaluate(KEPT)
    assert restored(run_first_cell(context, public))


def test_a_browser_that_keeps_nothing_runs_all_the_same(
    context: BrowserContext, public: str
) -> None:
    refuse = "navigator.storage.getDirectory = () => Promise.reject(new Error('no room'));\n"
    add_to_script(context, "worker.mjs", before=refuse)
    assert not restored(run_first_cell(context, public))
