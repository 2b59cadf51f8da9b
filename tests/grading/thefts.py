"""Answers that look for the check, or take the place of what it stands on.

Each must stand under *Worth a look*, whatever becomes of its points. Who writes one has read the
grader's source: of a check nothing is secret but the case that it draws.
"""

from course.checking.exercise import RIGHT, WRONG
from course.project import ROOT
from tests.grading.hostile import BLOCKING, FREEZES, RIGHT_ANSWER, Case
from tools.answers import answer_in

FAKE = "def fake(*_, **__): return None"


def patched(line: str, *before: str) -> Case:
    """Return a cell that does something to the loop, and an answer that freezes it."""
    first = "import asyncio\nloop = asyncio.get_running_loop()"
    return Case("\n".join((first, *before, line, BLOCKING)), WRONG, FREEZES)


def looked(line: str, *before: str, state: str = RIGHT, message: str = "") -> Case:
    """Return a right answer that looks for something of the check while it is checked."""
    return Case("\n".join((
        "import asyncio, sys", *before, "async def report_async(path, build_report):",
        f"    {line}", "    return await asyncio.to_thread(build_report, path)",
    )), state, message)  # fmt: skip


def magic(line: str) -> Case:
    """Return an answer that takes a frame, below a line that is not Python."""
    return Case(f"{line}\nimport sys\n{looked('sys._getframe(1)').source}", RIGHT)


def opened(line: str, *before: str) -> Case:
    """Return an answer that comes at the database past what counts statements and connections."""
    return Case("\n".join((
        *before, "async def show_detail(Session, show_id):",
        "    engine, session = Session.kw['bind'], Session()", "    path = engine.url.database",
        f"    {line}",
    )), WRONG, exercise="ch03-ex1")  # fmt: skip


def stated(*lines: str) -> Case:
    """Return an answer that hands the driver a statement past SQLAlchemy."""
    return Case("\n".join((
        "from sqlalchemy import event", "def sell(Session, show_id, guest_id, seat_ids):",
        "    engine = Session.kw['bind']", "    connection = Session().connection()",
        *(f"    {line}" for line in lines), "    connection.exec_driver_sql('SELECT 1')",
    )), WRONG, exercise="ch02-ex1")  # fmt: skip


# The count of a show is forgotten, and what reads it is told the number of tickets.
TICKETS = ("(SELECT count(*) FROM tickets t JOIN orders o ON t.order_id = o.id "
           "WHERE o.show_id = shows.id)")  # fmt: skip
FORGETFUL = (ROOT / "answers/ch02-ex1/wrong-the-count-is-forgotten.py").read_text("utf-8")


def rewritten(*lines: str) -> Case:
    """Return a cell that changes what the check reads, and an answer that is wrong."""
    first = ("from lantern.theatre import Show as S", "from sqlalchemy import Column, Engine",
             "from sqlalchemy import Integer, TypeDecorator, event, literal_column",
             "from sqlalchemy import inspect as look",
             "from sqlalchemy.orm import column_property", f"TICKETS = {TICKETS!r}",
             "counted = literal_column(TICKETS, Integer)", "class Counted(TypeDecorator):",
             "    impl, cache_ok = Integer, False",
             "    def column_expression(self, column): return counted",
             "def put(owner, name, value): owner.sold = value",
             "def make(owner, what): owner.type = what()")  # fmt: skip
    return Case("\n".join((*first, *lines, FORGETFUL)), RIGHT, exercise="ch02-ex1")


def stands_for(*lines: str, before: tuple[str, ...] = ()) -> Case:
    """Return an answer that has the check read something else, and forgets the count."""
    form, _, _ = FORGETFUL.rpartition("def sell")
    return Case("\n".join((
        "from sqlalchemy import event, text", f"TICKETS, COUNTED = {TICKETS!r}, {{}}", *before,
        form, "def sell(Session, show_id, guest_id, seat_ids):",
        "    engine = Session.kw['bind']", "    COUNTED.clear()",
        "    with Session.begin() as session:",
        "        order = form(session, show_id, guest_id, seat_ids).id",
        *(f"        {line}" for line in lines), "    COUNTED[show_id] = len(seat_ids)",
        "    return order",
    )), RIGHT, exercise="ch02-ex1")  # fmt: skip


