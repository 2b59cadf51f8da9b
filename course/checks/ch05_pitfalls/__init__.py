"""Chapter 5: engines, transactions and values that go wrong, mostly without a word."""

from course.checks.ch05_pitfalls.box_office import BOX_OFFICE
from course.checks.ch05_pitfalls.diagnoses import DIAGNOSES
from course.checks.ch05_pitfalls.lantern_engine import LANTERN_ENGINE
from course.checks.ch05_pitfalls.utc_datetime import UTC_DATETIME

EXERCISES = (LANTERN_ENGINE, DIAGNOSES, BOX_OFFICE, UTC_DATETIME)
