"""The list of a class, as the systems export it: who is in it, by which names and numbers."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from course.failure import CannotContinue
from course.grading.handed_in import shown
from course.grading.learners import one_line

LARGEST = 20_000_000  # bytes
# How the columns are called, without anything but letters and without accents: in exports of Canvas
# ("Student", "SIS Login ID"), Moodle ("First name", "Surname", "ID number", "Email address", and
# the same in German, French and Spanish), Gradescope ("SID"), GitHub Classroom ("identifier",
# "github_username"), and by hand.
COLUMNS = {
    "name": ("name", "student", "studentname", "learner", "fullname", "rostername",
             "vollstandigername", "nomcomplet", "nombrecompleto"),
    "first": ("firstname", "givenname", "forename", "vorname", "prenom", "nombre"),
    "last": ("lastname", "surname", "familyname", "nachname", "nom", "nomdefamille", "apellidos",
             "apellido"),
    "id": ("id", "idnumber", "studentid", "sid", "sisuserid", "userid", "matriculation",
           "matriculationnumber", "matrikelnummer", "identifier", "idnummer",
           "numerodidentification", "numerodeid"),
    "login": ("username", "login", "sisloginid", "loginid", "githubusername", "user",
              "benutzername", "anmeldename", "nomdutilisateur", "nombredeusuario", "usuario"),
    "mail": ("mail", "email", "emailaddress", "emailadress", "emailadresse", "adressedecourriel",
             "courriel", "direcciondecorreo", "correo"),
    "group": ("group", "groups", "groupname", "section", "team", "class", "gruppe", "gruppen",
              "groupe", "grupo"),
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One learner of a class; what the list does not say is empty.

    `canvas` is the number in Canvas's own export, under "ID", where "SIS User ID" is another.
    """

    name: str
    id: str = ""
    login: str = ""
    mail: str = ""
    group: str = ""
    canvas: str = ""

    @property
    def ids(self) -> set[str]:
        """All that tells this learner from others, in lower case."""
        return {each.casefold() for each in (self.id, self.login, self.mail, self.canvas) if each}


def read_roster(file: Path) -> list[Entry]:
    """Return the learners of a CSV file, in its order.

    Raises CannotContinue if it can't be read, or has no column of names, numbers or logins.
    """
    text = re.sub(r"\Asep=.\r?\n", "", _text(file))  # what Excel writes first
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        rows = [row for row in lines if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise CannotContinue(f"{file} can't be read as a CSV file ({error}).") from error
    columns = _columns(rows[0]) if rows else {}
    if not columns.keys() & {"name", "last", "id", "login", "mail"}:
        seen = ", ".join(cell.strip()[:30] or "(nothing)" for cell in (rows or [[]])[0][:8])
        raise CannotContinue(
            f"{file} is no list of learners: its first line has none of the columns name, id, "
            f"login and mail. It has: {shown(seen) or 'nothing'}."
        )
    entries = dict.fromkeys(_entry(row, columns) for row in rows[1:])  # a line twice is one
    return [entry for entry in entries if entry.name and not _is_canvas_s(entry)]


def _is_canvas_s(entry: Entry) -> bool:
    """Tell whether it is a line of Canvas's own: the points of all, and its Test Student."""
    return entry.name == "Points Possible" or (bool(entry.canvas) and entry.name == "Test Student")


def _text(file: Path) -> str:
    try:
        if not file.is_file():
            raise CannotContinue(f"There is no file {file}, where the list of learners should be.")
        if file.stat().st_size > LARGEST:
            raise CannotContinue(f"{file} is too large for a list of learners.")
        contents = file.read_bytes()
    except OSError as error:
        raise CannotContinue(f"{file} can't be read ({error.strerror}).") from error
    if b"\0" in contents and not contents.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CannotContinue(
            f"{file} is no CSV file. In a spreadsheet: File, Save as, CSV (comma separated)."
        )
    for encoding in ("utf-16",) if b"\0" in contents else ("utf-8-sig", "cp1252"):
        try:
            return contents.decode(encoding)
        except UnicodeDecodeError:
            continue
    return contents.decode("latin-1")


def _delimiter(text: str) -> str:
    first = text.lstrip().partition("\n")[0]
    return max(",;\t", key=first.count)


def _columns(header: list[str]) -> dict[str, int]:
    """Return the number of each column that is known, the first of several."""
    columns: dict[str, int] = {}
    known = {_letters(cell): number for number, cell in reversed(list(enumerate(header)))}
    for field, spellings in COLUMNS.items():
        found = [known[spelling] for spelling in spellings if spelling in known]
        if found:
            columns[field] = found[0]
    if "sisuserid" in known and "id" in known:
        columns |= {"id": known["sisuserid"], "canvas": known["id"]}
    return columns


def _letters(cell: str) -> str:
    return re.sub(r"[^a-z]", "", unicodedata.normalize("NFKD", cell.casefold()))


def _entry(row: list[str], columns: dict[str, int]) -> Entry:
    cells = {field: row[number] for field, number in columns.items() if number < len(row)}
    # Who wants a number to stay a text writes ="0012" for a spreadsheet.
    plain = {field: re.sub(r'^="(.*)"$', r"\1", cell.strip()) for field, cell in cells.items()}
    said = {field: shown(one_line(cell)) for field, cell in plain.items()}
    name = said.get("name") or one_line(f"{said.pop('first', '')} {said.pop('last', '')}")
    # Canvas exports "Lopez, Ana".
    last, comma, first = name.partition(", ")
    name = f"{first} {last}" if comma else name
    rest = {field: said.get(field, "") for field in ("id", "login", "mail", "group", "canvas")}
    return Entry(name or rest["login"] or rest["mail"] or rest["id"], **rest)
