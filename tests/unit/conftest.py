"""What the tests of the stages before sending share.

Property tests try the same values in every run; new ones with HYPOTHESIS=wild (and more of them).
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests.conftest import REPOSITORY, ProjectFolder
from tests.newsroom import Newsroom

settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("wild", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS", "steady"))


@pytest.fixture
def newsroom(project: ProjectFolder) -> Newsroom:
    """Issue 2030-01 of the test project: one section of kind text, for everyone."""
    return Newsroom(project)


@pytest.fixture(scope="session")
def portrait() -> bytes:
    """A real JPEG."""
    return (REPOSITORY / "issues/2025-08/images/portrait.jpg").read_bytes()
