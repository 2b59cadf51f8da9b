"""Chapter 6's last sale on a PostgreSQL: 400 guests, 120 seats, two processes, a green audit."""

import subprocess
import sys

import pytest

from course.project import ROOT
from lantern.theatre import postgres_database

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="it has no server of its own"),
]
SAYS = """\
{('201', '201'): 120, ('409', '409'): 280}
✓ no show has more tickets than seats
✓ every show's sold count equals its tickets
✓ the ledger equals the orders
✓ no seat was sold twice
"""


def test_the_audit_is_green_when_400_guests_have_asked_two_processes_for_120_seats() -> None:
    with postgres_database("asyncpg") as url:
        given = url.render_as_string(hide_password=False)
        command = [sys.executable, "-m", "tests.lessons.final_purchase", given]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.endswith(SAYS)
