"""Chapter 7: tests that leave nothing behind, and that see what goes wrong."""

from course.checks.ch07_testing.nothing_left_out import NOTHING_LEFT_OUT
from course.checks.ch07_testing.said_and_stored import SAID_AND_STORED
from course.checks.ch07_testing.session_factory import SESSION_FACTORY
from course.checks.ch07_testing.six_mutants import SIX_MUTANTS

EXERCISES = (SESSION_FACTORY, SAID_AND_STORED, NOTHING_LEFT_OUT, SIX_MUTANTS)
