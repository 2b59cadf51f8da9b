"""Run a program as another user than root, where root runs the tests."""

import os
import subprocess

import pytest

WHOEVER, ORDINARY = "whoever runs this", "an ordinary user"
# Root is one user among others in a namespace of its own: its files are still its own there, and
# nothing else is.
UNSHARE = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]


def become(user: str) -> list[str]:
    """Return what a command has to begin with; skips the test where that user can't be had."""
    if user == WHOEVER:
        return []
    if os.getuid():
        pytest.skip("who runs this is an ordinary user")
    try:
        subprocess.run([*UNSHARE, "true"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this kernel lets root be nobody else")
    return UNSHARE
