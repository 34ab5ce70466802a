"""A project's lists by name, whatever kind of source has them. The kinds are chosen here alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newsletter_mailer.audience.csv_lists import CsvLists
from newsletter_mailer.audience.source import (
    Fingerprint,
    ListProject,
    ListSource,
    RowSchema,
    SubscriberList,
)
from newsletter_mailer.errors import ProjectError

#: Every kind. A list that nobody has is looked for where the first kind would have it.
SOURCES: tuple[type[ListSource], ...] = (CsvLists,)


def list_folders() -> tuple[str, ...]:
    """The folders of a project that hold lists."""
    return tuple(dict.fromkeys(folder for kind in SOURCES for folder in kind.folders))


def is_in_list_folder(file: str) -> bool:
    """`file`: a path from the project's folder, as findings name it."""
    return file.partition("/")[0] in list_folders()


class ListSources:
    """The lists of one project."""

    def __init__(self, project: ListProject) -> None:
        self._sources = [kind(project) for kind in SOURCES]

    def find(self, name: str, schema: RowSchema) -> SubscriberList | None:
        """None: there is no such list. Raises ProjectError where there are two."""
        source = self._source(name)
        return source.list_named(name, schema) if source else None

    def place(self, name: str) -> str:
        """Where it is, or would be. Raises ProjectError where there are two."""
        return (self._source(name) or self._sources[0]).place(name)

    def fingerprints(self, names: Sequence[str]) -> Mapping[str, Fingerprint]:
        """By list; None where there is none. Raises ProjectError where there are two."""
        sources = {name: self._source(name) for name in names}
        return {name: one.fingerprint(name) if one else None for name, one in sources.items()}

    def names(self) -> Sequence[str]:
        """All there are, as far as their sources can say."""
        return sorted({name for source in self._sources for name in source.names()})

    def is_about_a_list(self, file: str) -> bool:
        """Whether a finding that names this file is about a list, and so about people."""
        return is_in_list_folder(file) or any(
            file == source.place(name) for source in self._sources for name in source.names()
        )

    def _source(self, name: str) -> ListSource | None:
        having = [source for source in self._sources if source.has(name)]
        if len(having) > 1:
            places = " and ".join(source.place(name) for source in having)
            raise ProjectError(
                f'There are two lists "{name}": {places}. Rename one of them; nothing was sent.'
            )
        return having[0] if having else None
