"""Chapter 3: load before the door closes, one session a task, no hidden read, a long export."""

from course.checks.ch03_async_sessionmaker.dashboard import DASHBOARD
from course.checks.ch03_async_sessionmaker.export import EXPORT
from course.checks.ch03_async_sessionmaker.show_detail import SHOW_DETAIL
from course.checks.ch03_async_sessionmaker.touch import TOUCH

EXERCISES = (SHOW_DETAIL, DASHBOARD, TOUCH, EXPORT)
