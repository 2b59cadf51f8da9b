"""Ask every house every difference, and store what they answer: `python -m tools.lies`."""

import json

from tools.lies import HOUSES, RECORDED
from tools.lies.asking import ask, scripts


def main() -> None:
    """Ask all, and write what they say."""
    said = {house: ask(house) for house in HOUSES}
    answers = {
        name: {house: said[house][name] for house in HOUSES if name in said[house]}
        for name in scripts()
    }
    RECORDED.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
