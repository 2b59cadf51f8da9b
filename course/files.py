"""Write files so that nothing that was there is lost."""

import os
from pathlib import Path


def write_whole(file: Path, contents: bytes, durable: bool = True) -> None:
    """Write a file so that a kill at any moment leaves the old contents or the new ones.

    Durable is what a loss of power leaves too: for what cannot be made again.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(contents)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        os.replace(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)


def keep_beside(file: Path) -> Path:
    """Copy a file beside itself under a name with the next free number; return that path."""
    number = 1
    while (kept := file.with_name(f"{file.stem}.before-reset-{number}{file.suffix}")).exists():
        number += 1
    write_whole(kept, file.read_bytes())
    return kept
