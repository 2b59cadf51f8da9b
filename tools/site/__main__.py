"""Build the site: `python -m tools.site` is `jupyter-book build . -W -n --keep-going`, sooner."""

import sys

from jupyter_book.cli.main import main

if __name__ == "__main__":
    source, *options = sys.argv[1:] or ["."]
    main(["build", source, "-W", "-n", "--keep-going", *options])
