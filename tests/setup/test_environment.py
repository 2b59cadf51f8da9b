"""The way from a Python with nothing installed into the course's environment.

Real environments, filled from a folder of wheels that is made here: nothing is downloaded.
"""

import errno
import hashlib
import importlib.metadata
import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from course.failure import CannotContinue, sentence_for
from course.project import ROOT
from course.setup import environment, installer

MODULES = ("__init__", "__main__", "failure", "lock", "project", "setup/__init__",
           "setup/environment", "setup/installer")  # fmt: skip
# In place of the commands, which need packages: it says where it runs.
COMMANDS = """\
import json, sys

def app(prog_name):
    print(json.dumps({"prefix": sys.prefix, "arguments": sys.argv[1:]}))
"""
BARE_PYTHON = getattr(sys, "_base_executable", sys.executable)
IN_ENVIRONMENT = "Scripts/python.exe" if os.name == "nt" else "bin/python"
UNREACHABLE = "http://127.0.0.1:9/simple"


def write_wheel(folder: Path, name: str, version: str, files: dict[str, bytes], tag: str) -> Path:
    """Write a wheel with these files; its metadata is added."""
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    wheel = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, contents in {**files, f"{info}/RECORD": record.encode()}.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, contents)
    return wheel


def write_tiny_wheel(folder: Path) -> Path:
    return write_wheel(folder, "tiny", "1.0", {"tiny.py": b"answer = 42\n"}, "py3-none-any")


def write_uv_wheel(folder: Path) -> Path:
    """Write the wheel of the installed uv again, so that the real one does the installing."""
    uv = importlib.metadata.distribution("uv")
    tag = re.search(r"^Tag: (\S+)$", uv.read_text("WHEEL") or "", re.MULTILINE)
    files = {}
    for file in uv.files or ():
        source = Path(str(uv.locate_file(file)))
        if file.parts[0] == "uv" and file.suffix == ".py":
            files[file.as_posix()] = source.read_bytes()
        elif file.name in ("uv", "uv.exe"):
            files[f"uv-{uv.version}.data/scripts/{file.name}"] = source.read_bytes()
    assert tag
    return write_wheel(folder, "uv", uv.version, files, tag.group(1))


def pin(wheel: Path, digest: str = "") -> str:
    """Return the lines that pin a wheel in a requirements file."""
    name, version, *_ = wheel.name.split("-")
    digest = digest or hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"{name}=={version} \\\n    --hash=sha256:{digest}\n    # via the course\n"


