"""Chapter 0: the doctor that tells whether the tools are there, and a look at the board."""

from course.checks.ch00_doors_open.doctor import DOCTOR
from course.checks.ch00_doors_open.title_of import TITLE_OF

EXERCISES = (DOCTOR, TITLE_OF)
