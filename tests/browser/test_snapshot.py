"""The memory that is kept for the next visit: used, and thrown away where it does not fit."""

from playwright.sync_api import BrowserContext, Page, expect

LESSON = "notebooks/ch00a_five_minutes.html"
PATIENCE = 60_000  # milliseconds
KEPT = """async () => {
    for (;;) {
        for (const name of await caches.keys()) {
            const kept = await (await caches.open(name)).keys();
            if (name.startsWith("lantern snapshot") && kept.length) return name;
        }
        await new Promise((go) => setTimeout(go, 100));
    }
}"""
# Replace what is kept by something that is none: other figures, or other bytes.
SPOIL = """async ([name, figures]) => {
    const cache = await caches.open(name);
    const [key] = await cache.keys();
    const kept = await cache.match(key);
    const header = "x-lantern-snapshot";
    const meta = {...JSON.parse(kept.headers.get(header)), ...figures};
    const bytes = figures.table ? await kept.arrayBuffer() : new Uint8Array(1_000_000).fill(7);
    await cache.put(key, new Response(bytes, {headers: {[header]: JSON.stringify(meta)}}));
}"""


def run_first_cell(context: BrowserContext, public: str) -> Page:
    """A page whose first cell has run."""
    page = context.new_page()
    page.goto(f"{public}/{LESSON}")
    page.locator(".live-open").click()
    page.get_by_role("group", name="Cell 1", exact=True).get_by_role("button").first.click()
    expect(page.locator(".live-state").first).to_have_text("done", timeout=PATIENCE)
    return page


def restored(page: Page) -> bool:
    """Whether its Python came from the kept memory."""
    return page.locator(".live-status").get_attribute("data-restored") == "true"


def random_number(page: Page) -> str:
    """What random.random() gives in the page's Python."""
    return page.evaluate(
        """() => new Promise((told) => document.querySelector("[data-live]").runner.kernel.run(
            "probe", "import random; random.random()",
            {begun() {}, output: ({data}) => told(data["text/plain"])}))"""
    )


def test_the_second_visit_begins_with_the_memory_of_the_first(
    context: BrowserContext, public: str
) -> None:
    first = context.new_page()
    first.goto(f"{public}/{LESSON}")
    earlier_build = f"lantern snapshot {public}/ 0123456789ab"
    first.evaluate("(name) => caches.open(name)", earlier_build)
    first = run_first_cell(context, public)
    assert not restored(first)
    first.evaluate(KEPT)
    assert earlier_build not in first.evaluate("() => caches.keys()")
    second, third = run_first_cell(context, public), run_first_cell(context, public)
    assert restored(second)
    assert restored(third)
    assert random_number(second) != random_number(third), "the same dice in every visit"


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
    refuse = "caches.open = () => Promise.reject(new Error('no room'));\n"
    context.route(
        "**/worker.mjs",
        lambda route: route.fulfill(response=(got := route.fetch()), body=refuse + got.text()),
    )
    assert not restored(run_first_cell(context, public))
