"""What the tests of the stages before sending share."""

from __future__ import annotations

import pytest

from tests.conftest import REPOSITORY, ProjectFolder
from tests.newsroom import Newsroom


@pytest.fixture
def newsroom(project: ProjectFolder) -> Newsroom:
    """Issue 2030-01 of the test project: one section of kind text, for everyone."""
    return Newsroom(project)


@pytest.fixture(scope="session")
def portrait() -> bytes:
    """A real JPEG."""
    return (REPOSITORY / "issues/2025-08/images/portrait.jpg").read_bytes()
