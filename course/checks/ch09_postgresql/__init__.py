"""Chapter 9: what a real PostgreSQL refuses and how it says so, and who holds its connections."""

from course.checks.ch09_postgresql.begin_anew import BEGIN_ANEW
from course.checks.ch09_postgresql.held_open import HELD_OPEN
from course.checks.ch09_postgresql.pool_settings import POOL_SETTINGS
from course.checks.ch09_postgresql.why_refused import WHY_REFUSED

EXERCISES = (WHY_REFUSED, POOL_SETTINGS, BEGIN_ANEW, HELD_OPEN)
