"""How heavy and how fast a chapter page is on a phone, beside mkdocs-material's.

`python -m tools.bench.page_weight _build/html book/ch01_event_loop` prints both and their ratios.
Both pages have the same text and are fetched in turn over one simulated slow 4G connection
(1.6 Mbit/s, 150 ms), each time by a browser that has seen neither.
"""

import re
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from tools.driver.chromium import launch
from tools.driver.hosting import served

PHONE = {"width": 390, "height": 844}
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
LAST_PAINT = """() => new Promise((resolve) =>
  new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime))
    .observe({type: "largest-contentful-paint", buffered: true}))"""
PARSED = '() => performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd'
MATERIAL = """\
site_name: The Lantern
theme:
  name: material
  font: false
  palette:
    - {scheme: default, toggle: {icon: material/brightness-7, name: Dark}}
    - {scheme: slate, toggle: {icon: material/brightness-4, name: Light}}
  features: [content.code.copy, navigation.footer]
markdown_extensions: [def_list, pymdownx.superfences, pymdownx.highlight, tables]
"""


@dataclass(frozen=True)
class Weight:
    """What one page costs: bytes as sent, requests, and milliseconds (medians of all rounds)."""

    bytes: float
    requests: float
    dom_content_loaded: float
    largest_contentful_paint: float


def plain_markdown(text: str) -> str:
    """A chapter without MyST's directives and roles: the words that remain are the same."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(r"^:{3,}(?:\{[\w-]+\})? *(.*)$", r"\1", text, flags=re.MULTILINE)
    text = re.sub(r"^:[\w-]+:.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^- \[[ x]\] ", "- ", text, flags=re.MULTILINE)
    text = re.sub(r"\{[\w:-]+\}`([^`<]*?) *(?:<[^>]*>)?`", r"\1", text)
    return re.sub(r"\[([^\]]*)\]\((?!http)[^)]*\)", r"\1", text)


def build_material(text: str, folder: Path) -> Path:
    """A mkdocs-material site whose front page is the text. Returns the folder to serve."""
    (folder / "docs").mkdir()
    (folder / "docs" / "index.md").write_text(plain_markdown(text), "utf-8")
    (folder / "mkdocs.yml").write_text(MATERIAL, "utf-8")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return folder / "site"


def visit(browser: Browser, address: str) -> Weight:
    """Open the page once in a browser that has never seen it."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    session = context.new_cdp_session(page)
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW_4G)
    page.goto(address, wait_until="networkidle")
    weight = Weight(sum(sizes), len(sizes), page.evaluate(PARSED), page.evaluate(LAST_PAINT))
    context.close()
    return weight


def middle(weights: list[Weight]) -> Weight:
    """The median of each figure."""
    rows = [asdict(weight) for weight in weights]
    return Weight(**{name: median(row[name] for row in rows) for name in rows[0]})


def compare(site: Path, page: str, source: Path, rounds: int = 5) -> dict[str, dict[str, float]]:
    """The chapter's figures, mkdocs-material's with the same text, and the ratios.

    `page` is the address inside the site, `source` its Markdown. Rounds alternate, so that
    a busy machine disturbs both alike.
    """
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        material = build_material(source.read_text("utf-8"), Path(folder))
        with launch(playwright) as browser, served(site) as ours, served(material) as theirs:
            addresses = {"lantern": f"{ours}/{page}", "material": f"{theirs}/"}
            weights: dict[str, list[Weight]] = {name: [] for name in addresses}
            for _ in range(rounds):
                for name, address in addresses.items():
                    weights[name].append(visit(browser, address))
    result = {name: asdict(middle(found)) for name, found in weights.items()}
    ours_, theirs_ = result["lantern"], result["material"]
    return result | {"ratio": {name: ours_[name] / theirs_[name] for name in ours_}}


def main() -> None:
    """Print the comparison for the site and chapter named on the command line."""
    site, chapter = sys.argv[1:]
    result = compare(Path(site), f"{chapter}.html", Path(f"{chapter}.md"))
    print(f"{'':28}{'lantern':>10}{'material':>10}{'ratio':>8}")
    for name in result["ratio"]:
        ours, theirs, ratio = (result[column][name] for column in ("lantern", "material", "ratio"))
        print(f"{name.replace('_', ' '):28}{ours:>10.0f}{theirs:>10.0f}{ratio:>8.2f}")


if __name__ == "__main__":
    main()
