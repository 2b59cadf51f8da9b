"""Everybody on the roster has a row, late and again are told, and what counts is a rule."""

import csv
import html
import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from course.checking.exercise import NO_VERDICT, RIGHT, WRONG, exercises_of
from course.failure import CannotContinue
from course.grading.attempt import Attempt
from course.grading.counting import choose_what_counts
from course.grading.exports import (
    MOST_IN_A_CELL,
    canvas_csv,
    grades_csv,
    harmless,
    moodle_csv,
    worksheets,
)
from course.grading.folders import stem_in
from course.grading.handing_back import write_feedback_zips
from course.grading.learners import Learner
from course.grading.people import Person, people
from course.grading.report import write_report
from course.grading.results import Result, make_result, store, stored
from course.grading.roster import Entry, read_roster
from course.grading.submissions import read
from tests.grading.hostile import STEM

TURNED = "\u202e"


def result(path: str, points: int = 3, state: str = WRONG, **more: Any) -> Result:
    """Return a graded notebook, of the learner whom its path names."""
    submission = read(path, "")
    exercise = exercises_of(STEM)[0]
    verdict = {**exercise.stopped("a message").as_dict(), "points": points, "state": state,
               "seconds": 0.1}  # fmt: skip
    exercises = () if more.get("problem") else (verdict,)
    return Result(path, submission.learner, STEM, submission.key, "same",
                  exercises=exercises, **more)  # fmt: skip


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def counted(paths: dict[str, int], rule: Attempt) -> tuple[list[str], str]:
    """Return the paths that count for a learner who got these points, and what is said."""
    [person] = people([result(path, points) for path, points in paths.items()])
    choose_what_counts(person, rule)
    return [one.path for one in person.results if one.counts], person.results[0].remark


# --- the roster -----------------------------------------------------------------------------

ROSTERS = {
    "by hand": "name,id,mail,group\nAna Lopez,17,ana@lantern.example,A\n",
    "Canvas": "Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"
              '"Lopez, Ana",12345,17,alopez,A\n',
    "Moodle": '\ufeff"First name","Last name","ID number","Email address",Groups\n'
              'Ana,Lopez,17,ana@lantern.example,A\n',
    "Gradescope": "First Name,Last Name,SID,Email,Section\nAna,Lopez,17,ana@lantern.example,A\n",
    "a German spreadsheet": "Vorname;Nachname;Matrikelnummer;E-Mail;Gruppe;Group\n"
                            "Ana;Lopez;17;ana@lantern.example;;A\n",
    "Moodle in German": '"Vorname";"Nachname";"ID-Nummer";"E-Mail-Adresse";"Gruppen"\n'
                        "Ana;Lopez;17;ana@lantern.example;A\n",
    "Moodle in French": "Prénom,Nom de famille,Numéro d'identification,Adresse de courriel,Groupe\n"
                        "Ana,Lopez,17,ana@lantern.example,A\n",
    "Moodle in Spanish": "Nombre,Apellido(s),Número de ID,Dirección de correo,Grupo\n"
                         "Ana,Lopez,17,ana@lantern.example,A\n",
    "logins in German": "Name;Matrikelnummer;Benutzername;Gruppe\nAna Lopez;17;alopez;A\n",
    "numbers that stay text": 'name,id,mail,group\nAna Lopez,="17",ana@lantern.example,A\n',
    "a name on two lines": '"name","id","mail","group"\n"Ana\nLopez",17,ana@lantern.example,A\n',
    "Canvas with its Test Student": "Student,ID,SIS User ID,SIS Login ID,Section\n"
        '"Lopez, Ana",12345,17,alopez,A\n"Student, Test",99,,b2c,A\n',
    "tabs": "Name\tStudent ID\tE-mail\tTeam\nAna Lopez\t17\tana@lantern.example\tA\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", ROSTERS)
def test_a_roster_is_read_as_systems_export_it(tmp_path: Path, kind: str) -> None:
    (tmp_path / "class.csv").write_text(ROSTERS[kind], encoding="utf-8")
    [entry] = read_roster(tmp_path / "class.csv")
    assert (entry.name, entry.id, entry.group) == ("Ana Lopez", "17", "A")
    assert entry.mail or entry.login


def test_a_roster_of_excel_is_read_in_its_encoding(tmp_path: Path) -> None:
    for encoding in ("utf-16", "cp1252", "utf-8-sig"):
        (tmp_path / "class.csv").write_text("name\nJosé Müller\n", encoding=encoding)
        assert [entry.name for entry in read_roster(tmp_path / "class.csv")] == ["José Müller"]


