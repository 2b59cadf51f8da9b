"""`pytest --lantern` in a project that knows nothing of it."""

import asyncio
import json
import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import aiosqlite
import fastapi.testclient
import httpx
import pytest
import sqlalchemy.ext.asyncio
from starlette.applications import Starlette

from course.project import ROOT
from lantern.__main__ import main
from lantern.plugin.places import place
from lantern.plugin.requests import watching
from lantern.wire import asgi_call

pytest_plugins = ["pytester"]

# A run in this process forgets what it has imported; these are imported once for all of them.
ONCE = (aiosqlite, fastapi.testclient, httpx, sqlalchemy.ext.asyncio)

PLANTED = Path(__file__).with_name("planted")
EXPECTED = re.compile(r"# finds: (.+)")


def project(pytester, app):
    """Make a project of its own with one of the planted apps."""
    folder = pytester.path
    shutil.copy(PLANTED / "models.py", folder)
    shutil.copy(PLANTED / "every_route.py", folder / "test_every_route.py")
    shutil.copy(PLANTED / f"{app}.py", folder / "app.py")
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\n", "utf-8")


def ask(pytester, *options):
    """Run the project's tests with the plugin, as somebody would who has it installed."""
    ran = pytester.runpytest_inprocess("-p", "lantern.plugin.entry", *options)
    return ran.ret, ran.stdout.str(), ran.stderr.str()


def told(pytester, *options):
    """Run them, and return what was found: the kinds and their lines, and the output."""
    status, output, _ = ask(pytester, "--lantern", "--lantern-sarif=found.json", *options)
    assert status == 0, output
    return found_in(pytester.path / "found.json"), output


def told_alone(pytester, monkeypatch):
    """Be told, in a process with nothing in its memory but this project."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    options = ("-p", "lantern.plugin.entry", "--lantern", "--lantern-sarif=found.json")
    ran = pytester.run(sys.executable, "-m", "pytest", *options)
    assert ran.ret == 0, ran.stdout.str()
    return found_in(pytester.path / "found.json"), ran.stdout.str()


def found_in(file):
    results = json.loads(file.read_text("utf-8"))["runs"][0]["results"]
    places = [one["locations"][0]["physicalLocation"] for one in results]
    assert {place["artifactLocation"]["uri"] for place in places} <= {"app.py"}
    return {
        (place["region"]["startLine"], one["ruleId"])
        for one, place in zip(results, places, strict=True)
    }


def planted(app):
    """Return what is to be found in a planted app: the kinds and their lines."""
    lines = (PLANTED / f"{app}.py").read_text("utf-8").splitlines()
    return {
        (number, found[1])
        for number, line in enumerate(lines, 1)
        if (found := EXPECTED.search(line))
    }


@pytest.mark.parametrize("app", ["faulty_async", "faulty_sync"])
def test_each_planted_fault_is_found_at_its_line_and_nothing_else(pytester, monkeypatch, app):
    project(pytester, app)
    found, output = told_alone(pytester, monkeypatch)
    assert found == planted(app), output


@pytest.mark.parametrize("app", ["sound_async", "sound_sync"])
def test_in_code_without_a_fault_nothing_is_found(pytester, app):
    project(pytester, app)
    found, output = told(pytester)
    assert not found, output
    assert "Nothing was found." in output


def test_a_place_in_a_request_is_none_of_who_sent_it():
    seen = []
    # As a library's function, which has no line of the project.
    look = eval("lambda *_: seen.append(place())", {"seen": seen, "place": place})

    async def sends():
        look()
        await asgi_call(Starlette(), "GET", "/")

    with watching(look, look, look):
        asyncio.run(sends())
    sender, began, ended = seen
    assert sender is not None and sender.function.endswith("sends")
    assert (began, ended) == (None, None)


ONE_TEST = """
import pytest
from fastapi.testclient import TestClient
from app import app, engine
from models import Base

@pytest.fixture(autouse=True)
def tables():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)

def test_late():
    assert TestClient(app).post("/late").status_code == 200

@pytest.mark.lantern_allow("lost-write")
def test_that_means_it():
    assert TestClient(app).post("/forgotten").status_code == 200
