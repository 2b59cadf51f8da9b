"""One local server for the book and JupyterLab, apart from any other Jupyter of the learner."""

import http.client
import json
import os
import secrets
import signal
import socket
import sys
import sysconfig
import threading
import webbrowser
from pathlib import Path
from typing import Any

import course.setup.without_grammars  # noqa: F401 - it acts when it is imported
from course.failure import CannotContinue
from course.files import write_whole
from course.project import ROOT
from course.setup.environment import put_first
from course.workspace import WORKSPACE

HOST = "127.0.0.1"
DEFAULT_PORT = 8888
# Settings, kernels and notes of this server only: a configuration made for another Jupyter
# neither breaks it nor is changed by it.
JUPYTER_HOME = WORKSPACE / ".jupyter"
# A kernel warns at every start that it talks to this computer unencrypted.
KERNEL_FILE = "ipython_kernel_config.py"
KERNEL_SETTINGS = b'get_config().IPKernelApp.log_level = "ERROR"\n'
# JupyterLab asks every new user whether it may fetch news; here the answer is no.
LAB_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
}


def stand_apart() -> None:
    """Make Jupyter use JUPYTER_HOME and this environment only; call it before importing Jupyter.

    Terminals opened in JupyterLab find this environment's python first.
    """
    for name in [name for name in os.environ if name.startswith("JUPYTER")]:
        del os.environ[name]
    put_first()
    os.environ["JUPYTER_CONFIG_DIR"] = str(JUPYTER_HOME / "config")
    os.environ["JUPYTER_DATA_DIR"] = str(JUPYTER_HOME / "data")
    os.environ["IPYTHONDIR"] = str(JUPYTER_HOME / "ipython")
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    write_whole(JUPYTER_HOME / "ipython" / "profile_default" / KERNEL_FILE, KERNEL_SETTINGS)
    settings = JUPYTER_HOME / "config" / "labconfig" / "default_setting_overrides.json"
    write_whole(settings, json.dumps(LAB_SETTINGS, indent=1).encode())
    os.environ["VIRTUAL_ENV"] = sys.prefix
    os.environ["PATH"] = os.pathsep.join(
        [sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)]
    )


def running_address() -> str | None:
    """Return the address, with its token, of the server that runs for this folder, if one does."""
    from jupyter_server.serverapp import list_running_servers

    for server in list_running_servers():
        if Path(server["root_dir"]) == ROOT and answers(server["port"], server["token"]):
            return f"{server['url']}?token={server['token']}"
    return None


def answers(port: int, token: str) -> bool:
    """Return whether a server that knows this token listens on this port."""
    connection = http.client.HTTPConnection(HOST, port, timeout=3)
    try:
        connection.request("GET", "/api/status", headers={"Authorization": f"token {token}"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def choose_port(wished: int | None) -> int:
    """Return the wished port, or else the first free one from DEFAULT_PORT on, saying so.

    Raises CannotContinue if the wished one cannot be had.
    """
    if wished is not None:
        if reason := why_taken(wished):
            raise CannotContinue(
                f"Port {wished} cannot be used ({reason}). Name another one, as in "
                f"`python -m course start --port {min(wished, 65000) + 1}`, or none: "
                "then a free one is found."
            )
        return wished
    for port in range(DEFAULT_PORT, DEFAULT_PORT + 100):
        if not why_taken(port):
            if port != DEFAULT_PORT:
                print(f"Port {DEFAULT_PORT} is taken: using {port}.", flush=True)
            return port
    raise CannotContinue(
        f"No port between {DEFAULT_PORT} and {port} is free. "
        "Name one that is, as in `python -m course start --port 9999`."
    )


def why_taken(port: int) -> str:
    """Return why this computer does not let us listen on a port, or an empty string."""
    with socket.socket() as probe:
        # Without it a port counts as taken for a minute after its server ended; on Windows the
        # same option means that two servers may share a port.
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen()
        except OSError as error:
            return (error.strerror or str(error)).lower()
    return ""


def serve(port: int, browser: bool) -> None:
    """Serve until Ctrl-C; the last line printed before is the address with its token."""
    from jupyter_server.serverapp import ServerApp
    from tornado.ioloop import PeriodicCallback

    class Server(ServerApp):
        """Jupyter's server without configuration files, stopped by one Ctrl-C."""

        config_file_paths: list[str] = []  # noqa: RUF012 - it stands in for a property

        def init_signal(self) -> None:
            signal.signal(signal.SIGINT, self._signal_stop)
            signal.signal(signal.SIGTERM, self._signal_stop)

        def _signal_stop(self, *_: Any) -> None:
            self.stop(from_signal=True)

    token = secrets.token_hex(24)
    server = Server.instance(config=configuration(port, token))
    server.initialize(argv=[], find_extensions=False)
    if sys.platform == "win32":
        # There the loop sleeps through a Ctrl-C until something wakes it.
        PeriodicCallback(lambda: None, 500).start()
    # Queued behind the callback in which Jupyter starts to listen: the address works once it is
    # printed.
    server.io_loop.add_callback(announce, f"http://{HOST}:{port}/?token={token}", browser)
    server.start()
    print("\nThe course has stopped.", flush=True)


def announce(address: str, browser: bool) -> None:
    """Print the address as the last line, and open it if the learner wants that."""
    print("The book is at this address, JupyterLab at /lab. Stop with Ctrl-C.")
    print(address, flush=True)
    if browser:
        open_browser(address)


def configuration(port: int, token: str) -> Any:
    """Return the whole configuration of the server: local, with a token, asking no other host."""
    from traitlets.config import Config

    extensions = ["jupyterlab", "jupyter_lsp", "jupyter_server_terminals", "course.serving.server"]
    return Config(
        Application={"log_level": "ERROR"},
        ServerApp={
            "ip": HOST,
            "port": port,
            "port_retries": 0,
            "root_dir": str(ROOT),
            "default_url": "/",
            "open_browser": False,
            "allow_root": True,
            "jpserver_extensions": dict.fromkeys(extensions, True),
        },
        # None comes with the course, and the search for them writes into the learner's home.
        LanguageServerManager={"autodetect": False},
        ContentsManager={"preferred_dir": WORKSPACE.name},
        IdentityProvider={"token": token},
        LabApp={
            "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "news_url": None,
            "extension_manager": "readonly",
        },
    )


def open_browser(address: str) -> None:
    """Show the address in the learner's browser, where there is a screen to show it on."""
    screen = any(name in os.environ for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    if sys.platform in ("win32", "darwin") or screen:
        # In a thread: some browsers answer only when they are closed.
        threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
