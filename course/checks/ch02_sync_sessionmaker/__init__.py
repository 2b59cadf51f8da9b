"""Chapter 2: a purchase in one piece, an import with savepoints, states, and a small pool."""

from course.checks.ch02_sync_sessionmaker.import_guests import IMPORT
from course.checks.ch02_sync_sessionmaker.make_app import MAKE_APP
from course.checks.ch02_sync_sessionmaker.sell import SELL
from course.checks.ch02_sync_sessionmaker.states import STATES_OF_AN_EVENING

EXERCISES = (SELL, IMPORT, STATES_OF_AN_EVENING, MAKE_APP)