"""


@pytest.fixture
def small_project(pytester):
    project(pytester, "faulty_sync")
    (pytester.path / "test_every_route.py").unlink()
    (pytester.path / "test_few.py").write_text(ONE_TEST, "utf-8")
    return pytester


def test_nothing_is_told_where_nobody_asks(small_project):
    status, output, _ = ask(small_project)
    assert status == 0
    assert "lantern" not in output.replace("lantern.plugin.entry", "")


def test_a_run_fails_where_findings_are_errors_until_a_baseline_knows_them(small_project):
    status, output, _ = ask(small_project, "--lantern=error", "--lantern-html=found.html")
    assert status == 1
    assert "2 passed" in output
    assert "[commit-after-answer]" in output
    assert "lost-write" not in output  # the mark of the test that means it
    page = (small_project.path / "found.html").read_text("utf-8")
    assert "POST /late" in page and "<svg" in page and "COMMIT after the answer" in page
    assert page.count("<style>") == 1, "the report has the style of its pictures once"
    for told in (
        "1 finding is written to known.json: later runs tell what is new.",
        "Nothing new was found.\n1 finding is in known.json already.",
    ):
        status, output, _ = ask(small_project, "--lantern=error", "--lantern-baseline=known.json")
        assert status == 0, output
        assert told in output
        assert "Nothing was found." not in output


@pytest.mark.parametrize(
    ("requests", "again"), [(1, ""), (2, ", and once more"), (3, ", and 2 times more")]
)
def test_how_often_a_finding_was_seen_is_told(small_project, requests, again):
    test = small_project.path / "test_few.py"
    late = '    assert TestClient(app).post("/late").status_code == 200\n'
    test.write_text(ONE_TEST.replace(late, late * requests), "utf-8")
    status, output, _ = ask(small_project, "--lantern")
    assert status == 0
    told = re.search(r"commit-after-answer\]\n.+\n +(.+)", output)
    assert re.sub(r", and .* more$", "", told[1]) + again == told[1]


def test_the_report_of_a_pipeline_has_each_finding_and_the_address_of_its_card(small_project):
    settings = small_project.path / "pytest.ini"
    settings.write_text("[pytest]\npythonpath=.\nlantern_site = https://book.example/\n", "utf-8")
    files = ("--junit-xml=found.xml", "--lantern-html=found.html", "--lantern-sarif=found.json")
    status, output, _ = ask(small_project, "--lantern", *files)
    assert status == 0, output
    page = "https://book.example/book/ch04_dependencies.html"
    address = f"{page}#case-the-client-has-a-201-and-there-is-no-order"
    assert address in output
    found = ElementTree.parse(small_project.path / "found.xml").findall("*/properties/property")
    (told,) = [
        one.get("value") for one in found if one.get("name") == "lantern.commit-after-answer"
    ]
    assert told.startswith("app.py:") and told.endswith(address)
    assert "POST /late" in told
    assert f'<a href="{address}">' in (small_project.path / "found.html").read_text("utf-8")
    rules = json.loads((small_project.path / "found.json").read_text("utf-8"))["runs"][0]["tool"]
    assert address in {rule["helpUri"] for rule in rules["driver"]["rules"]}


def test_the_last_failure_of_a_run_can_be_explained(small_project, capsys):
    failing = "import asyncio\ndef test_it():\n    asyncio.get_running_loop()\n"
    (small_project.path / "test_few.py").write_text(failing, "utf-8")
    with pytest.raises(SystemExit):
        main(["explain", "--last"])
    status, output, _ = ask(small_project, "--lantern")
    assert status == 1, output
    capsys.readouterr()
    assert main(["explain", "--last"]) == 0
    assert capsys.readouterr().out.startswith("RuntimeError: no running event loop\n")


def test_kinds_can_be_left_out_and_one_that_does_not_exist_is_told(small_project):
    settings = small_project.path / "pytest.ini"
    settings.write_text("[pytest]\npythonpath=.\nlantern_ignore = commit-after-answer\n", "utf-8")
    status, output, _ = ask(small_project, "--strict-markers", "--lantern=error")
    assert status == 0, output
    assert "Nothing was found." in output
    settings.write_text("[pytest]\nlantern_ignore = late\n", "utf-8")
    status, output, errors = ask(small_project, "--lantern")
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "lantern_ignore names late; the kinds are connection-left, " in output + errors


@pytest.mark.parametrize("app", ["faulty_async", "faulty_sync"])
def test_with_one_connection_who_holds_it_and_wants_another_fails_at_once(pytester, app):
    project(pytester, app)
    lines = (PLANTED / f"{app}.py").read_text("utf-8").splitlines()
    (wanted,) = (n for n, line in enumerate(lines, 1) if "finds: two-connections" in line)
    if app == "faulty_sync":  # there, a session of the tests has one
        (pytester.path / "test_every_route.py").unlink()
        (pytester.path / "test_few.py").write_text(ONE_TEST.replace("late", "two"), "utf-8")
        tests = pytester.path / "test_few.py"
        tests.write_text(tests.read_text("utf-8").replace('.post("/two")', '.get("/two")'), "utf-8")
    status, output, _ = ask(pytester, "--lantern", "--lantern-pool=1", "-k", "two")
    assert status == 1, output
    held = f"app.py:{wanted - 2} in two"
    assert f"the connection at app.py:{wanted} in two, with a pool of 1, is wanted" in output
    assert f"by who holds one that is out: the one taken at {held}" in output


def test_with_one_connection_tasks_beside_one_another_take_turns(pytester):
    project(pytester, "sound_async")
    status, output, _ = ask(pytester, "--lantern=error", "--lantern-pool=1", "-k", "beside")
    assert status == 0, output


def test_workers_of_xdist_hand_over_what_they_found(pytester, monkeypatch):
    project(pytester, "faulty_sync")
    database = 'f"sqlite:///{os.getpid()}.db"'  # each worker has its own
    app = pytester.path / "app.py"
    text = app.read_text("utf-8").replace('"sqlite:///any.db"', database)
    app.write_text(text.replace("import gc\n", "import gc, os\n", 1), "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    options = ("-p", "lantern.plugin.entry", "--lantern", "--lantern-sarif=found.json", "-n", "2")
    ran = pytester.run(sys.executable, "-m", "pytest", *options)
    assert ran.ret == 0, ran.stdout.str()
    assert found_in(pytester.path / "found.json") == planted("faulty_sync")


LIFESPAN = """
from contextlib import asynccontextmanager
from fastapi import FastAPI
from sqlalchemy import create_engine

