"""What pytest loads in every project that has the package: options, and no more until asked."""

import pytest

MODES = ("warn", "error")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; `--lantern tests/` must not take the folder for a mode."""
    group = parser.getgroup("lantern", "what goes wrong at the database, silently")
    told = "tell of connections, transactions, lazy loads and freezes that no test asks about"
    group.addoption("--lantern", action="store_const", const="warn", dest="lantern", help=told)
    for mode in MODES:
        told = f"the same; findings are {'warnings' if mode == 'warn' else 'a failed run'}"
        option = f"--lantern={mode}"
        group.addoption(option, action="store_const", const=mode, dest="lantern", help=told)
    group.addoption(
        "--lantern-html", metavar="FILE", help="write the findings and their pictures to FILE"
    )
    group.addoption(
        "--lantern-sarif", metavar="FILE", help="write the findings to FILE, for a code host"
    )
    group.addoption(
        "--lantern-baseline",
        metavar="FILE",
        help="leave out what FILE lists; the first run writes it",
    )
    group.addoption(
        "--lantern-pool",
        metavar="N",
        type=int,
        help="give every QueuePool N connections, and let who would wait for itself fail at once",
    )
    parser.addini("lantern_ignore", "kinds of findings that are not told", type="args", default=[])
    parser.addini("lantern_site", "the address at which The Lantern is read", default="")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Begin before the project's own code is imported: it may make sessions and engines."""
    if early_config.known_args_namespace.lantern:
        from lantern.plugin.hooks import start

        start(early_config)


def pytest_configure(config: pytest.Config) -> None:
    """Tell of the mark, for projects that ask for every mark to be told of."""
    told = "lantern_allow(kind, ...): this test means what these kinds of findings tell"
    config.addinivalue_line("markers", told)
