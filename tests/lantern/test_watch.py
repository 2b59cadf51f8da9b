"""`python -m lantern watch`, as it is typed: an app in a process of its own, and the page of it."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from course.project import ROOT
from lantern.watch.lives import MOST
from lantern.watch.statements import MOST_ROUTES

pytest.importorskip("uvicorn")
PLANTED = Path(__file__).with_name("planted")
LINES = (PLANTED / "watched.py").read_text("utf-8").splitlines()
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
WATCH = (sys.executable, "-m", "lantern", "watch")
ADDRESS = re.compile(r"http://(127\.0\.0\.1:\d+)/([\w-]+)/")
PATIENCE = 60  # seconds for one answer on a busy machine


def line(mark: str) -> str:
    """The line of the app with a mark, as the page names it."""
    (number,) = (n for n, text in enumerate(LINES, 1) if text.endswith(f"  # {mark}"))
    return f"app.py:{number} in "


def get(host: str, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(host, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


class Watched:
    """The app under watch, in a folder of its own."""

    def __init__(self, folder: Path, *options: str, of_uvicorn: tuple[str, ...] = ()) -> None:
        self.folder = folder
        shutil.copy(PLANTED / "models.py", folder)
        shutil.copy(PLANTED / "watched.py", folder / "app.py")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.host = f"127.0.0.1:{free.getsockname()[1]}"
        self.process = subprocess.Popen(
            [*WATCH, *options, "app:app", "--port", self.host.partition(":")[2], *of_uvicorn],
            cwd=folder, env=ENVIRONMENT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.said: list[str] = []
        for said in self.process.stdout:
            self.said.append(said)
            if "Uvicorn running" in said:
                break
        found = next(filter(None, map(ADDRESS.search, self.said)), None)
        assert found, "".join(self.said)
        self.page, self.token = found.groups()
        # What else it says is read, so that it never waits for a reader.
        threading.Thread(target=self.said.extend, args=(self.process.stdout,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://{self.page}/{self.token}/"

    def ask(self, path: str) -> None:
        status, _ = get(self.host, path)
        assert status == 200

    @contextlib.contextmanager
    def asking(self, path: str):
        """Ask, and let the app end it when the block ends."""
        thread = threading.Thread(target=self.ask, args=(path,))
        thread.start()
        try:
            yield
        finally:
            (self.folder / "go").touch()
            thread.join()
            self.wait_for(lambda look: not look["running"])
            (self.folder / "go").unlink()

    def look(self) -> dict:
        status, body = get(self.page, f"/{self.token}/look")
        assert status == 200
        return json.loads(body)

    def wait_until_it_serves(self) -> None:
        """Wait for an app that starts anew."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(ConnectionError):
                get(self.host, "/docs")
                return
            time.sleep(0.05)
        raise AssertionError("".join(self.said))

    def route(self, name: str, requests: int) -> dict:
        """What is told of a route as soon as so many requests to it are over."""

        def seen(look):
            found = of_route(name, look["routes"])
            return found and found["requests"] >= requests and found

        return self.wait_for(seen)

    def wait_for(self, seen):
        """What `seen` returns of a look, when that is something."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            # The page of an app that starts anew is not there for a moment.
            with contextlib.suppress(ConnectionError, http.client.HTTPException):
                if found := seen(self.look()):
                    return found
            time.sleep(0.02)
        raise AssertionError(f"not seen: {self.look()}")


@contextlib.contextmanager
def watching(folder: Path, *options: str, of_uvicorn: tuple[str, ...] = ()):
    watched = Watched(folder, *options, of_uvicorn=of_uvicorn)
    try:
        yield watched
    finally:
        watched.process.terminate()
        try:
            watched.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            pytest.fail(f"it was told to end, and runs on: {''.join(watched.said)}")
        finally:
            watched.process.kill()


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with watching(tmp_path_factory.mktemp("shop")) as watched:
        yield watched


def of_route(name, things):
    return next((one for one in things if one["route"] == name), None)


def test_a_connection_that_is_out_is_told_with_its_route_lines_and_what_it_does(app):
    with app.asking("/holds"):
        out = app.wait_for(
            lambda look: next(
                (
                    one
                    for one in look["connections"]
                    if one["sql"] and one["doing"] == "idle in a transaction"
                ),
                None,
            )
        )
        running = of_route("GET /holds", app.look()["running"])
    assert out["route"] == "GET /holds"
    assert out["engine"] == "sqlite+aiosqlite:///any.db"
    assert out["place"] == out["line"] == f"{line('holds')}holds"
    assert out["session"] == f"{line('makes')}opened"
    assert out["sql"].startswith("SELECT orders.id")
    assert not out["outlived"]
    assert running["statements"] == 1
    assert running["status"] is None


def test_a_freeze_is_told_with_its_line_while_it_lasts_and_no_longer(app):
    with app.asking("/freezes"):
        frozen = app.wait_for(lambda look: look["frozen"])
        assert [(one["route"], one["place"]) for one in frozen] == [
            ("GET /freezes", f"{line('freezes')}freezes")
        ]
    app.wait_for(lambda look: not look["frozen"])


def test_statements_are_counted_by_route_and_what_repeats_is_suspected(app):
    app.ask("/many/one")
    app.ask("/many/two")
    route = app.route("GET /many/{name}", 2)
    assert (route["statements"], route["most"]) == (5 * route["requests"], 5)
    (suspect,) = (one for one in route["listed"] if one["repeats"])
    assert suspect["most"] == 4
    assert suspect["place"].startswith(line("many"))
    found = of_route("GET /many/{name}", app.look()["findings"])
    assert found["message"].startswith("loaded Order.lines 4 times")
    assert found["place"] == suspect["place"]


def test_an_engine_made_in_the_lifespan_is_seen_and_a_connection_that_outlives_its_request(app):
    app.ask("/keeps")
    app.route("GET /keeps", 1)
    out = of_route("GET /keeps", app.look()["connections"])
    assert out["outlived"]
    assert out["engine"] == "sqlite:///any.db"
    assert out["line"] == f"{line('keeps')}keeps"


def test_values_are_not_shown(app):
    app.ask("/asks")
    (one,) = app.route("GET /asks", 1)["listed"]
    assert one["repeats"]
    assert "'…' = ?" in one["sql"]
    assert "secret" not in json.dumps(app.look())


def test_values_are_shown_where_they_are_asked_for(tmp_path):
    with watching(tmp_path, "--values") as app:
        app.ask("/asks")
        (one,) = app.route("GET /asks", 1)["listed"]
    assert "'a secret' = ?" in one["sql"]
    assert one["values"] == "(3,)"


def test_the_life_of_a_request_is_a_picture_with_its_dependency_and_no_style_of_its_own(app):
    app.ask("/many/three")
    app.route("GET /many/{name}", 1)
    number = of_route("GET /many/{name}", app.look()["requests"])["number"]
    status, picture = get(app.page, f"/{app.token}/picture/{number}")
    assert status == 200
    assert picture.startswith('<figure class="lantern-picture"><svg class="wide"')
    assert "dependency opened waits at its yield" in picture
    assert "three" not in picture
    assert "style" not in picture


def test_what_is_kept_has_an_end(app):
    for number in range(MOST_ROUTES + 1):
        assert get(app.host, f"/nothing/{number}")[0] == 404
    app.route(f"GET /nothing/{MOST_ROUTES}", 1)
    look = app.look()
    assert len(look["routes"]) == MOST_ROUTES
    assert len(look["requests"]) == MOST


@pytest.mark.parametrize(
    "path",
    ["/", "/look", "/TOKEN", "/TOKENa/look", "/wrong/", "/TOKEN/page.py", "/TOKEN/../look"],
)
def test_who_does_not_know_the_address_gets_nothing(app, path):
    assert get(app.page, path.replace("TOKEN", app.token)) == (404, "")


@pytest.mark.parametrize("host", ["rebound.example", "rebound.example:{port}", "127.0.0.1", ""])
def test_a_page_that_comes_by_another_name_gets_nothing(app, host):
    name = host.format(port=app.page.partition(":")[2])
    assert get(app.page, f"/{app.token}/look", Host=name) == (421, "")


def test_the_page_is_read_only_and_no_route_of_the_app(app):
    connection = http.client.HTTPConnection(app.page, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("POST", f"/{app.token}/look")
        assert connection.getresponse().status == 501
    assert get(app.host, f"/{app.token}/")[0] == 404


@pytest.mark.skipif(sys.platform == "win32", reason="a signal to one process alone")
def test_one_interrupt_ends_the_one_process_with_its_lifespan_and_the_page(tmp_path, monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, "WEB_CONCURRENCY", "3")
    with watching(tmp_path) as app:
        assert "One process is watched" in "".join(app.said)
        assert app.look()["process"] == app.process.pid
        app.process.send_signal(signal.SIGINT)
        assert app.process.wait(PATIENCE) == 0
    assert (tmp_path / "over").exists()
    assert "Traceback" not in "".join(app.said)
    with pytest.raises(ConnectionRefusedError):
        app.look()


@pytest.mark.skipif(sys.platform == "win32", reason="a signal that the reloader hands on")
def test_an_app_that_is_loaded_anew_has_its_page_at_the_same_address(tmp_path):
    with watching(tmp_path, of_uvicorn=("--reload",)) as app:
        app.wait_until_it_serves()
        app.ask("/many/one")
        first = app.look()["process"]
        assert first != app.process.pid
        with (tmp_path / "app.py").open("a") as file:
            file.write("# more\n")
        app.wait_for(lambda look: look["process"] != first)
        app.wait_until_it_serves()
        app.ask("/many/one")
        assert app.route("GET /many/{name}", 1)["requests"] == 1


def test_a_port_that_is_taken_is_told_in_a_sentence(tmp_path, app):
    done = run(tmp_path, "--page-port", app.page.partition(":")[2], "app:app")
    assert done.returncode != 0
    assert "The page cannot have port" in done.stderr
    assert "Traceback" not in done.stderr


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WATCH, *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True
    )


def test_an_app_that_is_not_there_is_told_as_uvicorn_tells_it(tmp_path):
    done = run(tmp_path, "no_such:app")
    assert done.returncode != 0
    assert 'Could not import module "no_such"' in done.stderr


def test_several_workers_are_refused_in_a_sentence(tmp_path):
    done = run(tmp_path, "app:app", "--workers", "2")
    assert done.returncode == 2
    assert done.stderr.endswith("error: one process is watched: leave out --workers\n")


WITHOUT_UVICORN = """
import sys
sys.modules["uvicorn"] = None
from lantern.__main__ import main
main(["watch", "app:app"])
"""


def test_without_uvicorn_it_is_told_what_to_install(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_UVICORN],
        cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.endswith("is not installed: python -m pip install uvicorn\n")


def test_in_a_browser_what_is_new_comes_without_taking_focus_or_folds_away(app, browser: Browser):
    context = browser.new_context(viewport={"width": 390, "height": 500}, color_scheme="dark")
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    app.ask("/many/four")
    page.goto(app.address)
    request = page.locator("#requests summary").first
    request.press("Enter")
    picture = page.get_by_role("img", name="The life of a request")
    expect(picture).to_be_visible()
    request.focus()
    with app.asking("/freezes"):
        expect(page.locator("#frozen")).to_contain_text(line("freezes"))
        expect(page.get_by_role("status")).to_contain_text("The loop is frozen at app.py")
    expect(page.locator("#frozen-now")).to_be_hidden()
    assert page.evaluate("document.activeElement.parentElement.open")
    assert page.evaluate("document.activeElement.textContent").startswith("GET /many/{name}")
    expect(picture).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert not troubles
    context.close()