@asynccontextmanager
async def lifespan(app):
    app.state.engine = create_engine("sqlite:///any.db")  # finds: engine-left
    with app.state.engine.connect():
        yield

app = FastAPI(lifespan=lifespan)
"""
TEST_OF_LIFESPAN = """
from fastapi.testclient import TestClient
from app import app

def test_it_starts():
    with TestClient(app):
        pass
"""


def test_an_engine_that_an_app_makes_is_disposed_when_it_shuts_down(pytester):
    app = pytester.path / "app.py"
    app.write_text(LIFESPAN, "utf-8")
    (pytester.path / "pytest.ini").write_text("[pytest]\npythonpath = .\n", "utf-8")
    (pytester.path / "test_app.py").write_text(TEST_OF_LIFESPAN, "utf-8")
    found, output = told(pytester)
    assert found == {(8, "engine-left")}, output
    dispose = "        yield\n    app.state.engine.dispose()\n"
    app.write_text(LIFESPAN.replace("        yield\n", dispose), "utf-8")
    found, output = told(pytester)
    assert not found, output


DROPPED = """
from sqlalchemy import create_engine

def asks(dispose):
    engine = create_engine("sqlite:///any.db")
    engine.connect().close()
    if dispose:
        engine.dispose()
"""
TEST_OF_DROPPED = """
import gc
from app import asks

def test_of_a_dropped_one_and_many_in_its_place():
    asks(dispose=False)
    for _ in range(50):
        gc.collect()
        asks(dispose=True)
"""


def test_an_engine_that_was_dropped_is_told_though_others_take_its_place_in_memory(
    pytester, monkeypatch
):
    (pytester.path / "app.py").write_text(DROPPED, "utf-8")
    (pytester.path / "pytest.ini").write_text("[pytest]\npythonpath = .\n", "utf-8")
    (pytester.path / "test_app.py").write_text(TEST_OF_DROPPED, "utf-8")
    found, output = told_alone(pytester, monkeypatch)
    assert found == {(5, "engine-left")}, output


ONE_CONNECTION_FOR_ALL = """
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

@pytest.fixture
def session():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with Session(engine) as session:
        yield session
        with engine.begin() as connection:
            connection.execute(text("SELECT 1"))

def test_it_asks(session):
    session.execute(text("SELECT 1"))
"""


def test_one_connection_that_several_have_at_once_comes_back_from_each(pytester):
    (pytester.path / "test_one.py").write_text(ONE_CONNECTION_FOR_ALL, "utf-8")
    status, output, _ = ask(pytester, "--lantern=error")
    assert status == 0, output
    text = ONE_CONNECTION_FOR_ALL.replace(
        "with Session(engine) as session:", "if session := Session(engine):"
    )
    (pytester.path / "test_one.py").write_text(text, "utf-8")
    status, output, _ = ask(pytester, "--lantern=error")
    assert status == 1
    assert "test_one.py:16 in test_it_asks" in output


STATE_OF_ITS_OWN = """
from sqlalchemy import JSON, create_engine
from sqlalchemy.ext.instrumentation import InstrumentationManager
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

