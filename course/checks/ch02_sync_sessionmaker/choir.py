"""The case of ch02-ex2: who is a guest already, and the lists that a choir sends."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

VOICES = ("singer", "Alto", "baSS")  # an address is kept as it is written


@dataclass(frozen=True)
class Choir:
    """Guests who are there already, by their ids; a long list; and a short one of all kinds.

    Each of `alike` is on the long list, is like the address of a known guest or holds a sign that
    means something elsewhere, and is new.
    """

    known: dict[int, str]
    alike: tuple[str, ...]
    rows: tuple[str, ...]
    short: tuple[str, ...]

    def new(self, rows: Iterable[str | None]) -> set[str]:
        """Return the addresses on a list that are not in the table yet."""
        return {email for email in rows if email} - set(self.known.values())

    def further(self) -> dict[str, tuple[str | None, ...]]:
        """Return further lists by a word for each: of one guest, of known ones, and with gaps."""
        first, *rest = self.short
        return {
            "one": (first,),
            "known": tuple(list(self.known.values())[:3]),
            "gap": (first, None, *rest),
            "gap in front": (None, *self.short),
            "gap at the end": (*self.short, None),
            "gap alone": (None,),
        }


def draw_choir(random: Random) -> Choir:
    """Draw lists in which every kind of row stands between others, and some stand three times."""
    numbers = random.sample(range(1000, 9999), 480)
    fresh = [f"{random.choice(VOICES)}{number}@choir.example" for number in numbers]
    fresh = fresh[: random.randrange(420, 460)]
    ids = random.sample(range(101, 200), 5)
    known = {guest_id: f"guest{guest_id}@lantern.example" for guest_id in ids}
    guest = known[ids[4]]
    alike = (
        guest.title(), guest.replace("lantern", "LANTERN"), guest[1:], f" {guest}",
        guest.replace("u", "_", 1), guest.replace("g", "g\u0301", 1), f"o'{guest}",
        f"choir+{guest}", f"soprano.{'la' * 30}@choir.example",
    )  # fmt: skip
    fresh = [*alike, *fresh[len(alike) :]]
    again = [*list(known.values())[:4], *fresh[:12], *fresh[:4]]
    rows = [*fresh, *again, *random.choices(fresh, k=500 - len(fresh) - len(again))]
    random.shuffle(rows)
    first, second, third, fourth = random.sample(fresh[len(alike) :], 4)
    other = known[ids[3]]
    # Eleven rows: no number of batches of the same size holds them.
    short = (
        first, second, guest, first, third, second, guest, other, first, fourth, other
    )  # fmt: skip
    return Choir(known, alike, tuple(rows), short)