@dataclass
class Course:
    """A copy of what enters the environment, with requirements of its own."""

    folder: Path
    wheels: Path
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """The variables of a learner for whom the folder of wheels is the package index."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV"))
        }
        wheels = str(self.wheels)
        only_wheels = {"PIP_NO_INDEX": "1", "UV_NO_INDEX": "1"}
        links = {"PIP_FIND_LINKS": wheels, "UV_FIND_LINKS": wheels}
        quiet = {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "PIP_NO_CACHE_DIR": "1"}
        own_cache = {"UV_CACHE_DIR": str(self.folder / "uv-cache")}
        return {**kept, **only_wheels, **links, **quiet, **own_cache, **self.variables}

    def run(self, *arguments: str, python: str = BARE_PYTHON) -> subprocess.CompletedProcess[str]:
        """Run `python -m course` with these arguments, as the learner does."""
        return subprocess.run(
            [python, "-m", "course", *arguments],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=120,
        )

    @property
    def own_environment(self) -> Path:
        return self.folder / ".venv"


def where(run: subprocess.CompletedProcess[str]) -> Path:
    """Return the environment in which the command ran at last."""
    assert run.returncode == 0, run.stdout + run.stderr
    return Path(json.loads(run.stdout.splitlines()[-1])["prefix"])


def assert_one_sentence(run: subprocess.CompletedProcess[str], *words: str) -> None:
    """Hold if the run failed with words for people, and nothing else on the error stream."""
    assert run.returncode == 1, run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr
    assert len(run.stderr.strip().splitlines()) == 1, run.stderr
    for word in words:
        assert word in run.stderr


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    write_tiny_wheel(folder)
    write_uv_wheel(folder)
    return folder


def copy_course(folder: Path, wheels: Path) -> Course:
    """Make a copy of the course in an empty folder."""
    (folder / "course" / "setup").mkdir(parents=True)
    (folder / "lantern").mkdir()
    (folder / "lantern" / "__init__.py").touch()
    for module in MODULES:
        shutil.copy(ROOT / "course" / f"{module}.py", folder / "course" / f"{module}.py")
    (folder / "course" / "cli.py").write_text(COMMANDS)
    pins = "".join(pin(wheel) for wheel in sorted(wheels.iterdir()))
    never = f"elsewhere==1.0 ; sys_platform == 'nowhere' \\\n    --hash=sha256:{'0' * 64}\n"
    (folder / "requirements.txt").write_text(pins + never)
    return Course(folder, wheels)


@pytest.fixture
def course(tmp_path: Path, wheels: Path) -> Course:
    return copy_course(tmp_path / "course folder", wheels)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Course:
    """A course that was started once, over the remains of a start that was killed."""
    course = copy_course(tmp_path_factory.mktemp("started") / "course", wheels)
    course.own_environment.mkdir()
    (course.own_environment / ".unfinished").touch()
    (course.own_environment / "remains").touch()
    first = course.run("start", "--port", "9000")
    assert where(first) == course.own_environment
    assert json.loads(first.stdout.splitlines()[-1])["arguments"] == ["start", "--port", "9000"]
    assert "Making the environment .venv" in first.stdout
    assert "Bytecode compiled" in first.stdout
    return course


def test_the_remains_of_a_killed_start_are_cleared_away(started: Course) -> None:
    assert not (started.own_environment / "remains").exists()
    assert not (started.own_environment / ".unfinished").exists()


def test_a_second_start_installs_nothing(started: Course) -> None:
    cut_off = Course(started.folder, started.folder / "no wheels here")
    again = cut_off.run("start")
    assert where(again) == started.own_environment
    assert len(again.stdout.splitlines()) == 1


def test_both_packages_are_importable_from_any_folder(started: Course, tmp_path: Path) -> None:
    python = started.own_environment / IN_ENVIRONMENT
    statement = "import course, lantern; print(course.__file__); print(lantern.__file__)"
    # Without the PYTHONPATH that `course test` sets: it would find the packages in any environment.
    run = subprocess.run(
        [python, "-c", statement],
        cwd=tmp_path,
        env=started.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    folders = [Path(line).parent.parent for line in run.stdout.splitlines()]
    assert folders == [started.folder, started.folder]


def test_a_package_that_went_missing_is_installed_again(started: Course) -> None:
    python = str(started.own_environment / IN_ENVIRONMENT)
    [stamp] = started.own_environment.glob(".lantern-*")
    stamp.unlink()
    subprocess.run([python, "-m", "uv", "pip", "uninstall", "--python", python, "tiny"], check=True)
    again = started.run("start", python=python)
    assert where(again) == started.own_environment
    assert "packages of requirements.txt that are missing" in again.stdout
    assert (
        "tiny"
        in subprocess.run(
            [python, "-m", "uv", "pip", "list", "--python", python], capture_output=True, text=True
        ).stdout
    )


def test_without_a_network_one_sentence_says_so_and_the_environment_stays(
    started: Course,
) -> None:
    requirements = started.folder / "requirements.txt"
    pinned = requirements.read_text()
    newer = pinned.replace("tiny==1.0", "tiny==1.1")
    index = {"PIP_NO_INDEX": "0", "UV_NO_INDEX": "0", "PIP_INDEX_URL": UNREACHABLE}
    retries = {"UV_DEFAULT_INDEX": UNREACHABLE, "UV_HTTP_RETRIES": "0"}
    cut_off = Course(started.folder, started.folder / "no wheels", {**index, **retries})
    requirements.write_text(newer)
    try:
        run = cut_off.run("start")
    finally:
        requirements.write_text(pinned)
    assert_one_sentence(run, "tiny==1.1 could not be fetched", "no connection")
    assert where(started.run("start")) == started.own_environment


def test_an_environment_of_ones_own_is_filled_and_used_where_it_lies(
    course: Course, tmp_path: Path
) -> None:
    # Without pip at first, and where uv is not offered: the course finds its way all the same.
    own = tmp_path / "mine"
    subprocess.run([BARE_PYTHON, "-m", "venv", "--without-pip", own], check=True)
    course.wheels = tmp_path / "wheels"
    course.wheels.mkdir()
    (course.folder / "requirements.txt").write_text(pin(write_tiny_wheel(course.wheels)))
    python = str(own / IN_ENVIRONMENT)
    first = course.run("start", python=python)
    assert where(first) == own
    assert "The quick installer cannot do it here" in first.stdout
    again = course.run("start", python=python)
    assert len(again.stdout.splitlines()) == 1
    assert not course.own_environment.exists()


def test_a_package_with_another_hash_is_refused_and_nothing_stays(course: Course) -> None:
    requirements = course.folder / "requirements.txt"
    [uv] = course.wheels.glob("uv-*.whl")
    [tiny] = course.wheels.glob("tiny-*.whl")
    requirements.write_text(pin(tiny, digest="0" * 64) + pin(uv))
    assert_one_sentence(course.run("start"), "tiny==1.0", "its hash differs")
    assert not course.own_environment.exists()


@pytest.mark.skipif(os.name == "nt", reason="a console is needed to send Ctrl-C on Windows")
def test_ctrl_c_while_installing_leaves_nothing_behind(course: Course) -> None:
    with subprocess.Popen(
        [BARE_PYTHON, "-m", "course", "start"],
        cwd=course.folder,
        env=course.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert "Making the environment" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors.strip()) == (130, "Stopped.")
    assert "Traceback" not in output
    assert not course.own_environment.exists()


def test_an_environment_without_a_python_is_not_touched_but_named(course: Course) -> None:
    (course.own_environment / "notes").mkdir(parents=True)
    assert_one_sentence(course.run("start"), ".venv", "Delete that folder")
    assert (course.own_environment / "notes").exists()


def test_a_python_that_cannot_make_environments_names_the_package_that_can(
    course: Course,
) -> None:
    # What Debian's python3 is like before python3-venv is installed.
    statement = (
        "import runpy, sys; sys.modules['ensurepip'] = None; sys.argv = ['course', 'start']; "
        "runpy.run_module('course', run_name='__main__')"
    )
    run = subprocess.run(
        [BARE_PYTHON, "-c", statement],
        cwd=course.folder,
        env=course.environment(),
        capture_output=True,
        text=True,
    )
    assert_one_sentence(run, "python3-venv")
    assert not course.own_environment.exists()


def old_pythons() -> Iterator[str]:
    """Yield each Python of this computer that is too old for the course and does start."""
    for minor in range(6, 11):
        python = shutil.which(f"python3.{minor}")
        if python and not subprocess.run([python, "-c", ""], capture_output=True).returncode:
            yield python


def test_a_too_old_python_is_told_which_one_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    refuse = runpy.run_path(str(ROOT / "course" / "__main__.py"))["refuse_old_python"]
    refuse((3, 11, 0))
    for old in ((3, 10, 13), (2, 7, 18)):
        with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer, and this is") as exit:
            refuse(old)
        assert f"Python {old[0]}.{old[1]} " in str(exit.value)


def test_a_too_old_python_that_is_really_run_says_the_same(course: Course) -> None:
    pythons = list(old_pythons())
    if not pythons:
        pytest.skip("there is no Python older than 3.11 on this computer")
    for python in pythons:
        assert_one_sentence(course.run("start", python=python), "needs Python 3.11 or newer")
    assert not course.own_environment.exists()


def test_a_full_disk_is_told_before_anything_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = shutil.disk_usage(tmp_path)._replace(free=10_000_000)
    monkeypatch.setattr(installer.shutil, "disk_usage", lambda path: space)
    nowhere = tmp_path / "python"
    with pytest.raises(CannotContinue, match="about 1 GB"):
        installer.install(nowhere, tmp_path / "requirements.txt", "")


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "enough room"),
        (
            "WARNING: Retrying (Retry(total=0)): NewConnectionError('Failed to establish a new "
            "connection: [Errno 111] Connection refused')\n"
            "ERROR: No matching distribution found for uv==0.13.9",
            "uv==0.13.9 could not be fetched: there is no connection",
        ),
        ("error: Failed to fetch: `https://index/simple/anyio/`\n  dns error", "anyio could not"),
        ("SSLError: CERTIFICATE_VERIFY_FAILED", "connection to the package index is not trusted"),
        ("ERROR: No matching distribution found for pyzmq==27.3.0", "pyzmq==27.3.0 is not offered"),
        ("something new\nhas happened", "last words:\n  something new\n  has happened"),
    ],
)
def test_an_installers_output_becomes_a_sentence(output: str, words: str) -> None:
    assert words in installer.explain(output)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "not enough room on the disk"),
        (errno.EACCES, "may not write /course/_build"),
        (errno.EROFS, "may not write /course/_build"),
        (errno.EBADF, ""),
    ],
)
def test_errors_of_the_machine_have_a_sentence_and_ours_have_none(number: int, words: str) -> None:
    sentence = sentence_for(OSError(number, os.strerror(number), "/course/_build"))
    assert words in sentence
    assert bool(sentence) == bool(words)


def test_processes_import_this_copy_of_the_course_even_where_another_one_is_linked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "lantern.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    environment.put_first()
    code = "import lantern; print(lantern.__file__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert Path(done.stdout.strip()).parent == environment.ROOT / "lantern"
