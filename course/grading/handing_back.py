"""Give pages of feedback back in the form in which a learning system takes them, all at once.

Moodle: an assignment's "Upload multiple feedback files in a zip", with the type of feedback
"Feedback files" switched on (mod/assign/feedback/file/importziplib.php). A file is of whom the
second piece of its folder's name says, the number that Moodle gave in that assignment.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from course.files import write_whole
from course.grading.people import Person
from course.grading.report import page_of
from course.grading.results import Result
from course.names import chapter_of

AT_ANY_TIME = (1980, 1, 1, 0, 0, 0)  # the same results are the same bytes


def of_moodle(persons: Sequence[Person]) -> Iterator[tuple[Person, Result]]:
    """Yield the results that count for somebody whom Moodle knows by a number, with the person."""
    for person in persons:
        for result in person.results:
            known = result.learner.system == "Moodle" and result.learner.id
            if known and result.stem and result.counts:
                yield person, result


def write_feedback_zips(persons: Sequence[Person], folder: Path) -> None:
    """Write moodle-feedback-CHAPTER.zip, with the pages that are below the folder already."""
    files: dict[str, dict[str, bytes]] = {}
    for person, result in of_moodle(persons):
        name = result.learner.name.replace("_", " ").replace("/", " ")
        # With the last sign Moodle before 4.1 reads it too.
        above = f"{name}_{result.learner.id}_assignsubmission_file_"
        page = (folder / page_of(person.called)).read_bytes()
        told = f"{above}/feedback-{chapter_of(result.stem)}.html"
        files.setdefault(result.stem, {})[told] = page
    for stem, pages in files.items():
        write_whole(folder / f"moodle-feedback-{stem}.zip", _zip(pages), durable=False)


def _zip(files: Mapping[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, contents in sorted(files.items()):
            whole.writestr(zipfile.ZipInfo(name, AT_ANY_TIME), contents, zipfile.ZIP_DEFLATED)
    return archive.getvalue()
