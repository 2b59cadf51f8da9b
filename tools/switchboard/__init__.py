"""What a full server says, and what PgBouncer in transaction mode does: recorded for ch09c.

`python -m tools.switchboard` runs both for real, with the PostgreSQL that comes with pip and with
Debian's package `pgbouncer`, and stores what it saw in recorded.json, which the lesson shows.
"""

from pathlib import Path

RECORDED = Path(__file__).with_name("recorded.json")