@pytest.mark.parametrize(("contents", "sentence"), [
    (b"PK\x03\x04\x00\x00", "is no CSV file"), (b"", "is no list of learners"),
    (b"x,y\n1,2\n", "It has: x, y"), (b"hello", "It has: hello"),
    (b'name\n"' + b"x" * 200_000 + b'"\n', "can't be read as a CSV file"),
])  # fmt: skip
def test_a_file_that_is_no_roster_is_one_sentence(
    tmp_path: Path, contents: bytes, sentence: str
) -> None:
    (tmp_path / "class.csv").write_bytes(contents)
    with pytest.raises(CannotContinue, match=sentence):
        read_roster(tmp_path / "class.csv")


def test_a_roster_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CannotContinue, match="There is no file"):
        read_roster(tmp_path / "class.csv")


@pytest.mark.parametrize(
    "text",
    ["name,id\nAna Lopez,17\nAna Lopez,17\n", "sep=;\nname;id\nAna Lopez;17\n"],
    ids=["a line twice", "with a line of Excel's"],
)
def test_a_roster_has_each_learner_once(tmp_path: Path, text: str) -> None:
    (tmp_path / "class.csv").write_text(text)
    assert read_roster(tmp_path / "class.csv") == [Entry("Ana Lopez", "17")]


ROSTER = [Entry("Ana Lopez", "17", "alopez", "ana@lantern.example", "A", "12345"),
          Entry("Bo Chan", "18", "bchan", "bo@lantern.example", "B"),
          Entry("Cy Ray", "19"), Entry("Cy Ray", "20")]  # fmt: skip


@pytest.mark.parametrize("path", [
    "alopez/ch01.ipynb", "17/ch01.ipynb", "ana lopez/ch01.ipynb", "Lopez Ana_ch01.ipynb",
    "ana@lantern.example/ch01.ipynb", "lopezana_12345_678_ch01.ipynb",
    "lopezana_99999_678_ch01.ipynb", "Ana Lopez_5_assignsubmission_file_/ch01.ipynb",
    "HW_alopez_attempt_2024-01-17-10-11-12_ch01.ipynb", "submitted/alopez/ps1/ch01.ipynb",
    "x-submissions/x-alopez/ch01.ipynb", "Lopez_Ana_alopez_4/ch01.ipynb",
])  # fmt: skip
def test_a_learner_of_the_roster_is_known_by_id_login_mail_or_name(path: str) -> None:
    persons = {person.called: person for person in people([result(path)], ROSTER)}
    assert [one.path for one in persons["Ana Lopez"].results] == [path]
    assert len(persons) == len(ROSTER)


def test_everybody_on_the_roster_has_a_row_and_who_is_not_is_told() -> None:
    persons = people([result("alopez/ch01.ipynb", 4), result("di/ch01.ipynb")], ROSTER)
    assert [p.called for p in persons] == [
        "Ana Lopez", "Bo Chan", "Cy Ray (19)", "Cy Ray (20)", "di"
    ]  # fmt: skip
    [di] = [person for person in persons if person.called == "di"]
    assert "di is not on the roster" in di.asks[0]
    table = {row[0]: row for row in rows(grades_csv(persons))}
    assert table["Bo Chan"][1:8] == ["18", "B", "", "", "", "handed in nothing", ""]
    assert rows(canvas_csv(persons))[2:4] == [
        ["Ana Lopez", "12345", "17", "alopez", "A", "4"], ["Bo Chan", "", "18", "bchan", "B", ""]
    ]  # fmt: skip
    assert rows(moodle_csv(persons))[1] == ["alopez", "17", "ana@lantern.example", "Ana Lopez", "4"]


def test_the_name_as_it_stands_comes_before_the_same_words_in_another_order() -> None:
    both = [Entry("Ana Lopez", "1"), Entry("Lopez Ana", "2")]
    persons = people([result("Lopez Ana/ch01.ipynb"), result("Ana Lopez/ch01.ipynb")], both)
    assert [(person.called, person.results[0].path) for person in persons] == [
        ("Ana Lopez", "Ana Lopez/ch01.ipynb"), ("Lopez Ana", "Lopez Ana/ch01.ipynb"),
    ]  # fmt: skip


def test_a_folder_that_is_the_login_of_one_and_the_name_of_another_is_given_to_neither() -> None:
    persons = people([result("bo/ch01.ipynb")], [Entry("Ana Lopez", login="bo"), Entry("Bo")])
    [person] = [person for person in persons if person.results]
    assert not person.entry
    assert "on it more than once" in person.asks[0]


def test_a_name_that_two_on_the_roster_have_is_given_to_neither() -> None:
    persons = people([result("cy ray/ch01.ipynb")], ROSTER)
    assert len(persons) == len(ROSTER) + 1
    assert not any(person.results for person in persons if person.entry)


