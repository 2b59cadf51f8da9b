"""What is seen of ch02-ex1: seats sold, refused, and sold while another clerk sells as well."""

from functools import partial
from typing import Any

from sqlalchemy import update

from course.checks.ch02_sync_sessionmaker.evening import UNKNOWN, Evening, books
from course.checks.ch02_sync_sessionmaker.watched import NEVER, Sql, WatchedDatabase
from lantern.theatre import Seat

MOST_MOMENTS = 5


async def observe_sell(evening: Evening, sell: Any, url: str = "") -> dict[str, Any]:
    """Sell free seats; then what cannot be sold; then while another clerk sells as well.

    He comes with a connection of his own, in the last moment in which he can write, and for a
    seat that the guest does not want in each of the last moments.
    """
    sold = partial(_sold, evening, sell, url)
    quiet = sold(evening.wanted)
    seen: dict[str, Any] = {
        "quiet": quiet,
        "forms": {name: sold(seats) for name, seats in evening.forms.items()},
        "stranger": sold(evening.wanted, guest_id=UNKNOWN),
        "one": sold(evening.one_seat().wanted),
        "again": sold(evening.many, refused=(*evening.many, evening.taken)),
        "elsewhere": bool(url),
        "late": [],
        "beside": [],
    }
    for name, rival in (
        ("late", evening.rival(evening.late)),
        ("beside", evening.rival(evening.beside)),
    ):
        # Which rows are in his way on a PostgreSQL depends on what he sells.
        tried = sold(evening.wanted, rival, NEVER) if url else quiet
        early = [number for number, changes in tried["moments"] if not changes]
        every = [number for number, _ in tried["moments"]]
        moments = early[-1:] if name == "late" else every[-MOST_MOMENTS:]
        seen[name] = [sold(evening.wanted, rival, moment) for moment in moments]
    return seen


def _sold(
    evening: Evening,
    sell: Any,
    url: str,
    seats: tuple[int, ...],
    rival: tuple[Sql, ...] = (),
    moment: int = 0,
    guest_id: int = 0,
    refused: tuple[int, ...] = (),
) -> dict[str, Any]:
    """Ask for seats; before that for those to be `refused`, whereupon a price changes."""
    database = WatchedDatabase(evening.rows(), url)

    def asked(seats: tuple[int, ...]) -> Any:
        buyer = guest_id or evening.guest_id
        return sell(database.Session, evening.show_id, buyer, list(seats))

    if refused:
        database.call(lambda: asked(refused))
        new_price = update(Seat).where(Seat.id == evening.many[0])
        database.write(new_price.values(price_cents=evening.new_price))
    seen = database.call(lambda: asked(seats), rival, moment)
    seen["books"] = books(database)
    database.close()
    return seen
