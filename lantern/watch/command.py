"""`python -m lantern watch`: run an app as uvicorn does, with the page beside it."""

import argparse
import importlib.util
import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass

SETTINGS = "LANTERN_WATCH"  # the variable that hands them to the process that runs the app
SERVED = "lantern.watch.served:app"


@dataclass(frozen=True)
class Settings:
    """What the process that runs the app needs to know."""

    app: str
    port: int
    token: str
    with_values: bool

    def written(self) -> str:
        """Return them as text."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Settings":
        """Return the settings that were written."""
        return cls(**json.loads(text))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is typed after `watch`."""
    parser.add_argument(
        "--page-port", type=int, default=0, metavar="PORT", help="of the page; else a free one"
    )
    parser.add_argument(
        "--values", action="store_true", help="show the values of statements, which may be secret"
    )
    parser.add_argument("app", metavar="module:app", help="the app, as for uvicorn")
    parser.add_argument(
        "options", nargs=argparse.REMAINDER, help="whatever follows is for uvicorn: --reload, …"
    )


def watch(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> int:
    """Run the app until it ends, as uvicorn's command does; return its exit code."""
    if importlib.util.find_spec("uvicorn") is None:
        parser.error("uvicorn, which runs the app, is not installed: python -m pip install uvicorn")
    import click
    import uvicorn

    # asyncio's own loop is one that can be looked into, and of workers, WEB_CONCURRENCY may ask for
    # more than one; uvicorn takes the last of two.
    arguments = [SERVED, "--loop", "asyncio", "--workers", "1", *asked.options]
    try:
        context = uvicorn.main.make_context("uvicorn", [*arguments])
        if (context.params["workers"] or 1) > 1:
            parser.error("one process is watched: leave out --workers")
        settings = Settings(
            asked.app, asked.page_port or _free_port(), secrets.token_urlsafe(), asked.values
        )
        os.environ[SETTINGS] = settings.written()
        if os.environ.get("WEB_CONCURRENCY", "1") != "1":
            print("One process is watched, so one is run, whatever WEB_CONCURRENCY says.")
        print(f"What it does: http://127.0.0.1:{settings.port}/{settings.token}/", flush=True)
        with context:
            uvicorn.main.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return 0


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
