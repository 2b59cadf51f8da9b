"""Install pinned packages with their hashes: quickly where uv is to be had, with pip elsewhere.

Standard library only: this runs before anything is installed.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from course.failure import NO_SPACE, CannotContinue

SPACE_NEEDED = 1_000_000_000
WORTH_SHOWING = re.compile(r"\s*(Resolved|Downloading|Prepared|Installing|Installed|Bytecode)\b")

HASHES = (
    "{what} is not the file that requirements.txt promises (its hash differs), so it was not "
    "installed. Run the same command again; if it happens again, do not install it by hand "
    "and tell the course's authors."
)
NETWORK = (
    "{what} could not be fetched: there is no connection to the package index. "
    "Check the network (behind a proxy, set HTTPS_PROXY) and run the same command again."
)
CERTIFICATE = (
    "{what} could not be fetched: the connection to the package index is not trusted. "
    "Behind a company's proxy, set PIP_CERT and SSL_CERT_FILE to its certificate "
    "and run the same command again."
)
NOT_OFFERED = (
    "{what} is not offered for this Python on this machine. "
    "Use Python 3.11 to 3.14 on Linux, macOS or Windows and run the same command again."
)
# The first that fits wins: without a network pip also says that there is no matching distribution.
REASONS = (
    (r"no space left|not enough space|os error 112\b", NO_SPACE),
    (r"hash mismatch|do not match the hashes", HASHES),
    (r"certificate_verify_failed|invalid peer certificate|unknownissuer", CERTIFICATE),
    (
        r"new ?connection ?error|failed to establish|name resolution|getaddrinfo|timed out"
        r"|connection (refused|reset|aborted)|network is unreachable|proxy ?error"
        r"|error sending request|dns error",
        NETWORK,
    ),
    (r"no matching distribution|no solution found|no wheels with a matching", NOT_OFFERED),
)
PACKAGE = re.compile(
    r"(?:requirement|distribution found for|mismatch for `?)\s*([\w.-]+==[\w.]+)"
    r"|^\s+([\w.-]+==[\w.]+) from "
    r"|failed to fetch: `?\S*/([\w.-]+)/?`?\s",
    re.IGNORECASE | re.MULTILINE,
)


def install(python: Path, requirements: Path, uv_pin: str, share: float = 1.0) -> None:
    """Install exactly what requirements pins, byte code compiled, or raise CannotContinue.

    uv_pin is the requirement of uv with its hashes; share is the part of the packages that is
    missing, and so of the disk space that is needed.
    """
    if shutil.disk_usage(requirements.parent).free < SPACE_NEEDED * share:
        raise CannotContinue(NO_SPACE)
    if fetch_uv(python, uv_pin):
        # Compiled now, once: without byte code the first import of everything takes 3.5 times
        # as long, in every kernel.
        quick: list[str | Path] = [python, "-m", "uv", "pip", "install", "--python", python]
        quick += ["--compile-bytecode", "--require-hashes", "-r", requirements]
        output = run(quick)
        if reason_of(output) == CERTIFICATE:
            # A company's proxy signs for the whole world; this computer may know its signature.
            output = run([*quick, "--system-certs"])
        if not output:
            return
        stop_if(output, NO_SPACE, HASHES)
    # pip is asked last because it reads what uv does not: the configuration made for pip.
    print("  The quick installer cannot do it here: pip does, which takes longer.", flush=True)
    if output := run([*pip_install(python), "-r", requirements]):
        raise CannotContinue(explain(output))


def fetch_uv(python: Path, uv_pin: str) -> bool:
    """Return whether uv is ready in that environment, installed if it was not."""
    if not run([python, "-m", "uv", "--version"]):
        return True
    if run([python, "-m", "pip", "--version"]) and (output := run([python, "-m", "ensurepip"])):
        raise CannotContinue(explain(output))
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder, "uv.txt")
        pinned.write_text(uv_pin, encoding="utf-8")
        output = run([*pip_install(python), "--only-binary=:all:", "-r", pinned])
    stop_if(output, NO_SPACE, HASHES, NETWORK, CERTIFICATE)
    return not output


def pip_install(python: Path) -> list[str | Path]:
    """Return the start of a pip command that asks nothing and trusts only hashes."""
    # Only from the second try on does pip say that there was no connection.
    options = ["--disable-pip-version-check", "--no-input", "--require-hashes", "--retries=3"]
    return [python, "-m", "pip", "install", *options]


def run(command: list[str | Path]) -> str:
    """Run it, showing the lines that tell progress; return all it wrote if it failed, else ""."""
    lines: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line)
                if WORTH_SHOWING.match(line):
                    print(f"  {line.strip():.90}", flush=True)
        except BaseException:
            end(process)
            raise
    return "".join(lines) or "It ended without a word." if process.returncode else ""


def end(process: subprocess.Popen[str]) -> None:
    """End an installer with all that it started: none may go on writing after it."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.terminate()
    process.wait()


def reason_of(output: str) -> str:
    """Return the first of REASONS that an installer's output shows, or an empty string."""
    found = (reason for pattern, reason in REASONS if re.search(pattern, output, re.IGNORECASE))
    return next(found, "")


def explain(output: str) -> str:
    """Say in plain words why an installer failed, naming the package if it named one."""
    named = PACKAGE.search(output)
    what = next(filter(None, named.groups())) if named else "A package of requirements.txt"
    last_lines = "\n".join(f"  {line}" for line in output.strip().splitlines()[-5:])
    unknown = f"The packages could not be installed. The installer's last words:\n{last_lines}"
    return reason_of(output).format(what=what) or unknown


def stop_if(output: str, *reasons: str) -> None:
    """Raise CannotContinue if the output shows one of these reasons, which pip cannot mend."""
    if reason_of(output) in reasons:
        raise CannotContinue(explain(output))
