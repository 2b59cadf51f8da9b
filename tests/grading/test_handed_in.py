"""Every file that was handed in has a line, and none stops the others."""

import contextlib
import io
import json
import os
import struct
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from course.failure import CannotContinue
from course.files import write_whole
from course.grading.handed_in import MOST_IN_A_ZIP, find_files
from course.grading.report import file_name
from course.grading.submissions import Submission, read, submissions
from tests.grading.hostile import REFERENCE, STEM
from tools.answers import notebook_with

CONTENTS = json.dumps(notebook_with(STEM, REFERENCE)).encode()


def zipped(*names: str, contents: bytes = CONTENTS, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        for name in names:
            archive.writestr(name, contents)
    return file.getvalue()


def found(source: Path) -> dict[str, Submission]:
    return {submission.path: submission for submission in submissions(find_files(source))}


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    """A folder in which ana's right notebook lies."""
    (tmp_path / "in" / "ana").mkdir(parents=True)
    (tmp_path / "in" / "ana" / "ch01.ipynb").write_bytes(CONTENTS)
    return tmp_path / "in"


@pytest.mark.parametrize("name", ["ch01.IPYNB", "ch01.ipynb.txt", "ch01.ipynb.json", "x.Ipynb"])
def test_a_notebook_is_graded_whatever_a_browser_made_of_its_ending(
    handed_in: Path, name: str
) -> None:
    (handed_in / "bo").mkdir()
    (handed_in / "bo" / name).write_bytes(CONTENTS)
    submission = found(handed_in)[f"bo/{name}"]
    assert (submission.learner.name, submission.stem, submission.problem) == ("bo", STEM, "")


@pytest.mark.parametrize("name", ["ch01.py", "answers.pdf", "notes", "photo.heic"])
def test_what_is_no_notebook_has_a_line_and_its_learner(handed_in: Path, name: str) -> None:
    (handed_in / "bo").mkdir()
    (handed_in / "bo" / name).write_bytes(CONTENTS)
    submission = found(handed_in)[f"bo/{name}"]
    assert "It is no notebook" in submission.problem
    assert (submission.learner.name, submission.is_notebook) == ("bo", False)


def test_a_second_chapter_in_one_notebook_is_told() -> None:
    both = notebook_with(STEM, REFERENCE)
    both["cells"] += notebook_with("ch02_sync_sessionmaker", {})["cells"][:6]
    submission = read("ana/both.ipynb", json.dumps(both).encode())
    assert submission.stem == STEM
    assert "graded for ch01, and holds exercises of ch02 too" in submission.remark


def test_a_zip_in_a_folder_is_read_and_one_within_it_is_told(handed_in: Path) -> None:
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("work/ch01.ipynb", CONTENTS)
        archive.writestr("more.zip", zipped("ch01.ipynb"))
    (handed_in / "bo.ZIP").write_bytes(outer.getvalue())
    submissions = found(handed_in)
    assert not submissions["bo.ZIP/work/ch01.ipynb"].problem
    assert submissions["bo.ZIP/work/ch01.ipynb"].learner.name == "bo"
    assert "a zip within a zip" in submissions["bo.ZIP/more.zip"].problem


def test_a_zip_of_windows_has_folders_too(tmp_path: Path) -> None:
    archive = zipped("class/ana/ch01.ipynb", "class/bo/ch01.ipynb").replace(b"ana/", b"ana\\")
    (tmp_path / "class.zip").write_bytes(archive.replace(b"class/", b"class\\"))
    assert {one.learner.name for one in found(tmp_path / "class.zip").values()} == {"ana", "bo"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_in_a_zip_is_two_lines(tmp_path: Path) -> None:
    (tmp_path / "class.zip").write_bytes(zipped("ana/ch01.ipynb", "ana/ch01.ipynb"))
    submissions = found(tmp_path / "class.zip")
    assert set(submissions) == {"ana/ch01.ipynb", "ana/ch01.ipynb [2]"}
    assert {one.learner.name for one in submissions.values()} == {"ana"}
    assert len({one.key for one in submissions.values()}) == 2


def _spoilt(spoil: Callable[[bytes], bytes]) -> bytes:
    return spoil(zipped("bo/ch01.ipynb"))


DAMAGED = {
    "cut off": _spoilt(lambda data: data[: len(data) // 2]),
    "a method that nobody knows": _spoilt(
        lambda data: data[:8] + struct.pack("<H", 77) + data[10:]
    ).replace(b"PK\1\2\x14\3\x14\0\0\0\x08\0", b"PK\1\2\x14\3\x14\0\0\0\x4d\0"),
    "spoilt contents": _spoilt(lambda data: data[:60] + b"\xff" * 40 + data[100:]),
    "encrypted": _spoilt(lambda data: data[:6] + b"\1\0" + data[8:]).replace(
        b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0"
    ),
    "a name that is not UTF-8": zipped("ü/ch01.ipynb").replace("ü".encode(), b"\xff\xff"),
    "another version": _spoilt(lambda data: data.replace(b"PK\1\2\x14\3\x14", b"PK\1\2\x14\3\xff")),
    "a place that is not there": _spoilt(
        lambda data: data[:-6] + struct.pack("<I", 2**31) + data[-2:]
    ),
    "spoilt LZMA": zipped("bo/ch01.ipynb", packing=zipfile.ZIP_LZMA)[:55]
    + b"\xff" * 60
    + zipped("bo/ch01.ipynb", packing=zipfile.ZIP_LZMA)[115:],
    "not a zip at all": b"hello",
    "empty": b"",
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_zip_is_a_sentence_and_stops_nobody(handed_in: Path, damage: str) -> None:
    (handed_in / "bo.zip").write_bytes(DAMAGED[damage])
    submissions = found(handed_in)
    assert not submissions.pop("ana/ch01.ipynb").problem
    [bo] = submissions.values()
    assert "can't be" in bo.problem
    assert bo.path.startswith("bo.zip")


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_class_in_a_damaged_zip_is_a_sentence(tmp_path: Path, damage: str) -> None:
    (tmp_path / "class.zip").write_bytes(DAMAGED[damage])
    try:
        submissions = found(tmp_path / "class.zip")
    except CannotContinue as sentence:
        assert "can't be read as a zip" in str(sentence)
    else:
        assert all("can't be unpacked" in one.problem for one in submissions.values())


def test_a_learner_s_zip_of_endless_files_is_cut(handed_in: Path) -> None:
    names = [f"{number}.ipynb" for number in range(MOST_IN_A_ZIP + 50)]
    (handed_in / "bo").mkdir()
    (handed_in / "bo" / "work.zip").write_bytes(zipped(*names, contents=b""))
    submissions = found(handed_in)
    assert len(submissions) == 1 + MOST_IN_A_ZIP + 1
    assert "It holds 250 files; 200 are read." in submissions["bo/work.zip"].problem


def a_class(one: str, of_a_zip: str) -> bytes:
    """Return a zip of a class as a system makes it: 250 notebooks, and a learner's zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(250):
            archive.writestr(one.format(number=number), CONTENTS)
        archive.writestr(of_a_zip, zipped("work/ch01.ipynb"))
    return file.getvalue()


CLASSES = {
    "Canvas": ("ana{number}_{number}_7{number}_ch01.ipynb", "zoe_999_7999_work.zip"),
    "Moodle": ("Ana {number}_{number}_assignsubmission_file/ch01.ipynb",
               "Zoe_999_assignsubmission_file/work.zip"),
}  # fmt: skip


@pytest.mark.parametrize("system", CLASSES)
@pytest.mark.parametrize("where", ["in a folder", "beside another", "in a zip"])
def test_of_a_class_s_zip_that_lies_in_what_is_given_nobody_is_lost(
    tmp_path: Path, system: str, where: str
) -> None:
    folder, contents = tmp_path / "downloads", a_class(*CLASSES[system])
    folder.mkdir()
    (folder / "class list.csv").write_text("name")
    (folder / "ch01 (2).zip").write_bytes(contents)
    if where == "beside another":
        again = (name.replace("ch01", "ch02") for name in CLASSES[system])
        (folder / "ch02.zip").write_bytes(a_class(*again))
    if where == "in a zip":
        with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
            for path in folder.iterdir():
                archive.write(path, path.name)
        folder = tmp_path / "all.zip"
    every = [one for one in found(folder).values() if one.is_notebook]
    assert [one.problem for one in every if one.problem] == []
    assert {one.learner.system for one in every} == {system}
    assert len({one.learner.id for one in every}) == 251
    assert len(every) == (502 if where == "beside another" else 251)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_named_pipe_is_not_read(handed_in: Path) -> None:
    os.mkfifo(handed_in / "x.ipynb")
    os.mkfifo(handed_in / "y.zip")
    submissions = found(handed_in)
    assert "a pipe" in submissions["x.ipynb"].problem
    assert "a pipe" in submissions["y.zip"].problem
    assert "a pipe" in found(handed_in / "x.ipynb")["x.ipynb"].problem


def test_links_to_folders_are_told_and_not_followed(handed_in: Path) -> None:
    try:
        (handed_in / "bo").symlink_to(handed_in.parent, target_is_directory=True)
    except OSError:
        pytest.skip("this user may not make links here")
    assert "links are not followed" in found(handed_in)["bo"].problem


def test_a_name_in_other_bytes_than_utf_8_is_shown_as_it_can_be(handed_in: Path) -> None:
    try:
        os.mkdir(os.fsencode(handed_in) + b"/b\xf6")
    except OSError:
        pytest.skip("this disk takes names in UTF-8 only")
    (Path(os.fsdecode(os.fsencode(handed_in) + b"/b\xf6")) / "ch01.ipynb").write_bytes(CONTENTS)
    submission = found(handed_in)["b\\xf6/ch01.ipynb"]
    assert (submission.learner.name, submission.problem) == ("b\\xf6", "")
    submission.key.encode()


@pytest.mark.parametrize(
    ("name", "seen"),
    [("bo\u202efdp", "bo?fdp"), ("ana\u200b", "ana?"), ("an\u00ada", "an?a"), ("bo ", "bo"),
     ("نی\u200cلو", "نی\u200cلو")],
)  # fmt: skip
def test_signs_that_nobody_sees_are_shown_where_no_name_needs_them(
    handed_in: Path, name: str, seen: str
) -> None:
    try:
        (handed_in / name).mkdir()
    except OSError:
        pytest.skip("this disk does not take such a name")
    (handed_in / name / "ch01.ipynb").write_bytes(CONTENTS)
    assert {one.learner.name for one in found(handed_in).values()} == {"ana", seen}


@pytest.mark.parametrize(
    ("name", "written"),
    [("José", "José".encode()), ("Jos\u0301", "Jos\u0301".encode()), ("Müller", b"M\x81ller")],
)
def test_a_zip_that_does_not_say_in_what_its_names_are_is_read_as_a_mac_or_windows_wrote_it(
    tmp_path: Path, name: str, written: bytes
) -> None:
    placeholder = b"X" * len(written)
    made = zipped(f"{placeholder.decode()}/ch01.ipynb").replace(placeholder, written)
    (tmp_path / "class.zip").write_bytes(made)
    [submission] = found(tmp_path / "class.zip").values()
    assert submission.learner.name == unicodedata.normalize("NFC", name)


def test_what_a_computer_leaves_behind_is_left_out(handed_in: Path) -> None:
    for name in ("~$notes.docx", "._ch01.ipynb", "Thumbs.db", "Icon\r"):
        with contextlib.suppress(OSError):  # not every disk takes the last one
            (handed_in / "ana" / name).write_bytes(b"x")
    assert set(found(handed_in)) == {"ana/ch01.ipynb"}


@pytest.mark.parametrize("name", ["CON", "nul", "Com1", "aux.b"])
def test_no_page_has_a_name_that_windows_keeps_for_itself(name: str) -> None:
    assert file_name(name).startswith(f"{name}-")


@pytest.mark.parametrize("name", ["张" * 80, "a" * 240, "👩‍🚀" * 20])
def test_files_of_results_have_names_that_every_disk_takes(name: str, tmp_path: Path) -> None:
    for told in (f"{read(f'{name}/ch01.ipynb', CONTENTS).key}.json", f"{file_name(name)}.html"):
        assert len(told.encode()) < 200
        write_whole(tmp_path / told, b"", durable=False)
    assert file_name(name) != file_name(f"{name}x")