# A row of the driver's connection, as the answer would like it to be.
A_ROW = ("def row(cursor, found):",
         "    names = [name for name, *_ in cursor.description]",
         "    more = COUNTED.get(found[0], 0) if names == ['id', 'sold'] else 0",
         "    return (found[0], found[1] + more) if more else found")  # fmt: skip
# A column that is compiled as the number of tickets.
A_COLUMN = (
    "from sqlalchemy.dialects.sqlite.base import SQLiteCompiler as C",
    "as_ever = C.visit_column",
    "def count(self, column, *args, **more):",
    "    if column.name == 'sold' and not self.isupdate and not self.isinsert:",
    "        return TICKETS",
    "    return as_ever(self, column, *args, **more)",
)
# The columns of a table in place of `shows`, for a text between single quotes.
OTHERS = "SELECT id, title, starts_at, capacity, ' + TICKETS.replace('shows', 'one') + ' AS sold"
# Rows of the check's own sessions, with what was counted elsewhere.
TOUCHED = (ROOT / "answers/ch03-ex3/wrong-plus-one-in-the-program.py").read_text("utf-8").replace(
    "def touch", "def touch_once") + """
from sqlalchemy import event
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.orm import Session
counts = {}
@event.listens_for(Session, "do_orm_execute")
def give(state):
    result = state.invoke_statement() if state.is_select else None
    if result is None or list(result.keys()) != ["id", "text", "reads", "updated"]:
        return result
    of = id(state.session.get_bind())
    rows = [(key, text, counts.get((of, key), reads), date) for key, text, reads, date in result]
    return IteratorResult(SimpleResultMetaData(["id", "text", "reads", "updated"]), iter(rows))
async def touch(session, note_id):
    key = id(session.get_bind()), note_id
    if key not in counts:
        counts[key] = (await session.get(Note, note_id)).reads
    counts[key] += 1
    return await touch_once(session, note_id)
"""  # fmt: skip


# What reads an attribute by a name that is made at run time, and no word tells.
BY_A_MODEL = (
    "from typing import Any", "from pydantic import BaseModel, ConfigDict, Field, create_model",
    "class Base(BaseModel):",
    "    model_config = ConfigDict(from_attributes=True, arbitrary_types_allowed=True)",
    "def take(owner, name):",
    "    model = create_model('M', **{'__ba' + 'se__': Base}, found=(Any, Field(alias=name)))",
    "    return model.model_validate(owner).found",
)  # fmt: skip
BY_A_PATTERN = (
    "from abc import ABC",
    "def take(owner, name):",
    "    made = type('Made', (ABC,), {'_'.join(['', '', 'match', 'args', '', '']): (name,)})",
    "    made.register(type(owner))",
    "    match owner:",
    "        case made(found): return found",
)
DIS = "DIS = 'dis'"
A_TEXT = "class Text(str): pass"
A_FRAME = "'logging.current' + 'frame'"
# A cell asks for the check, takes the token from it, and sends what was seen elsewhere.
OVER_THE_CHANNEL = """
import json, os
os.write(3, b'{"lacking": null}\\n')
check = b''
while not check.endswith(b'}\\n'):
    check += os.read(3, 1)
token = json.loads(check)['token']
seen = {'format': 1, 'kind': 'seen', 'data': {}, 'seed': 1}
told = {'token': token, 'replaced': [], 'observation': seen}
os.write(4, f'{token}\\n'.encode())
os.write(3, f'{json.dumps(told)}\\n'.encode())
os.kill(os.getpid(), 9)
"""


