"""Names in the code of cells with which a check can be misled from inside its process."""

import ast
import asyncio
import re
import types
from collections.abc import Iterable, Iterator
from functools import cache

from sqlalchemy.engine import Connection, CursorResult, Engine
from sqlalchemy.engine.default import DefaultDialect, DefaultExecutionContext
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool, QueuePool, StaticPool
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from course.checking.host import plain_python

# No answer needs one of these: none of the known ones does. Who looks for the check on Python's
# call stack, in its memory or among the tasks of the loop does.
WORDS = {
    "f_back", "f_builtins", "f_code", "f_globals", "f_lasti", "f_locals", "f_trace", "tb_frame",
    "tb_next", "cr_await", "cr_code", "cr_frame", "cr_running", "gi_code", "gi_frame",
    "gi_yieldfrom", "ag_await", "ag_code", "ag_frame", "cell_contents", "co_consts", "co_freevars",
    "all_tasks", "get_coro", "get_context", "get_stack", "print_stack", "set_task_factory",
    "set_exception_handler", "copy_context", "currentframe", "walk_stack", "exc_info",
    "settrace", "setprofile", "set_asyncgen_hooks", "addaudithook", "monitoring",
    "get_objects", "get_referrers", "get_referents", "attrgetter", "methodcaller", "modules",
    "meta_path", "path_hooks", "setitimer", "update_wrapper", "mro", "dispatch", "listeners",
    "gr_frame", "gr_context", "get_running_tasks", "walk_tb", "extract_stack", "format_stack",
    "StackSummary", "TracebackException", "MonkeyPatch", "ctypes", "get_field", "recreate",
    "set_trace_callback",
}  # fmt: skip
# As an attribute alone: SQLAlchemy's own recipe gives a parameter such a name.
DRIVERS = {"dbapi", "dbapi_connection", "driver_connection", "get_raw_connection", "loaded_dbapi",
           "raw_connection"}  # fmt: skip
MODULES = {"builtins", "copyreg", "ctypes", "inspect", "logging.config", "marshal", "operator",
           "pickle", "pkgutil", "pydantic_core", "pydoc", "signal", "tracemalloc", "unittest",
           "xmlrpc"}  # fmt: skip
