"""The running course: the book and JupyterLab at one address, from a folder with a tiny book.

A real server in a process of its own; the environment borrows the packages of this one.
"""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from course.cli import pytest_arguments
from course.project import ROOT
from tests.running_course import DEADLINE, Course, address_of, free_port, make_environment

CONFIG = """\
title: A tiny book
only_build_toc_files: true
execute: {execute_notebooks: "off"}
"""
CONTENTS = "format: jb-book\nroot: book/index\nchapters:\n- file: notebooks/ch01a_first\n"
BROKEN_CONTENTS = "format: jb-book\nroot: [\n"
# A configuration and a kernel made for another Jupyter: neither may have a say here.
STRAY_CONFIG = "raise RuntimeError('the configuration of another Jupyter was read')\n"
STRAY_KERNEL = {"argv": ["no-such-python"], "display_name": "Stray", "language": "python"}


def write_notebook(file: Path, output: str) -> None:
    """Write a notebook that multiplies 6 by 7 and claims this output."""
    result = {
        "output_type": "execute_result",
        "execution_count": 1,
        "data": {"text/plain": [output]},
        "metadata": {},
    }
    cells = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": ["# A first lesson"]},
        {
            "cell_type": "code",
            "id": "product",
            "metadata": {},
            "source": ["6 * 7"],
            "execution_count": 1,
            "outputs": [result],
        },
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4}
    file.write_text(json.dumps({**content, "nbformat_minor": 5}))


@dataclass
class Answer:
    """What the server sent for one request."""

    status: int
    headers: http.client.HTTPMessage
    body: str


def ask(address: str, path: str, **headers: str) -> Answer:
    """Send one GET request for exactly this path, with no token but what the caller gives."""
    parts = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=DEADLINE)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    answer = Answer(response.status, response.headers, response.read().decode("utf-8", "replace"))
    connection.close()
    return answer


