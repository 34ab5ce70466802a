"""What the tests of the stages before sending share."""

from __future__ import annotations

import pytest

from tests.conftest import REPOSITORY


@pytest.fixture(scope="session")
def portrait() -> bytes:
    """A real JPEG."""
    return (REPOSITORY / "issues/2025-08/images/portrait.jpg").read_bytes()
