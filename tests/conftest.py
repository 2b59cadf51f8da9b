"""What every test shares."""

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run async tests on asyncio, the loop that SQLAlchemy's asyncio extension is written for."""
    return "asyncio"
