"""STORE: what was read, found and linked of each paper, kept by content, so that nothing is done twice.

One record for each paper in ``<outputs>/.store``, named after the sha256 of the file's bytes. The three stages of a
record are kept apart: each is taken again only as long as what it was made from and the code that made it are the same.
"""

from extract.store.digests import FileDigests
from extract.store.folder import FOLDER, Store
from extract.store.keys import Keys, stage_keys
from extract.store.lock import Busy, in_words, locked
from extract.store.packing import Damaged
from extract.store.reading import Progress, Reader, Reading, Step
from extract.store.records import UNREAD, Entry, Records
from extract.store.stages import StagedWork

__all__ = [
    "FOLDER",
    "UNREAD",
    "Busy",
    "Damaged",
    "Entry",
    "FileDigests",
    "Keys",
    "Progress",
    "Reader",
    "Reading",
    "Records",
    "StagedWork",
    "Step",
    "Store",
    "in_words",
    "locked",
    "stage_keys",
]