def test_two_folders_of_one_id_are_one_learner() -> None:
    persons = people([result("alopez/ch01.ipynb"), result("ana lopez_17_5_ch01.ipynb")], ROSTER)
    assert len(persons) == len(ROSTER)


# --- ids for the systems that import by them ------------------------------------------------


def test_canvas_gets_its_own_ids_back() -> None:
    persons = people([result("lopezana_12345_678_ch01.ipynb", 4)])
    assert rows(canvas_csv(persons))[2] == ["lopezana", "12345", "", "", "", "4"]


def test_moodle_gets_a_worksheet_with_the_numbers_of_that_assignment() -> None:
    persons = people([result("Ana Lopez_77_assignsubmission_file_/ch01.ipynb", 4),
                      result("bo/ch01.ipynb", 1)])  # fmt: skip
    [[stem, sheet]] = worksheets(persons).items()
    assert stem == STEM
    header, ana = rows(sheet)
    assert {"Identifier", "Grade", "Last modified (grade)"} <= set(header)
    assert ana[:3] == ["Participant 77", "Ana Lopez", "4"]


def test_moodle_gets_each_page_back_in_the_folder_of_its_learner(tmp_path: Path) -> None:
    paths = ("Ana Müller_77_assignsubmission_file/ch01.ipynb", "bo/ch01.ipynb",
             "Ana Müller_912_assignsubmission_onlinetext_/ch02.ipynb",
             "O'Neil, محمد_78_assignsubmission_file_ch01.ipynb")  # fmt: skip
    persons = people([replace(result(path), stem=stem_in(path)) for path in paths])
    write_report(persons, tmp_path)
    write_feedback_zips(persons, tmp_path)
    with zipfile.ZipFile(tmp_path / "moodle-feedback-ch01_event_loop.zip") as archive:
        pages = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(pages) == {
        "Ana Müller_77_assignsubmission_file_/feedback-ch01.html",
        "O'Neil, محمد_78_assignsubmission_file_/feedback-ch01.html",
    }
    for name, page in pages.items():
        # As Moodle reads it: name, number, kind and plugin, and what is left.
        whose, number, kind, plugin, _ = name.split("/")[0].split("_", 4)
        assert (int(number) in (77, 78), kind, plugin) == (True, "assignsubmission", "file")
        assert f"<h1>{html.escape(whose)}</h1>".replace("&#x27;", "&#39;") in page
    assert (tmp_path / "moodle-feedback-ch02_sync_sessionmaker.zip").exists()


def test_what_a_team_handed_in_is_of_each_member_and_its_number_of_none() -> None:
    roster = [Entry("Ana Lopez", "17", group="Team 3"), Entry("Bo Chan", "18", group="Team 3"),
              Entry("Cy Ray", "19", group="Team 4")]  # fmt: skip
    handed_in = [result("Team 3_17_assignsubmission_file/ch01.ipynb", 4),
                 result("Cy Ray_55_assignsubmission_file/ch01.ipynb", 1)]  # fmt: skip
    persons = people(handed_in, roster)
    assert [(person.called, [one.points for one in person.results]) for person in persons] == [
        ("Ana Lopez", [4]), ("Bo Chan", [4]), ("Cy Ray", [1])
    ]  # fmt: skip
    assert [row[0] for row in rows(worksheets(persons)[STEM])[1:]] == ["Participant 55"]


def test_no_name_hides_the_end_of_its_cell_from_moodle() -> None:
    persons = people([result("ana\\/ch01.ipynb"), result("bo/ch01.ipynb")])
    assert "\\" not in moodle_csv(persons)
    assert len(persons) == 2


# --- which notebook counts ------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "path"), [
    (Attempt.BEST, "a_12_345_ch01.ipynb"), (Attempt.LAST, "a_LATE_12_399_ch01-2.ipynb"),
    (Attempt.IN_TIME, "a_12_350_ch01-1.ipynb"),
])  # fmt: skip
def test_a_rule_says_which_notebook_counts(rule: Attempt, path: str) -> None:
    paths = {"a_12_345_ch01.ipynb": 5, "a_12_350_ch01-1.ipynb": 2, "a_LATE_12_399_ch01-2.ipynb": 3}
    chosen, remark = counted(paths, rule)
    assert chosen == [path]
    assert f"a handed in 3 notebooks for ch01; {path} counts" in remark


def test_blackboard_s_times_say_which_was_the_last() -> None:
    early, late = (f"HW_a_attempt_2024-0{month}-01-00-00-00_ch01.ipynb" for month in (1, 2))
    assert counted({early: 5, late: 1}, Attempt.LAST)[0] == [late]


