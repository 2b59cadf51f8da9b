"""Chapter 6: what sells a place twice, what does not, and what may be asked twice."""

from course.checks.ch06_overselling.add_orders import ADD_ORDERS
from course.checks.ch06_overselling.buy import BUY
from course.checks.ch06_overselling.go_home import GO_HOME
from course.checks.ch06_overselling.hold_seat import HOLD_SEAT
from course.checks.ch06_overselling.retrying import RETRYING
from course.checks.ch06_overselling.small_hall import SMALL_HALL_EXERCISE

EXERCISES = (BUY, HOLD_SEAT, RETRYING, ADD_ORDERS, GO_HOME, SMALL_HALL_EXERCISE)
