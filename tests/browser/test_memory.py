"""What is done with is given back, in Chromium; tools/bench/soak looks at an hour of everything."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tools.bench.soak.pythons import MEMORY
from tools.driver.live import LiveKernel, printed_json

PATIENCE = 60_000  # milliseconds
# The bytes that a function keeps each time that it is called, once it was called a few times.
EACH = f"""
import gc
def in_use():
    gc.collect()
    exec({MEMORY!r}, globals())
    return _module.HEAPU32[place // 4 + 7]
def bytes_kept(function, times=20):
    for _ in range(5):
        function()
    before = in_use()
    for _ in range(times):
        function()
    return (in_use() - before) / times
"""
DATABASE = """
import sqlite3
def write():
    connection = sqlite3.connect("/tmp/written.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS seat (row)")
    connection.execute("INSERT INTO seat VALUES (1)")
    connection.close()
print(bytes_kept(write))
"""
LOOPS = """
import asyncio, threading, weakref
loops = []
def work():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    assert asyncio.get_event_loop() is loop
    loop.close()
    loops.append(weakref.ref(loop))
for _ in range(3):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
gc.collect()
print(sum(loop() is not None for loop in loops[:-1]))  # the last is let go with the next
"""
MANY_CELLS = """(count) => {
    for (let run = 1; run < count; run += 1) ask({kind: "run", run, cell: 1, code: "1"});
    ask({kind: "run", run: count, cell: 1, code:
        "import linecache; sum(name.startswith('<cell ') for name in linecache.cache)"});
}"""
LAST = (
    "(count) => heard.find(({run, output}) => run === count && output)?.output.data['text/plain']"
)


@pytest.fixture(scope="module")
def kernel(browser: Browser, kernel_address: str) -> Iterator[LiveKernel]:
    """A Python that can tell how much memory is in use."""
    kernel = LiveKernel(browser.new_page(), kernel_address)
    kernel.run(EACH)
    yield kernel
    kernel.page.close()


def test_a_database_with_a_write_ahead_log_gives_its_memory_back(kernel: LiveKernel) -> None:
    assert printed_json(kernel.run(DATABASE)) < 1000  # a page of WebAssembly has 65,536 bytes


def test_a_loop_goes_with_the_thread_that_it_was_set_in(kernel: LiveKernel) -> None:
    assert printed_json(kernel.run(LOOPS)) == 0


def test_the_lines_of_the_last_thousand_runs_are_kept(
    browser: Browser, kernel_address: str
) -> None:
    page = browser.new_page()
    LiveKernel(page, kernel_address)
    page.evaluate(MANY_CELLS, 1200)
    assert page.wait_for_function(LAST, arg=1200, timeout=PATIENCE).json_value() == "1000"
    page.close()