THEFTS = {
    # an instance in place of its class
    "the loop's run_until_complete": patched("loop.run_until_complete = fake", FAKE),
    "the same by setattr": patched("setattr(loop, 'run_until_complete', fake)", FAKE),
    "the same with a name that is put together": patched(
        "setattr(loop, 'run_until_' + 'complete', fake)", FAKE),
    "the same in its dictionary": patched("loop.__dict__['run_until_complete'] = fake", FAKE),
    "the same by vars": patched("vars(loop).update(run_until_complete=fake)", FAKE),
    "the same by object": patched("object.__setattr__(loop, 'run_until_complete', fake)", FAKE),
    "the same by a library": patched(
        "functools.update_wrapper(loop, Holder, assigned=['run_' + 'until_complete'])",
        "import functools", FAKE, "class Holder: run_until_complete = fake"),
    "the same by a mock": patched(
        "mock.patch.object(loop, 'run_until_complete', fake).start()",
        "from unittest import mock", FAKE),
    "the loop's time": patched("loop.time = lambda: 0.0"),
    "a factory of tasks": patched(
        "loop.set_task_factory(lambda loop, coroutine, **_: asyncio.Task(coroutine, loop=loop))"),
    # on a line that does not parse, and after one
    "behind a magic": magic("%time 1"),
    "in a magic": magic("%%time"),
    # the call stack
    "a frame": looked("sys._getframe(1).f_back"),
    "a frame with a name that is put together": looked("getattr(sys, '_get' + 'frame')(1)"),
    "a frame by vars": looked("vars(sys)['_get' + 'frame'](1)"),
    "a frame by format's way": looked("sys.__dict__['_get' + 'frame'](1)"),
    "all frames": looked("sys._current_frames()"),
    "a frame of an error": looked("frame()", "def frame():", "    try: 1 / 0",
                                  "    except Exception as e: return e.__traceback__.tb_frame"),
    "a frame of an error, put together": looked(
        "frame()", "def frame():", "    try: 1 / 0",
        "    except Exception as e:",
        "        return getattr(getattr(e, '__trace' + 'back__'), 'tb_' + 'frame')"),
    "a frame by pattern": looked(
        "frame()", "def frame():", "    try: 1 / 0", "    except Exception as e:",
        "        match e:", "            case Exception(__traceback__=found): return found"),
    "a frame by the handler of a signal": looked(
        "signal.signal(signal.SIGUSR1, lambda number, frame: frame.f_back.f_locals)",
        "import signal"),
    "a frame by inspect": looked("stack()", "from inspect import stack"),
    "a frame by inspect, found by name": looked(
        "importlib.import_module('ins' + 'pect').stack()", "import importlib"),
    "a frame by traceback": looked(
        "list(importlib.import_module('trace' + 'back').walk_stack(None))", "import importlib"),
    "a coroutine's frame": looked("asyncio.current_task().get_coro().cr_frame"),
    "a coroutine's frame, put together": looked(
        "getattr(getattr(asyncio.current_task(), 'get_' + 'coro')(), 'cr_' + 'frame')"),
    "the stacks of all tasks": looked("[task.get_stack() for task in asyncio.all_tasks()]"),
    "a locals of a namesake": looked(
        "TypeAdapter('exercise', _parent_depth=6)", "from pydantic import TypeAdapter"),
    "a greenlet's frame": looked("greenlet.getcurrent().gr_frame", "import greenlet"),
    "a greenlet's frame, put together": looked(
        "getattr(importlib.import_module('green' + 'let').getcurrent(), 'gr_' + 'frame')",
        "import importlib"),
    "the tasks of anyio": looked("anyio.get_running_tasks()", "import anyio"),
    "a frame by an attribute that SQLAlchemy reads": looked(
        "attribute_keyed_dict('tb_' + 'frame')().set(found())",
        "from sqlalchemy.orm import attribute_keyed_dict", "def found():", "    try: 1 / 0",
        "    except Exception as e: return getattr(e, '__trace' + 'back__')"),
    "a frame by a walk": looked(
        "list(traceback.walk_tb(None))", "import traceback"),
    "the values at an error": looked(
        "traceback.TracebackException.from_exception(found(), capture_locals=True)",
        "import traceback", "def found():", "    try: 1 / 0",
        "    except Exception as e: return e"),
    "a frame of logging's by a pattern": looked(
        "take(logging, 'current' + 'frame')()", "import logging", *BY_A_PATTERN),
    "a frame of logging's by its path": looked(
        f"pkgutil.resolve_name({A_FRAME})()", "import pkgutil, logging"),
    "a frame of logging's by pydantic": looked(
        f"TypeAdapter(ImportString).validate_python({A_FRAME})()",
        "from pydantic import ImportString, TypeAdapter"),
    "a frame of logging's by an entry point": looked(
        "EntryPoint('x', 'logging:current' + 'frame', 'y').load()()",
        "from importlib.metadata import EntryPoint"),
    "a frame of logging's by its settings": looked(
        f"config.BaseConfigurator({{}}).resolve({A_FRAME})()", "from logging import config"),
    "a locals of a namesake, put together": looked(
        "TypeAdapter('exercise', **{'_parent' + '_depth': 6})",
        "from pydantic import TypeAdapter"),
    # an attribute by its name
    "listeners by a model": opened("take(engine.sync_engine, 'dis' + 'patch')", *BY_A_MODEL),
    "listeners by a pattern": opened("take(engine.sync_engine, f'{DIS}patch')", DIS, *BY_A_PATTERN),
    "listeners by another module's builtins": opened(
        "b.getattr(engine.sync_engine, f'{DIS}patch')", DIS, "from codecs import builtins as b"),
    "listeners by another module's inspect": opened(
        "i.getattr_static(engine.sync_engine, f'{DIS}patch')", DIS,
        "from dataclasses import inspect as i"),
    "listeners by wraps of another name": opened(
        "w(engine.sync_engine, ['dis' + 'patch'], [])(Holder)",
        "from functools import wraps as w", "class Holder: pass"),
    "listeners by a key": opened(
        "attribute_keyed_dict('dis' + 'patch')().set(engine.sync_engine)",
        "from sqlalchemy.orm import attribute_keyed_dict"),
    "listeners by a text that is a type": opened(
        "f.__annotations__ = {'x': 'engine.dis' + 'patch'}; "
        "get_type_hints(f, localns={'engine': engine.sync_engine})",
        "from typing import get_type_hints", "def f(): pass"),
    "listeners by another kind of text": opened(
        "getattr(engine.sync_engine, Text('dis' + 'patch'))", A_TEXT),
    "listeners by a format that keeps": opened(
        "Keep().vformat('{0.dis' + 'patch}', [engine.sync_engine], {})", "import string",
        "class Keep(string.Formatter):", "    def format_field(self, value, how): return ''"),
    # put back before the check is over
    "a clock": looked("time.perf_counter = time.perf_counter", "import time"),
    "a clock that is handed over": looked(
        "put(time, time.perf_counter)", "import time", "def put(m, clock): m.perf_counter = clock"),
    "a clock by setattr": looked(
        "setattr(time, 'perf_' + 'counter', time.perf_counter)", "import time"),
    "a clock that is taken away": looked(
        "take(time)", "import time", "def take(m): clock = m.time; del m.time; m.time = clock"),
    "a clock by a tool of the course": looked(
        "with replaced(time, 'perf_counter', time.perf_counter): pass", "import time",
        "from lantern.events import replaced"),
    "a clock by pytest": looked(
        "getattr(pytest, 'Monkey' + 'Patch')().setattr(time, 'perf_counter', time.perf_counter)",
        "import pytest, time"),
    "a clock by functools": looked(
        "functools.wraps(time, ['perf_counter'], [])(time)", "import functools, time"),
    "a class by functools": looked(
        "functools.wraps(asyncio.BaseEventLoop, ['time'], [])(asyncio.BaseEventLoop)",
        "import functools"),
    "a method of a class that is imported": looked(
        "Event.wait = Event.wait", "from threading import Event"),
    "one by another name": looked("Alias.wait = Alias.wait", "import threading",
                                  "Alias = threading.Event"),
    "who notes what is put": looked("type(time).__setattr__ = object.__setattr__", "import time"),
    "the class of the loop": looked(
        "asyncio.get_running_loop().__class__ = Mine",
        "class Mine(asyncio.SelectorEventLoop): pass"),
    # past what counts statements
    "the driver's connection": Case(
        "def sell(Session, show_id, guest_id, seat_ids):\n    with Session() as session:\n"
        "        session.connection().connection.driver_connection.execute('SELECT 1')\n", WRONG,
        exercise="ch02-ex1"),
    "the driver's cursor": Case(
        "def sell(Session, show_id, guest_id, seat_ids):\n    with Session() as session:\n"
        "        session.connection().connection.cursor().execute('SELECT 1')\n", WRONG,
        exercise="ch02-ex1"),
    "a connection of its own": opened("sqlite3.connect(path).close()", "import sqlite3"),
    "one by its class": opened("sqlite3.Connection(path).close()", "import sqlite3"),
    "one in a thread": opened("(await asyncio.to_thread(connect, path)).close()",
                              "import asyncio", "from sqlite3 import connect"),
    "one in a pool": opened("QueuePool(lambda: connect(path)).connect().close()",
                            "from sqlite3 import connect", "from sqlalchemy.pool import QueuePool"),
    "one by aiosqlite": opened("await (await aiosqlite.connect(path)).close()",
                               "import aiosqlite"),
    "one by the dialect": opened("engine.dialect.dbapi.sqlite.connect(path).close()"),
    "an engine of its own": opened("create_engine('sqlite:///' + path).connect().close()",
                                   "from sqlalchemy import create_engine"),
    "an engine by another way to the file": opened(
        "create_engine(f'sqlite:///file:{path}?uri=true').connect().close()",
        "from sqlalchemy import create_engine"),
    "an engine of the course's": opened("make_sync_engine('sqlite:///' + path).dispose()",
                                        "from lantern.theatre import make_sync_engine"),
    "an engine of its own that waits": opened(
        "await create_async_engine('sqlite+aiosqlite:///' + path).dispose()",
        "from sqlalchemy.ext.asyncio import create_async_engine"),
    "a cursor of the pool's": opened(
        "await greenlet_spawn(look, engine.pool)", "from sqlalchemy.util import greenlet_spawn",
        "def look(pool): given = pool.connect(); mine = given.cursor(); mine.execute('SELECT 1')"),
    "a statement of the pool's": opened(
        "await greenlet_spawn(look, engine.pool)", "from sqlalchemy.util import greenlet_spawn",
        "def look(pool): given = pool.connect(); given.execute('SELECT 1')"),
    "one by the dialect itself": opened(
        "await greenlet_spawn(lambda: engine.dialect.connect(path).close())",
        "from sqlalchemy.util import greenlet_spawn"),
    "a statement on a result's cursor": stated(
        "connection.exec_driver_sql('SELECT 1').cursor.execute('SELECT 2')"),
    "a statement by the dialect": stated(
        "cursor = connection.exec_driver_sql('SELECT 1').cursor",
        "engine.dialect.do_execute(cursor, 'SELECT 2', ())"),
    "a statement of a listener's": stated(
        "event.listen(engine, 'after_cursor_execute', lambda c, cursor, *_: "
        "cursor.execute('SELECT 2'))"),
    "a statement of a listener's at a checkout": stated(
        "kept = []", "event.listen(engine, 'checkin', lambda raw, record: kept.append(raw))",
        "connection.close()", "kept[0].execute('SELECT 2')", "connection = Session().connection()"),
    "a statement on a result's cursor, awaited": opened(
        "await session.run_sync(lambda s: s.connection().exec_driver_sql('SELECT 1').cursor"
        ".execute('SELECT 2'))"),
    # what SQLAlchemy makes of a statement
    "a statement is rewritten on its way": rewritten(
        "@event.listens_for(Engine, 'before_cursor_execute', **{'ret' + 'val': True})",
        "def see(c, cursor, sql, values, x, m):",
        "    return sql.replace('shows.sold', TICKETS) if sql[0] == 'S' else sql, values"),
    "a column is compiled as something else": rewritten(
        "from sqlalchemy.ext.compiler import compiles", "@compiles(Column)",
        "def see(column, c, **more):", "    if column.name == 'sold' and not c.isupdate and not "
        "c.isinsert: return TICKETS", "    return c.visit_column(column, **more)"),
    "a class has something else for a column": rewritten(
        "setattr(S, 'so' + 'ld', column_property(counted))"),
    "a class that is handed over has it": rewritten("put(S, 'sold', column_property(counted))"),
    "a mapper has it": rewritten("look(S).add_property('sold', column_property(counted))"),
    "a column has another type": rewritten("make(S.__table__.c.sold, Counted)"),
    # what a check reads in place of what is there
    "a view in place of a table": stands_for(
        f"session.execute(text('CREATE TEMP VIEW IF NOT EXISTS shows AS {OTHERS} FROM main.shows "
        "one'))"),
    "a view in place of a table, after a comment": stands_for(
        f"session.execute(text('/* no */ CREATE TEMP  VIEW IF NOT EXISTS shows AS {OTHERS} FROM "
        "main.shows one'))"),
    "a view in place of a table, awaited": opened(
        "await session.execute(text('CREATE TEMP VIEW shows AS SELECT 1 AS id'))",
        "from sqlalchemy import text"),
    "a table that stays for a while": stands_for(
        f"session.execute(text('CREATE TEMP TABLE IF NOT EXISTS \"shows\" AS {OTHERS} FROM "
        "main.shows one'))"),
    "a table of another name": stands_for(
        "session.execute(text('ALTER TABLE shows RENAME TO held'))",
        f"session.execute(text('CREATE VIEW shows AS {OTHERS} FROM held one'))"),
    "rows of the driver's own": stands_for(
        "event.listen(engine, 'checkout', lambda raw, *_: put(raw))", before=(
            *A_ROW, "def put(raw): raw.row_factory = row")),
    "rows of the driver's own, put together": stands_for(
        "event.listen(engine, 'checkout', lambda raw, *_: setattr(raw, 'row_' + 'factory', row))",
        before=A_ROW),
    "rows that a statement has": stands_for(
        "event.listen(engine, 'after_cursor_execute', give)", before=(
            "from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy as Rows", *A_ROW,
            "def give(c, cursor, sql, values, context, many):",
            "    if 'shows.sold' in sql and cursor.description: context.cursor_fetch_strategy = "
            "Rows(cursor, initial_buffer=[row(cursor, one) for one in cursor.fetchall()])")),
    "a compiler of its own": stands_for(
        "engine.dialect.statement_compiler = Mine", before=(
            *A_COLUMN, "class Mine(C): visit_column = count")),
    "a compiler's method, in a loop": stands_for(before=(
        *A_COLUMN, "for kind in [C]: kind.visit_column = count")),
    "a compiler's method, handed over": stands_for(before=(
        *A_COLUMN, "def put(kind): kind.visit_column = count", "put(C)")),
    "a statement's context of its own": stands_for(
        "engine.dialect.execution_ctx_cls = Mine", before=(
            "from sqlalchemy.dialects.sqlite.base import SQLiteExecutionContext as X",
            "class Mine(X):", "    def pre_exec(self):",
            "        if self.statement.startswith('SELECT shows.id, shows.sold'):",
            "            self.statement = self.statement.replace('shows.sold', TICKETS)",
            "        super().pre_exec()")),
    "rows of all sessions": Case(TOUCHED, RIGHT, exercise="ch03-ex3"),
    "a copy of the database": opened(
        "await (await session.connection()).execute(text(f\"VACUUM main INTO '{path}.copy'\"))",
        "from sqlalchemy import text"),
    "a function of SQLite's": opened(
        "event.listen(engine.sync_engine, 'checkout', lambda raw, *_: "
        "raw.create_function('ABS', 1, len))", "from sqlalchemy import event"),
    "who says what may be read": stated(
        "event.listen(engine, 'checkout', lambda raw, *_: raw.set_authorizer(lambda *_: 0))",
        "connection.close()", "connection = Session().connection()"),
    # what a pool has forgotten
    "a connection that is taken out of the pool": opened(
        "(await session.connection()).sync_connection.detach()"),
    "a pool that forgets who has a connection": opened(
        "await session.connection(); await engine.dispose(close=False)"),
    "a pool that forgets, by itself": opened(
        "await session.connection(); engine.pool.dispose()"),
    "a pool that forgets, and a sale": Case(
        answer_in("solutions", "ch02-ex1").replace("def sell(", "def sold(")
        + "\nkept = []\ndef sell(Session, show_id, guest_id, seat_ids):\n"
        "    order, engine = sold(Session, show_id, guest_id, seat_ids), Session.kw['bind']\n"
        "    kept.append(engine.connect())\n    engine.pool.dispose()\n    return order\n", RIGHT,
        exercise="ch02-ex1"),
    "a pool in place of another": opened("engine.sync_engine.pool = engine.pool.recreate()"),
    "the same with names that are put together": opened(
        "setattr(engine.sync_engine, 'po' + 'ol', getattr(engine.pool, 're' + 'create')())"),
    "memory that is not traced": looked("tracemalloc.stop()", "import tracemalloc"),
    # memory
    "all objects": looked("gc.get_objects()", "import gc"),
    "all objects, found by name": looked(
        "getattr(importlib.import_module('g' + 'c'), 'get_' + 'objects')()", "import importlib"),
    "who refers to it": looked("importlib.import_module('g' + 'c').get_referrers(build_report)",
                               "import importlib"),
    "all classes": looked("object.__subclasses__()"),
    "all classes, put together": looked("getattr(object, '__sub' + 'classes__')()"),
    "all that was imported": looked("sys.modules['course.checking.host']"),
    "all that was imported, put together": looked("getattr(sys, 'mod' + 'ules')"),
    # what it is handed
    "the closure of what it is handed": looked(
        "[cell.cell_contents for cell in build_report.__closure__ or ()]"),
    "its closure, put together": looked("getattr(build_report, '__clo' + 'sure__')"),
    "its globals": looked("build_report.__globals__"),
    "its closure by a format": looked(
        "string.Formatter().get_field('0.__{}__'.format('closure'), [build_report], {})",
        "import string"),
    "its insides by another library's ctypes": looked(
        "ctypes.cast(id(build_report), ctypes.py_object)",
        "from multiprocessing.sharedctypes import ctypes"),
    "whose method it is": looked("getattr(build_report, '__self__', None)"),
    "its code": looked("build_report.__code__"),
    "its code by a library": looked("attrgetter('__co' + 'de__')(build_report)",
                                    "from operator import attrgetter"),
    "the context": looked("import_module('contextvars').copy_context().items()",
                          "from importlib import import_module"),
    "what it is, by a format": looked("'{0.__class__.__mro__}'.format(build_report)"),
    "what it is, by a format that is made": looked(
        "('{0.__%s__}' % 'class').format(build_report)"),
    "a private module": looked("_thread.get_ident()", "import _thread"),
    "a module by a name that is made": looked(
        "importlib.import_module(''.join(['pick', 'le']))", "import importlib"),
    "a module by another kind of text": looked("__import__(Text('pick' + 'le'))", A_TEXT),
    "a module by an import of another name": looked(
        "im('pick' + 'le')", "from importlib import import_module as im"),
    "a module by a name that is put together": looked("__import__('pick' + 'le')"),
    # code that is not in a cell
    "a text that is run": looked("exec('import sys; sys._get' + 'frame(1)')"),
    "a text that is run by another name": looked(
        "run('import sys; sys._get' + 'frame(1)')", "import builtins",
        "run = getattr(builtins, 'ex' + 'ec')"),
    "a text that a library runs": looked("timeit.timeit('1 + 1', number=1)", "import timeit"),
    "a module of its own": looked(
        "mine.look()",
        "open('mine.py', 'w').write('import sys\\ndef look(): return sys._getframe(1)')",
        "sys.path.insert(0, '.')", "import mine"),
    "code made anew": looked(
        "type(lambda: 0)((lambda: 0).__code__.replace(co_filename='<string>'), {})()"),
    "a hook of its own": looked("sys.addaudithook(lambda *_: None)"),
    "a trace": looked("sys.settrace(None)"),
    "a trace by a library": looked("trace.Trace(count=False).runfunc(len, '')", "import trace"),
    "a profile of all threads": looked("threading.setprofile(lambda *_: None)"),
    "a profile by a library": looked("p = cProfile.Profile(); p.enable(); p.disable()",
                                    "import cProfile"),
    "a debugger": looked("bdb.Bdb().set_trace()", "import bdb"),
    "a console": looked("code.InteractiveInterpreter().runsource('1')", "import code"),
    "a file that is run": looked("runpy.run_path('mine.py')", "import runpy",
                                 "open('mine.py', 'w').write('import sys')"),
    "at the end of the stack": looked(
        "deep()", "def deep():\n    try:\n        return deep()\n    except RecursionError:\n"
        "        return sys._getframe(1)"),
    "its own memory": looked("open(f'/proc/self/task/{thread()}/mem', 'rb').close()",
                             "from threading import get_native_id as thread"),
    "its own memory, from near": looked(
        "os.chdir('/proc/self/task'); os.close(os.open(f'{thread()}/maps', 0)); os.chdir(home)",
        "import os", "home = os.getcwd()", "from threading import get_native_id as thread"),
    "its own memory by a folder": looked(
        "os.close(os.open(f'{thread()}/mem', 0, dir_fd=os.open('/proc/self/task', 0)))",
        "import os", "from threading import get_native_id as thread"),
    "its own memory by a library": looked(
        "Path(f'/proc/self/task/{thread()}/maps').read_bytes()", "from pathlib import Path",
        "from threading import get_native_id as thread"),
    # the record itself
    "the record is read back": looked(
        "sys._current_frames(); os.read(os.open('/proc/self/fd/4', os.O_RDONLY), 100)",
        "import os", state=WRONG, message="No such device or address"),
    "the record is shut": looked(
        "socket.socket(fileno=4).shutdown(1)", "import socket", state=WRONG,
        message="Python ended before the check did"),
    "the record is flooded": looked(
        "os.write(4, b'nothing\\n' * 200_000)", "import os", state=WRONG,
        message="had not finished"),
    "the record goes elsewhere": looked(
        "os.dup2(os.open('elsewhere', os.O_RDWR | os.O_CREAT), 4)", "import os", state=WRONG,
        message="Something else than the check wrote"),
    "the record is closed": looked(
        "os.close(4)", "import os", state=WRONG, message="Python ended before the check did"),
    # what belongs to others, replaced before the check
    "json before the check": Case("import json\njson.dumps = print\n" + RIGHT_ANSWER, RIGHT),
    "a constant before the check": Case(
        "import course.checking.attempts as attempts\nattempts.PATIENCE = 1e9\n" + RIGHT_ANSWER,
        RIGHT),
    "a dialect of its own": Case(
        "def sell(Session, show_id, guest_id, seat_ids):\n"
        "    Session.kw['bind'].dialect.do_execute = print\n", WRONG, exercise="ch02-ex1"),
    "an observation over the channel": Case(OVER_THE_CHANNEL, WRONG,
                                            "was not observed on the case that was drawn"),
    "an observation of its own": Case(
        "from course.checking.observation import Seen\nimport asyncio\n"
        "loop = asyncio.get_running_loop()\n"
        "loop.run_until_complete = lambda task: Seen({'seen': 'all is well'}, 1)\nreport_async = 1",
        WRONG),
}  # fmt: skip
# What careful people write; none of it is worth a look.
HONEST = {
    "an error is logged": (
        "import logging\nlog = logging.getLogger(__name__)\ntry: 1 / 0\n"
        "except ZeroDivisionError: log.exception('Odd.', stack_info=True)\n"),
    "an error is printed": (
        "import traceback\ntry: 1 / 0\nexcept ZeroDivisionError as error:\n"
        "    traceback.print_exc()\n    print(traceback.format_exception(error))\n"),
    "warnings are caught": (
        "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n"),
    "modules of packages that are watched": (
        "import asyncio.subprocess, json.tool, sqlalchemy.dialects.mysql, lantern.watch\n"),
    "a loop in debug mode": "asyncio.get_running_loop().set_debug(True)\n",
    "an engine of one's own": (
        "from lantern.theatre import make_sync_engine\nown = make_sync_engine()\n"
        "with own.connect() as connection: connection.exec_driver_sql('SELECT 1')\n"
        "own.dispose()\n"),
    "a table of one's own": (
        "from sqlalchemy import Integer, TypeDecorator\n"
        "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n"
        "class Whole(TypeDecorator):\n    impl, cache_ok = Integer, True\n"
        "    def __init__(self): super().__init__(); self.least = 0\n"
        "class Base(DeclarativeBase): pass\nclass Note(Base):\n    __tablename__ = 'notes'\n"
        "    id: Mapped[int] = mapped_column(Whole, primary_key=True)\n"
        "Note.text = mapped_column()\n"),
    "attributes of one's own": (
        "class Counter: pass\nCounter.calls = 0\ndef count(): pass\ncount.calls = 0\n"
        "kept = threading.local()\nkept.session = None\n"),
    "pragmas by SQLAlchemy's recipe": (
        "def set_pragmas(dbapi_connection, record):\n"
        "    cursor = dbapi_connection.cursor()\n    cursor.close()\n"),
    "what sessions of one's own do": (
        "from sqlalchemy import event, select, text\n"
        "from sqlalchemy.orm import sessionmaker\nfrom lantern.theatre import make_sync_engine\n"
        "own = make_sync_engine()\nfactory = sessionmaker(own)\n"
        "@event.listens_for(own, 'connect')\ndef folded(raw, record):\n"
        "    raw.create_function('folded', 1, str.casefold)\n"
        "with factory() as session:\n"
        "    session.execute(text('CREATE TEMP TABLE wanted (id INTEGER)'))\n"
        "    session.execute(text(\"SELECT folded('A') -- as in CREATE VIEW\"))\n"
        "own.dispose()\n"),
    "a text that is filled in": "TEXT = '{0}: {name!r:>10}'\nprint(TEXT.format(1, name='x'))\n",
}  # fmt: skip
# Those need no look: nothing of them can count, and the record may be what is gone.
FOR_NOTHING = {
    "the record is flooded",
    "the record goes elsewhere",
    "the record is closed",
    "the record is shut",
    "an observation over the channel",
}