def test_where_nobody_can_tell_the_last_the_best_counts_and_it_is_said() -> None:
    chosen, remark = counted({"a/ch01.ipynb": 1, "a/ch01 (1).ipynb": 2}, Attempt.LAST)
    assert chosen == ["a/ch01 (1).ipynb"]
    assert "which is the last can't be told" in remark


def test_of_late_ones_alone_none_counts_in_time_and_the_mark_is_a_blank() -> None:
    [person] = people([result("a_LATE_12_399_ch01.ipynb", 5)])
    choose_what_counts(person, Attempt.IN_TIME)
    assert not person.results[0].counts
    assert "late, so that none counts" in person.results[0].remark
    assert rows(canvas_csv([person]))[2][-1] == ""


def test_late_and_attempt_are_shown(tmp_path: Path) -> None:
    persons = people([result("a_LATE_12_399_ch01-2.ipynb")])
    row = dict(zip(*rows(grades_csv(persons))[:2], strict=True))
    assert (row["late"], row["attempt"]) == ("late", "3")
    report = write_report(persons, tmp_path).read_text(encoding="utf-8")
    assert "late, attempt 3" in report
    assert "1 file recognised as Canvas&#39;s" in report
    [page] = (tmp_path / "feedback").iterdir()
    assert "handed in late, attempt 3" in page.read_text(encoding="utf-8")


# --- no mark is a blank, and is tried again -------------------------------------------------


@pytest.mark.parametrize("more", [{"problem": "It is empty."}, {"state": NO_VERDICT}])
def test_who_has_no_mark_has_a_blank(more: dict[str, str]) -> None:
    persons = people([result("ana/ch01.ipynb", 0, **more), result("bo/ch01.ipynb", 0)])
    ana, bo = rows(grades_csv(persons))[1:]
    assert (ana[4], bo[4]) == ("", "0")
    for table in (rows(canvas_csv(persons))[2:], rows(moodle_csv(persons))[1:]):
        assert [row[-1] for row in table] == ["", "0"]


def test_a_result_without_a_verdict_is_not_kept(tmp_path: Path) -> None:
    submission = read("ana/ch01.ipynb", "")
    for state, kept in ((NO_VERDICT, False), (RIGHT, True)):
        store(result("ana/ch01.ipynb", state=state), tmp_path)
        assert (stored(submission, tmp_path, "same") is not None) == kept


def test_a_kept_result_is_of_whom_is_known_now(tmp_path: Path) -> None:
    store(result("ana/ch01.ipynb"), tmp_path)
    submission = read("ana/ch01.ipynb", "")
    known = replace(submission, learner=replace(submission.learner, mail="ana@lantern.example"))
    again = stored(known, tmp_path, "same")
    assert again is not None
    assert again.learner == Learner("ana", mail="ana@lantern.example")


# --- spreadsheets ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before", ["", " ", "\t", "\n", "\r\n", "\u00a0", "\u200b", "\ufeff", " \n "]
)
@pytest.mark.parametrize("sign", [*"=+-@", *"\uff1d\uff0b\uff0d\uff20\ufe62\ufe63"])
def test_no_text_is_a_formula_in_a_spreadsheet(before: str, sign: str) -> None:
    told = harmless(f"{before}{sign}cmd|' /C calc'!A0")
    assert told.startswith("'")
    assert not {"\n", "\r", "\t"} & set(told)
    assert harmless("a = b") == "a = b"


def test_a_cell_holds_what_a_spreadsheet_takes() -> None:
    assert len(harmless("=" * 100_000)) == MOST_IN_A_CELL
    assert harmless("x" * MOST_IN_A_CELL) == "x" * MOST_IN_A_CELL


def test_text_is_in_quotes_so_that_a_semicolon_ends_no_cell() -> None:
    persons = people([result("x;=cmd()/ch01.ipynb")])
    assert '"x;=cmd()"' in grades_csv(persons)


def everywhere(persons: Sequence[Person], folder: Path) -> str:
    write_report(persons, folder)
    pages = [path.read_text(encoding="utf-8") for path in folder.rglob("*.html")]
    return "".join([grades_csv(persons), canvas_csv(persons), moodle_csv(persons), *pages])


def test_signs_that_turn_the_direction_of_text_reach_no_report(tmp_path: Path) -> None:
    submission = read(f"ana{TURNED}/ch01.ipynb", f"It says {TURNED}.")
    verdict = exercises_of(STEM)[0].stopped(f"returned '{TURNED}\x00\ud800'")
    submission = replace(submission, stem=STEM, learner=Learner(f"ana{TURNED}"))
    persons = people([make_result(submission, "", {}, [(verdict, 0.1)])])
    text = everywhere(persons, tmp_path)
    assert TURNED not in text
    assert "ana?" in text
