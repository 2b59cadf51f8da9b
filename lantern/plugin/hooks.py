"""The plugin's side of pytest: which test is at work, and what is told at the end."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.junitxml import xml_key

from lantern.plugin import findings, places
from lantern.plugin.connections import Connections
from lantern.plugin.findings import KINDS, LAST_FAILURE, Findings, from_plain, plain
from lantern.plugin.freezes import Freezes
from lantern.plugin.leftovers import Leftovers
from lantern.plugin.loads import Loads
from lantern.plugin.pools import Pools
from lantern.plugin.report import page, properties, sarif
from lantern.plugin.run import Run, Watcher, watching
from lantern.plugin.sessions import Sessions
from lantern.plugin.transactions import Transactions
from lantern.plugin.values import Values
from lantern.plugin.waits import Waits

ALLOW = "lantern_allow"


def start(config: pytest.Config) -> None:
    """Begin to watch; pytest's end ends it."""
    ignored = config.getini("lantern_ignore")
    if unknown := {*ignored} - {*KINDS}:
        raise pytest.UsageError(
            f"lantern_ignore names {', '.join(sorted(unknown))}; the kinds are {', '.join(KINDS)}"
        )
    places.root = config.rootpath
    findings.site = config.getini("lantern_site")
    run = Run(ignored)
    sessions = Sessions(run)
    connections = Connections(run, sessions)
    leftovers = Leftovers(run)
    watchers: tuple[Watcher, ...] = (
        sessions,
        connections,
        Transactions(run, sessions),
        Loads(run),
        Freezes(run),
        Waits(run, connections, sessions),
        leftovers,
        Values(run),
    )
    if size := config.known_args_namespace.lantern_pool:
        watchers += (Pools(run, connections, size),)
    stack = contextlib.ExitStack()
    stack.enter_context(watching(*watchers))
    config.add_cleanup(stack.close)
    config.pluginmanager.register(Reporting(config, run, watchers, leftovers), "lantern reporting")


class Reporting:
    """Hooks that tell the run where it is, and the reader what was found."""

    def __init__(
        self,
        config: pytest.Config,
        run: Run,
        watchers: tuple[Watcher, ...],
        leftovers: Leftovers,
    ) -> None:
        self.config, self.run, self.watchers = config, run, watchers
        self.leftovers = leftovers
        self.begun = False  # whether the baseline was written by this run
        self.lost_workers: list[str] = []
        self._passed = True
        self._last_failure = ""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Watch one test, from before its fixtures until they are gone."""
        self.run.test, self._passed = item.nodeid, True
        self.run.allowed = _allowed(item)
        try:
            return (yield)
        finally:
            for watcher in self.watchers:
                watcher.test_ended(self._passed)
            self.run.test, self.run.allowed = "", frozenset()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note whether the test that runs has failed: its traceback keeps what it had open."""
        if report.nodeid == self.run.test and not report.passed:
            self._passed = False
        if report.failed:
            self._last_failure = report.longreprtext

    def pytest_warning_recorded(self, warning_message: Any) -> None:
        """Look at what Python warned of."""
        self.leftovers.warned(warning_message)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[Any]:
        """Note that what is made now may be made for more than one test."""
        is_wide = fixturedef.scope != "function"
        self.run.wide += is_wide
        try:
            return (yield)
        finally:
            self.run.wide -= is_wide

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take in what a worker of pytest-xdist has found."""
        output = getattr(node, "workeroutput", {})
        if "lantern" not in output:
            self.lost_workers.append(node.gateway.id)
        for data in output.get("lantern", ()):
            self.run.findings.add(from_plain(data))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand over what was found, or judge it, before pytest writes a report of its own."""
        if self.config.getoption("--lantern-html"):
            self.run.draw()
        if hasattr(self.config, "workerinput"):
            output: dict[str, Any] = self.config.workeroutput  # type: ignore[attr-defined]
            output["lantern"] = [plain(finding) for finding in self.run.findings]
            return
        if self._last_failure and (cache := getattr(self.config, "cache", None)):
            cache.set(LAST_FAILURE, self._last_failure)
        if file := self.config.getoption("--lantern-baseline"):
            self._compare(Path(file))
        for option, written in (("--lantern-html", page), ("--lantern-sarif", sarif)):
            if file := self.config.getoption(option):
                Path(file).write_text(written(self.run.findings), encoding="utf-8")
        if junit := self.config.stash.get(xml_key, None):
            for name, told in properties(self.run.findings):
                junit.add_global_property(name, told)
        failed = self.config.option.lantern == "error" and len(self.run.findings)
        if failed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _compare(self, file: Path) -> None:
        """Leave out what the baseline lists; without one, all that was found becomes it."""
        found = self.run.findings
        if not file.exists():
            self.begun = True
            keys = sorted({finding.key for finding in found})
            file.write_text(json.dumps(keys, indent=1) + "\n", encoding="utf-8")
        listed = [tuple(key) for key in json.loads(file.read_text(encoding="utf-8"))]
        self.run.findings = found.leave_out(listed)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write the findings, by kind."""
        write = terminalreporter.write_line
        terminalreporter.section("lantern")
        baseline = self.config.getoption("--lantern-baseline")
        known = _counted(self.run.findings.known)
        if self.begun:
            write(f"{known} written to {baseline}: later runs tell what is new.")
        else:
            _tell(self.run.findings, write)
            if self.run.findings.known:
                write(f"{known} in {baseline} already.")
        for worker in self.lost_workers:
            write(f"Worker {worker} ended without telling what it had found.")
        if file := self.config.getoption("--lantern-html"):
            write(f"With pictures: {file}")


def _allowed(item: pytest.Item) -> frozenset[str]:
    """Return the kinds that a test means; the mark without kinds means all of them."""
    marks = [*item.iter_markers(ALLOW)]
    if any(not mark.args for mark in marks):
        return frozenset(KINDS)
    return frozenset(kind for mark in marks for kind in mark.args)


def _counted(findings: int) -> str:
    return "1 finding is" if findings == 1 else f"{findings or 'No'} findings are"


def _again(times: int) -> str:
    return ", and once more" if times == 1 else f", and {times} times more" if times else ""


def _tell(findings: Findings, write: Any) -> None:
    if findings.nothing:
        write(findings.nothing)
    for kind, mine in findings.by_kind():
        write(f"{kind.title} [{kind.name}]", bold=True)
        for finding in mine:
            write(f"  {finding.place or 'no line of this project'}", yellow=True)
            write(f"    {finding.message}{_again(finding.times - 1)}")
            for line in finding.reading:
                write(f"    {line}")
            write(f"    {' in '.join(filter(None, (finding.route, finding.test)))}")
        write(f"  {kind.help}")
