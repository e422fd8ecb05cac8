"""Articles of a git repository on this disk, as they stand at a branch, tag or commit."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from knowledge_base.sources.conversion import MAX_BYTES, Kind
from knowledge_base.sources.exports import SOURCE, Document, Export, Found, Misfit, slug
from knowledge_base.sources.fields import Value, said
from knowledge_base.sources.files import MAX_ARTICLE_BYTES, decode
from knowledge_base.sources.kinds import KINDS, markdown_values
from knowledge_base.sources.mapping import Entry
from knowledge_base.sources.problems import Broken

MAX_SECONDS = 120
MAX_FILES = 20_000
BATCH_BYTES = 32 * 1024**2
# The repository is somebody else's: nothing that its configuration names may be run, and nothing fetched.
_SAFE = (
    "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never",
    "-c", "log.showSignature=false", "--no-pager", "--no-replace-objects", "--literal-pathspecs",
)  # fmt: skip
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin",
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}


@dataclass(frozen=True)
class Blob:
    """A file at the commit."""

    path: str
    object: str
    size: int

    @property
    def kind(self) -> Kind | None:
        """How it is converted; None for Markdown."""
        return KINDS[PurePosixPath(self.path).suffix.lower()]

    @property
    def limit(self) -> int:
        """The most bytes it may have."""
        return MAX_BYTES[self.kind] if self.kind else MAX_ARTICLE_BYTES


def read_git(export: Export) -> Iterator[Found]:
    """The documents below `path` at `ref`. Raises Broken for a repository that cannot be read."""
    repository = Repository(export)
    commit = repository.run("rev-parse", "--verify", "--end-of-options", repository.ref + "^{commit}").decode().strip()
    blobs = repository.blobs(commit)
    changed = repository.changed(commit) if blobs else {}
    for blob, raw in repository.contents(blobs):
        yield _article(export, blob, raw, changed.get(blob.path, ""))


class Repository:
    """`git` on one repository, within bounds."""

    def __init__(self, export: Export) -> None:
        self._settings = export.name(export.folder / SOURCE)
        self._line = export.settings["repository"].line if "repository" in export.settings else 1
        self.ref = export.text("ref", "HEAD")
        self.folder = (export.folder / export.text("repository", ".")).resolve()
        # Named, not looked for: git would otherwise search the folders above, such as the desk's own repository.
        self._git = self.folder / ".git" if (self.folder / ".git").exists() else self.folder
        patterns = export.settings["path"].texts if "path" in export.settings else ("**/*",)
        self._wanted = [Entry(pattern, 1, {}) for pattern in patterns]
        if not self.folder.is_dir():
            raise self.broken(f"{self.folder} is not a folder")

    def broken(self, message: str) -> Broken:
        """The error that names the setting."""
        return Broken(self._line, "repository", message, self._settings)

    def run(self, *arguments: str, read: bytes = b"") -> bytes:
        """What a git command prints when it reads this. Raises Broken."""
        try:
            done = subprocess.run(
                ["git", f"--git-dir={self._git}", *_SAFE, *arguments],
                capture_output=True,
                input=read,
                env=_ENVIRONMENT,
                timeout=MAX_SECONDS,
                check=True,
            )
        except FileNotFoundError as error:
            raise self.broken("git is not installed here") from error
        except subprocess.TimeoutExpired as error:
            raise self.broken(f"git took longer than {MAX_SECONDS} seconds") from error
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode("utf-8", "replace").strip().splitlines()
            raise self.broken(f"git says: {said[0][:300] if said else 'nothing'}") from error
        return done.stdout

    def blobs(self, commit: str) -> list[Blob]:
        """The documents that `path` names; links and submodules are none."""
        found: list[Blob] = []
        for row in self.run("ls-tree", "-r", "-z", "-l", "--full-tree", commit).split(b"\0"):
            about, _, raw_path = row.partition(b"\t")
            path = raw_path.decode("utf-8", "replace")
            if not about or PurePosixPath(path).suffix.lower() not in KINDS:
                continue
            mode, kind, name, size = about.decode().split()
            if kind == "blob" and mode.startswith("100") and any(entry.matches(path) for entry in self._wanted):
                found.append(Blob(path, name, int(size)))
        if not found:
            raise self.broken(f"no document at {self.ref} fits path")
        if len(found) > MAX_FILES:
            raise self.broken(f"holds {len(found)} documents, the limit is {MAX_FILES}; narrow path")
        return found

    def contents(self, blobs: Sequence[Blob]) -> Iterator[tuple[Blob, bytes | None]]:
        """Each file with its content, some megabytes at a time; None for one over the limit."""
        batch: list[Blob] = []
        for blob in blobs:
            if blob.size > blob.limit:
                yield blob, None
                continue
            if batch and sum(one.size for one in batch) + blob.size > BATCH_BYTES:
                yield from self._contents(batch)
                batch = []
            batch.append(blob)
        if batch:
            yield from self._contents(batch)

    def _contents(self, blobs: Sequence[Blob]) -> Iterator[tuple[Blob, bytes]]:
        names = "".join(f"{blob.object}\n" for blob in blobs)
        printed, place = self.run("cat-file", "--batch", read=names.encode()), 0
        for blob in blobs:
            start = printed.index(b"\n", place) + 1  # behind a line that says name, kind and size
            yield blob, printed[start : start + blob.size]
            place = start + blob.size + 1

    def changed(self, commit: str) -> dict[str, str]:
        """Path → the day of the last commit that touched it."""
        text = self.run(
            "log", "--no-ext-diff", "--no-textconv", "--no-renames", "--diff-merges=first-parent", "--name-only", "-z",
            "--format=%x01%cs", commit,
        ).decode("utf-8", "replace")  # fmt: skip
        found: dict[str, str] = {}
        for entry in text.split("\x01")[1:]:
            day, _, names = entry.partition("\0")
            for name in names.split("\0"):
                found.setdefault(name.strip("\n"), day.strip())
        return found


def _article(export: Export, blob: Blob, raw: bytes | None, changed: str) -> Found:
    file, source = export.name(export.folder / SOURCE), f"git:{blob.path}"
    folders = [f"folder:{folder.as_posix()}" for folder in PurePosixPath(blob.path).parents if folder.name]
    own: dict[str, Value] = dict(said(id=slug(str(PurePosixPath(blob.path).with_suffix(""))), updated=changed))
    try:
        if raw is None:
            raise Broken(1, "", f"is too big: {blob.size} bytes, the limit is {blob.limit}")
        if blob.kind is None:
            front, text = markdown_values(decode(raw))
            own, raw = {**own, **front}, text.encode()
        values = export.fields(own, folders)
    except Broken as broken:
        return Misfit(file, source, broken)
    return Document(file, source, blob.kind, raw, values)