class InTheObject(InstrumentationManager):
    def install_state(self, class_, instance, state):
        instance.kept_here = state

    def state_getter(self, class_):
        return lambda instance: instance.kept_here

class Base(DeclarativeBase):
    pass

class Note(Base):
    __sa_instrumentation_manager__ = InTheObject
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    told: Mapped[dict] = mapped_column(JSON, default=dict)

def changes():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Note(id=1))
        session.commit()
        note = session.get(Note, 1)
        note.told["read"] = True
        session.commit()  # is found
        note.told = {"read": True}
        session.commit()
    engine.dispose()
"""
TEST_OF_STATE = """
from app import changes

def test_changes():
    changes()
"""


def test_a_class_may_keep_the_state_of_its_objects_in_its_own_way(pytester, monkeypatch):
    (pytester.path / "app.py").write_text(STATE_OF_ITS_OWN, "utf-8")
    (pytester.path / "pytest.ini").write_text("[pytest]\npythonpath = .\n", "utf-8")
    (pytester.path / "test_app.py").write_text(TEST_OF_STATE, "utf-8")
    # In a process of its own: SQLAlchemy looks up every state in another way from then on.
    found, output = told_alone(pytester, monkeypatch)
    lines = STATE_OF_ITS_OWN.splitlines()
    (line,) = (number for number, line in enumerate(lines, 1) if line.endswith("# is found"))
    assert found == {(line, "changed-in-place")}, output


APP_WITH_TEMPLATES = """
import time
import jinja2
from fastapi import FastAPI

long = "".join(f"{{% if a{n} %}}{{{{ a{n} | upper }}}}{{% endif %}}" for n in range(1500))
pages = jinja2.Environment(loader=jinja2.DictLoader({"long": long, "short": "{{ wait() }}"}))
app = FastAPI()

@app.get("/first")
async def first():
    return len(pages.get_template("long").render())

@app.get("/renders")
async def renders():
    return pages.get_template("short").render(wait=lambda: time.sleep(0.2))  # is found

def _load_template():
    time.sleep(0.2)  # is found

@app.get("/own")
async def own():
    _load_template()
"""

TEST_OF_TEMPLATES = """
from app import app
from fastapi.testclient import TestClient

def test_pages():
    client = TestClient(app)
    for path in ("/first", "/renders", "/own"):
        assert client.get(path).status_code == 200
"""


def test_to_compile_a_template_is_no_freeze_and_what_it_waits_for_is(pytester):
    """A project's own function of the same name may do its work each time."""
    pytest.importorskip("jinja2")
    (pytester.path / "app.py").write_text(APP_WITH_TEMPLATES, "utf-8")
    (pytester.path / "test_pages.py").write_text(TEST_OF_TEMPLATES, "utf-8")
    found, output = told(pytester)
    lines = APP_WITH_TEMPLATES.splitlines()
    frozen = {number for number, line in enumerate(lines, 1) if line.endswith("# is found")}
    assert found == {(number, "loop-frozen") for number in frozen}, output


TEST_OF_COLLECTED = """
import asyncio
import gc
import app as planted
import httpx
import pytest

async def ask(path):
    transport = httpx.ASGITransport(planted.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://planted") as client:
        assert (await client.get(path)).status_code == 200

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_what_was_dropped_is_collected():
    gc.disable()  # it comes when it is called, and there
    await ask("/dropped")
    await asyncio.gather(*map(ask, ["/collects", "/innocent", "/beside", "/next"]))
    gc.enable()
    await planted.engine.dispose()
    one, another = planted.seen
    assert one is another  # SQLAlchemy has lent one connection to two
"""


def test_a_connection_that_sqlalchemy_takes_away_while_it_closes_a_dropped_one_is_no_leak(
    pytester, monkeypatch
):
    project(pytester, "collected")
    (pytester.path / "test_every_route.py").write_text(TEST_OF_COLLECTED, "utf-8")
    # In a process of its own: while a collection waits, Python collects nothing else in all of it.
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    options = ("-p", "lantern.plugin.entry", "--lantern", "--lantern-sarif=found.json")
    ran = pytester.run(sys.executable, "-m", "pytest", *options)
    assert ran.ret == 0, ran.stdout.str()
    assert found_in(pytester.path / "found.json") == planted("collected")