def ask_with_token(address: str, path: str) -> Answer:
    return ask(address, path, Authorization=f"token {address.partition('=')[2]}")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A tiny course that was not started yet."""
    base = tmp_path_factory.mktemp("start")
    folder, home = base / "course folder", base / "home"
    for name in ("course", "lantern"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("book", "notebooks", "exercises", "solutions"):
        (folder / name).mkdir()
    (folder / "_config.yml").write_text(CONFIG)
    (folder / "_toc.yml").write_text(CONTENTS)
    (folder / "book" / "index.md").write_text("# A tiny book\n\nWelcome.\n")
    write_notebook(folder / "notebooks" / "ch01a_first.ipynb", "42")
    write_notebook(folder / "exercises" / "ch01_first.ipynb", "42")
    for requirements in ("requirements.txt", "requirements-dev.txt", "requirements-postgres.txt"):
        (folder / requirements).write_text(f"rich=={version('rich')}\n")
    (home / ".jupyter").mkdir(parents=True)
    for name in ("jupyter_server_config.py", "jupyter_lab_config.py", "jupyter_config.py"):
        (home / ".jupyter" / name).write_text(STRAY_CONFIG)
    for data in (home / ".local" / "share" / "jupyter", home / "jupyter"):
        (data / "kernels" / "python3").mkdir(parents=True)
        (data / "kernels" / "python3" / "kernel.json").write_text(json.dumps(STRAY_KERNEL))
    return Course(folder, make_environment(base / "environment"), home)


@pytest.fixture(scope="module")
def address(course: Course) -> Iterator[str]:
    """The address of the course, started for the first time in its folder."""
    process = course.open("start", "--no-browser", "--port", str(free_port()))
    try:
        yield address_of(course, process)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def other(course: Course, address: str, tmp_path: Path) -> Course:
    """The same course in another folder, its book built, no server running."""
    return course.copy(tmp_path / "other")


def test_the_first_start_builds_the_book_and_says_the_address_last(
    course: Course, address: str
) -> None:
    output = course.output()
    assert "Building the book" in output
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[0-9a-f]{48}", output.splitlines()[-1])
    assert "Traceback" not in output


def test_the_address_shows_the_book(address: str) -> None:
    parts = urllib.parse.urlsplit(address)
    answer = ask(address, f"{parts.path}?{parts.query}")
    assert answer.status == 200
    assert "book/index.html" in answer.body
    cookies = {cookie.partition("=")[0] for cookie in answer.headers.get_all("Set-Cookie", [])}
    assert f"username-127-0-0-1-{parts.port}" in cookies  # the token is needed once


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/book/index.html", "Welcome."),
        ("/notebooks/ch01a_first.html", "A first lesson"),
        ("/searchindex.js", "Search.setIndex"),
        ("/_static/doctools.js", "doctools"),
    ],
)
def test_every_part_of_the_book_is_served(address: str, path: str, words: str) -> None:
    answer = ask_with_token(address, path)
    assert answer.status == 200
    assert words in answer.body


def test_pages_know_that_the_lab_is_beside_them_and_are_asked_for_anew(address: str) -> None:
    headers = ask_with_token(address, "/book/index.html").headers
    assert "lantern-lab=1; Path=/; SameSite=Lax" in headers.get_all("Set-Cookie", [])
    assert headers["Cache-Control"] == "no-cache"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src 'self' 'unsafe-inline'" in policy


@pytest.mark.parametrize("path", ["/", "/book/index.html", "/searchindex.js", "/lab"])
def test_without_the_token_only_the_login_page_is_shown(address: str, path: str) -> None:
    answer = ask(address, path)
    assert answer.status == 302
    assert answer.headers["Location"].startswith("/login?next=")
    assert "token" in ask(address, answer.headers["Location"]).body


@pytest.mark.parametrize(
    "path",
    [
        "/_static/../../../requirements.txt",
        "/_static/..%2f..%2f..%2frequirements.txt",
        "/book/../../../requirements.txt",
        "/book//etc/passwd",
    ],
)
def test_nothing_outside_the_book_is_served_as_a_page(address: str, path: str) -> None:
    answer = ask_with_token(address, path)
    assert answer.status in (403, 404)
    assert "rich==" not in answer.body


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/lab", "jupyter-config-data"),
        ("/api/status", "kernels"),
        ("/static/favicons/favicon.ico", ""),
        ("/files/requirements.txt", "rich=="),
    ],
)
def test_what_jupyter_answers_itself_is_left_to_it(address: str, path: str, words: str) -> None:
    answer = ask_with_token(address, path)
    assert answer.status == 200
    assert words in answer.body
    assert "lantern-lab" not in str(answer.headers)


def test_the_lab_opens_on_the_workspace(address: str) -> None:
    assert '"preferredPath": "workspace"' in ask_with_token(address, "/lab").body
    contents = json.loads(ask_with_token(address, "/api/contents/workspace").body)["content"]
    assert {entry["name"] for entry in contents} == {"ch01_first.ipynb", "lessons"}


def test_another_jupyter_of_the_learner_is_neither_read_nor_changed(
    course: Course, address: str
) -> None:
    # The last thing that the server does on its own after it started: by now all is written.
    assert ask_with_token(address, "/lsp/status").status == 200
    kernels = json.loads(ask_with_token(address, "/api/kernelspecs").body)["kernelspecs"]
    assert kernels["python3"]["spec"]["display_name"] != "Stray"
    files = {file.relative_to(course.home) for file in course.home.rglob("*") if file.is_file()}
    assert len(files) == 5


def test_a_second_start_names_the_running_server_and_ends(course: Course, address: str) -> None:
    code, output = course.run("start", "--no-browser")
    assert (code, output.splitlines()[-1]) == (0, address)
    assert "running for this folder already" in output
    assert "Building" not in output


def test_a_taken_port_is_named_in_one_sentence(other: Course, address: str) -> None:
    taken = urllib.parse.urlsplit(address).port
    code, output = other.run("start", "--no-browser", "--port", str(taken))
    assert code == 1
    [sentence] = output.splitlines()
    assert f"Port {taken} cannot be used" in sentence
    assert "--port" in sentence.partition("Name another one")[2]


@pytest.mark.skipif(os.name == "nt", reason="a console is needed to send Ctrl-C on Windows")
def test_one_ctrl_c_stops_the_course_and_the_taken_default_port_was_passed_over(
    other: Course,
) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8888))
            taken.listen()
        except OSError:
            pass  # somebody else has it: just as well
        # A terminal, because there Jupyter by itself asks whether one is sure.
        terminal, keyboard = os.openpty()
        process = other.open("start", "--no-browser", stdin=keyboard)
        address = address_of(other, process)
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(timeout=DEADLINE) == 0
        finally:
            process.kill()
            os.close(terminal)
            os.close(keyboard)
    output = other.output()
    port = urllib.parse.urlsplit(address).port
    assert f"Port 8888 is taken: using {port}." in output
    assert output.splitlines()[-1] == "The course has stopped."
    assert "Traceback" not in output


def test_a_killed_server_is_not_taken_for_a_running_one(other: Course) -> None:
    runtime = other.folder / "workspace" / ".jupyter" / "data" / "runtime"
    runtime.mkdir(parents=True)
    port, folder = free_port(), str(other.folder)
    # The process of that number lives, as one may that got a dead server's number.
    note = {"pid": os.getpid(), "port": port, "root_dir": folder, "token": "t", "url": "http://x/"}
    (runtime / f"jpserver-{os.getpid()}.json").write_text(json.dumps(note))
    process = other.open("start", "--no-browser", "--port", str(port))
    try:
        assert ask_with_token(address_of(other, process), "/book/index.html").status == 200
    finally:
        process.kill()
        process.wait()


def build(course: Course) -> str:
    """Build the book of that folder if it needs it; return all that was said."""
    statement = "from course.serving import site; print('built:', site.build_if_needed())"
    command = [course.python, "-c", statement]
    return subprocess.run(
        command, cwd=course.folder, capture_output=True, text=True, check=True
    ).stdout


def test_a_changed_page_is_built_again_and_a_removed_one_is_gone(other: Course) -> None:
    page = other.folder / "book" / "index.md"
    page.write_text("# A tiny book\n\nWelcome back.\n")
    (other.folder / "_toc.yml").write_text("format: jb-book\nroot: book/index\n")
    assert "built: True" in build(other)
    site = other.folder / "_build" / "html"
    assert "Welcome back." in (site / "book" / "index.html").read_text()
    assert not (site / "notebooks" / "ch01a_first.html").exists()
    page.touch()
    assert build(other) == "built: False\n"


def test_a_failed_build_says_why_and_leaves_the_last_good_book(other: Course) -> None:
    (other.folder / "_toc.yml").write_text(BROKEN_CONTENTS)
    output = build(other)
    assert str(other.folder / "_build" / "site.log") in output
    assert re.search("error", output, re.IGNORECASE)
    assert len(output.splitlines()) < 10
    page = other.folder / "_build" / "html" / "book" / "index.html"
    assert "Welcome." in page.read_text()


def test_a_first_build_that_fails_ends_the_start(other: Course) -> None:
    shutil.rmtree(other.folder / "_build")
    (other.folder / "_toc.yml").write_text(BROKEN_CONTENTS)
    code, output = other.run("start", "--no-browser")
    assert code == 1
    assert "The book could not be built" in output
    assert "Traceback" not in output


def test_the_test_command_proves_tests_and_stored_outputs_in_one_run(other: Course) -> None:
    (other.folder / "tests").mkdir()
    (other.folder / "tests" / "test_one.py").write_text("def test_one() -> None:\n    pass\n")
    write_notebook(other.folder / "solutions" / "ch01_first.ipynb", "43")
    code, output = other.run("test")
    assert code == 1
    assert "solutions/ch01_first.ipynb" in output
    assert "1 failed, 2 passed" in output


def test_paths_given_to_the_test_command_take_the_place_of_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    assert "tests" in pytest_arguments([])
    assert "tests" in pytest_arguments(["-k", "port"])
    narrowed = pytest_arguments(["tests/serving/test_start.py::test_one", "-x"])
    assert narrowed[-2:] == ["tests/serving/test_start.py::test_one", "-x"]
    assert "tests" not in narrowed
    assert "--nbval" in narrowed


def test_the_server_asks_no_other_host_for_news_or_updates(course: Course, address: str) -> None:
    assert '"news": {"disabled": true}' in ask_with_token(address, "/lab").body
    assert ask_with_token(address, "/lab/api/update").status == 200
    assert ask_with_token(address, "/lab/api/news").status == 200
    assert set((course.python.parent / "hosts").read_text().splitlines()) == {"127.0.0.1"}


def test_the_lab_in_a_browser_asks_no_other_host_for_anything(
    address: str, browser: Browser
) -> None:
    requested: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: requested.append(request.url))
    page.goto(address)
    page.wait_for_url("**/book/index.html")
    page.goto(urllib.parse.urljoin(address, "/lab/tree/workspace/ch01_first.ipynb"))
    page.get_by_role("listitem", name="ch01_first.ipynb").wait_for(timeout=DEADLINE * 1000)
    page.locator(".jp-Notebook .jp-CodeCell").wait_for(timeout=DEADLINE * 1000)
    page.wait_for_load_state("networkidle")
    page.close()
    own = f"http://127.0.0.1:{urllib.parse.urlsplit(address).port}/"
    assert len(requested) > 10
    assert [url for url in requested if not url.startswith((own, "data:", "blob:"))] == []
