"""What the lesson on connections shows of a full server and of PgBouncer is what they say today."""

import json
import sys

import pytest

from tools.switchboard import RECORDED

if sys.platform == "win32":
    pytest.skip("it has no server of its own", allow_module_level=True)

from tools.switchboard import __main__ as switchboard

STORED = json.loads(RECORDED.read_text("utf-8"))


def test_a_full_server_says_what_was_recorded() -> None:
    assert switchboard.full() == STORED["full"]


@pytest.mark.skipif(switchboard.program() is None, reason="no PgBouncer: apt-get install pgbouncer")
def test_statements_through_pgbouncer_come_to_what_was_recorded() -> None:
    assert switchboard.versions() == STORED["versions"]
    assert switchboard.through_pgbouncer() == STORED["pgbouncer"]
