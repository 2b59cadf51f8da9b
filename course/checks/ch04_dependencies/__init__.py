"""Chapter 4: what a dependency opens, who shares it, and when it ends."""

from course.checks.ch04_dependencies.add_export import ADD_EXPORT
from course.checks.ch04_dependencies.add_order import ADD_ORDER
from course.checks.ch04_dependencies.add_purchase import ADD_PURCHASE
from course.checks.ch04_dependencies.capped_app import CAPPED_APP
from course.checks.ch04_dependencies.write_session import WRITE_SESSION

EXERCISES = (WRITE_SESSION, ADD_EXPORT, ADD_PURCHASE, ADD_ORDER, CAPPED_APP)
