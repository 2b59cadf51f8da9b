"""What uvicorn imports in place of the app: it begins to watch, and imports the app then.

So it happens in the process that runs the app, also in one that uvicorn has started anew.
"""

import atexit
import contextlib
import os
import sys

from uvicorn.importer import import_from_string

from lantern.plugin.run import watching
from lantern.watch.command import SETTINGS, Settings
from lantern.watch.page import serve
from lantern.watch.view import View

# Not for the processes that the app starts.
settings = Settings.read(os.environ.pop(SETTINGS))
view = View(settings.app, settings.with_values)
stack = contextlib.ExitStack()
stack.enter_context(watching(*view.watchers))
atexit.register(stack.close)
try:
    serve(view, settings.port, settings.token)
except OSError as error:
    sys.exit(f"The page cannot have port {settings.port}: {error.strerror}.")

app = import_from_string(settings.app)
