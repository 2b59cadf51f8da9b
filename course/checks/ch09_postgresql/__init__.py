"""Chapter 9: what a real PostgreSQL refuses, and how it says so."""

from course.checks.ch09_postgresql.why_refused import WHY_REFUSED

EXERCISES = (WHY_REFUSED,)