# As a name by itself: `re.compile` is another one.
CALLED = {"compile", "delattr", "eval", "exec", "globals", "locals", "vars"}
BY_NAME = ("getattr", "setattr", "__import__")  # what tells nothing in a text that a library runs
# Other functions have these names too: of SQLAlchemy, or of the learner's own.
ALSO_FUNCTIONS = {"inspect", "operator", "signal"}
# Whose pattern takes the object itself, and none of its attributes.
PLAIN = {"bool", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"}
# Names with an underscore that belong to others, and that answers use.
ORDINARY = {
    "_", "__aenter__", "__aexit__", "__aiter__", "__all__", "__anext__", "__annotations__",
    "__await__", "__call__", "__cause__", "__class__", "__contains__", "__context__", "__doc__",
    "__enter__", "__eq__", "__exit__", "__file__", "__future__", "__getitem__", "__hash__",
    "__import__", "__init__", "__init_subclass__", "__iter__", "__len__", "__main__", "__mapper__",
    "__mapper_args__", "__members__", "__name__", "__new__", "__next__", "__notes__",
    "__post_init__", "__qualname__", "__repr__", "__setitem__", "__str__", "__table__",
    "__table_args__", "__tablename__", "__version__", "_asdict", "_fields", "_make", "_mapping",
    "_replace",
}  # fmt: skip
FIELDS = re.compile(r"\{\w*((?:\.\w+|\[[^\]]*\])+)[!:}]")  # of a text for `format`
INSIDES = "course."  # `from course import check` is all that a notebook has of it
WATCHED = (
    asyncio.BaseEventLoop, asyncio.AbstractEventLoop, asyncio.Runner, Pool, QueuePool, StaticPool,
    AsyncAdaptedQueuePool, DefaultDialect, Engine, AsyncEngine, Connection, AsyncConnection,
    Session, AsyncSession, sessionmaker, async_sessionmaker,
)  # fmt: skip
# Through these a check reads what is in the database. Those of their names that are one word are
# also names of an answer's own: `page.first = 1`.
READING = (SQLCompiler, TypeEngine, DefaultExecutionContext, CursorResult)
# What is no method, and does the work of one.
PARTS = {
    "pool", "colspecs", "cursor_fetch_strategy", "execution_ctx_cls", "identifier_preparer",
    "preparer", "statement_compiler", "type_compiler", "type_compiler_cls",
    "type_compiler_instance", "__anext__", "__aiter__", "__getitem__", "__iter__", "__next__",
}  # fmt: skip
UNREADABLE = "a cell that is too much for Python's parser"


def unusual_names(*cells: str, more: Iterable[str] = ()) -> set[str]:
    """Return what the code of cells names and no answer needs, and of more names those they have.

    A name that is set where a method was, or in what was imported, has a sign behind it, as in
    "commit =".
    """
    found = set[str]()
    trees = []
    for text in cells:
        try:
            trees.append(_parsed(text))
        except SyntaxError:
            pass  # It does not run.
        except (ValueError, RecursionError, MemoryError):
            found.add(UNREADABLE)
    foreign = {name for tree in trees for name in _imported(tree)}
    known = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return found.union(known.intersection(more), *(_unusual(tree, foreign) for tree in trees))


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError:
        return ast.parse(plain_python(text))


def _unusual(tree: ast.Module, foreign: set[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=owner, attr=name, ctx=context):
                own = isinstance(owner, ast.Name) and owner.id in ("self", "cls")
                if not own and (is_unusual(name) or _is_module(name, _root(owner) in foreign)):
                    yield name
                put = isinstance(context, ast.Store | ast.Del) and not own
                if put and (name in methods() or _root(owner) in foreign):
                    yield f"{name} ="
            case ast.Call(func=ast.Attribute(value=owner, attr="cursor" | "format" as name)):
                if not isinstance(owner, ast.Name | ast.Constant):
                    yield name
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[what, *_]):
                computed = not isinstance(what, ast.Constant)
                several = len(node.args) + len(node.keywords) > 1
                if (name == "import_module" and computed) or (name == "wraps" and several):
                    yield name
            case ast.Name(id=name) if name in CALLED or _is_word(name):
                yield name
            case ast.Constant(value=str(text)):
                if _is_word(text) or is_unusual_module(text):
                    yield text
                yield from filter(is_unusual, _read_by_format(text))
            case ast.keyword(arg=str(name)) if is_unusual(name):
                yield name
            case ast.MatchClass(cls=kind, patterns=patterns, kwd_attrs=names):
                yield from filter(is_unusual, names)
                # Which attributes these are, the class says, and that may be made at run time.
                if patterns and not (isinstance(kind, ast.Name) and kind.id in PLAIN):
                    yield f"case {ast.unparse(kind)}(…)"
            case ast.Import(names=names):
                yield from filter(is_unusual_module, (alias.name for alias in names))
                yield from filter(is_unusual, (alias.name for alias in names))
            case ast.ImportFrom(module=module, names=names):
                yield from filter(is_unusual_module, [module or ""])
                yield from filter(is_unusual, [module or ""])
                for name in (alias.name for alias in names):
                    foreign_one = not (module or "").startswith("sqlalchemy")
                    if is_unusual(name) or _is_module(name, foreign_one):
                        yield name
                    elif f"{module}.{name}" in MODULES:
                        yield f"{module}.{name}"


def _read_by_format(text: str) -> Iterator[str]:
    """Yield the attributes that `format` reads for a text like "{0.name}"."""
    for way in FIELDS.findall(text):
        yield from re.findall(r"\.(\w+)", way)


def _imported(tree: ast.Module) -> set[str]:
    """Return the names that an import gives, and those that stand for a part of one."""
    names = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _root(node.value) in names:
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _root(node: ast.AST) -> str:
    """Return the first name of a.b.c; nothing for what is no such chain."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def unusual_names_in(code: types.CodeType) -> Iterator[str]:
    """Yield the words and the magic names of code that is compiled, and of what is in it."""
    for name in (*code.co_names, *code.co_consts):
        if type(name) is str and _is_word(name):
            yield name
        elif type(name) is types.CodeType:
            yield from unusual_names_in(name)


def is_unusual(name: str) -> bool:
    """Tell whether no answer needs an attribute of this name of something that is not its own."""
    private = name.startswith("_") and name not in ORDINARY
    return private or name in WORDS or name in DRIVERS


def _is_word(name: str) -> bool:
    magic = name.startswith("__") and name.endswith("__")
    return name in WORDS or (magic and name not in ORDINARY)


def _is_module(name: str, foreign: bool) -> bool:
    """Tell whether an attribute is a module that another one imported, and no answer needs."""
    return name in MODULES and (foreign or name not in ALSO_FUNCTIONS)


def is_unusual_module(name: str) -> bool:
    """Tell whether no answer needs a module of this name."""
    first, *others = name.split(".")
    if not all(part.isidentifier() for part in (first, *others)):
        return False
    return (
        first in MODULES
        or name in MODULES
        or name.startswith(INSIDES)
        or any(map(is_unusual, others))
    )


@cache
def methods() -> frozenset[str]:
    """Return the names of methods through which a check sees what an answer does."""
    reading = (name for name in _functions(READING) if "_" in name)
    return frozenset(PARTS).union(_functions(WATCHED), reading)


def _functions(classes: Iterable[type]) -> Iterator[str]:
    for watched in classes:
        for base in watched.__mro__:
            for name, value in vars(base).items():
                if isinstance(value, types.FunctionType) and not name.startswith("_"):
                    yield name
