"""SQLite on a network filesystem: its locks and shared memory do not hold between machines, so one driver is all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL

from grokscope.ledger.errors import LedgerError
from grokscope.ledger.owners import is_dead

MOUNTS = Path("/proc/self/mounts")
NETWORK = {
    *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "ncpfs", "afs", "9p", "coda", "davfs", "fuse.davfs2"),
    *("lustre", "gpfs", "ceph", "fuse.ceph", "beegfs", "beegfs_nodev", "glusterfs", "fuse.glusterfs", "pvfs2"),
    *("orangefs", "panfs", "wekafs", "ocfs2", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.gcsfuse"),
    *("fuse.juicefs", "fuse.moosefs"),
}
"""Kinds of filesystem that another machine may write to at the same time."""


def sqlite_file(url: URL) -> Path | None:
    """The file of an SQLite ledger; None for other databases and for one in memory."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:") or "uri" in url.query:
        return None
    return Path(str(url.database))


def network_filesystem(path: Path) -> str | None:
    """The kind of network filesystem that a path is on; None where it is on none, or where the system does not say."""
    try:
        lines = MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return None
    whole = Path(os.path.realpath(path))
    mounts = [(Path(unescape_mount(fields[1])), fields[2]) for fields in map(str.split, lines) if len(fields) > 2]
    over = [(len(place.parts), n, kind) for n, (place, kind) in enumerate(mounts) if whole.is_relative_to(place)]
    kind = max(over, default=(0, 0, ""))[2]  # of two mounts at one place the later one is seen
    return kind if kind in NETWORK else None


def unescape_mount(text: str) -> str:
    """A path as the table of mounts writes it, with its blanks back."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text


@contextmanager
def exclusive_driver(url: URL, owner: str) -> Iterator[None]:
    """The right to drive this ledger: anybody's, but of an SQLite file on a network filesystem one driver's at a time.

    Raises:
        LedgerError: another driver has it, or had it when it died on another machine.
    """
    path = sqlite_file(url)
    kind = network_filesystem(path) if path else None
    if path is None or kind is None:
        yield
        return
    mark = path.with_name(path.name + ".driver")
    hold_mark(mark, owner, f"{path}: is on a network filesystem ({kind}), where one driver at a time may use SQLite")
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


def hold_mark(mark: Path, owner: str, why: str) -> None:
    """Make the file that says who drives. To make a file that is not there is atomic on network filesystems too."""
    for _ in range(2):
        try:
            with mark.open("x") as file:
                file.write(owner)
            return
        except FileExistsError:
            with contextlib.suppress(FileNotFoundError):
                holder = mark.read_text()
                if not is_dead(holder):
                    raise LedgerError(
                        f"{why}: found {holder or 'another driver'}, expected none. Use a PostgreSQL URL with --store "
                        f"to drive from many machines; if that driver is dead, delete {mark}"
                    ) from None
                mark.unlink()
    raise LedgerError(f"{why}: found another driver that began at the same moment, expected none")
