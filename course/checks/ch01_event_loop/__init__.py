"""Chapter 1: many waits at once, work off the loop, the first of several, and order."""

from course.checks.ch01_event_loop.first_offer import FIRST_OFFER
from course.checks.ch01_event_loop.order import ORDER
from course.checks.ch01_event_loop.price_all import PRICE_ALL
from course.checks.ch01_event_loop.report_async import REPORT_ASYNC

EXERCISES = (PRICE_ALL, REPORT_ASYNC, FIRST_OFFER, ORDER)
