"""What all acceptance tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.scene import warm


@pytest.fixture(scope="package", autouse=True)
def _warm_processes() -> Iterator[None]:
    yield
    warm.close()
