"""What the check of ch04-ex3 draws leaves room for the app's own sales."""

import itertools
from random import Random

from course.checks.ch04_dependencies.post_office import draw_counter


def test_sales_of_others_leave_the_ids_behind_them_to_the_app():
    for seed in (557016606, *range(200)):
        ids = [row[0] for row in draw_counter(Random(f"ch04-ex3 {seed}")).others]
        assert min(b - a for a, b in itertools.pairwise(ids)) >= 10
