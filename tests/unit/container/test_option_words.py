from __future__ import annotations

import pytest

from vllm_qualify.container import option_words


@pytest.mark.parametrize(
    ("text", "size"), [("64", 64), ("64m", 64 << 20), ("16GiB", 16 << 30), ("1.5 kb", 1536), ("2g", 2 << 30)]
)
def test_size(text: str, size: int) -> None:
    """Units are binary, however they are written."""
    assert option_words.size(text) == size


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("1m30s", 90), ("2h", 7200), ("1.5s", 1.5)])
def test_seconds(text: str, seconds: float) -> None:
    """A duration as Compose has it, or a number."""
    assert option_words.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "x", "1d", "-1"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    """Neither of memory nor of time."""
    with pytest.raises(ValueError, match="is not a size"):
        option_words.size(text)
    with pytest.raises(ValueError, match="is not a duration"):
        option_words.seconds(text)


@pytest.mark.parametrize("text", ["", "a", "1-2:1-3", "2-1", "1:2:3:4", "80:"])
def test_what_is_no_port_is_refused(text: str) -> None:
    """A range is published as one of the same length."""
    with pytest.raises(ValueError, match="port"):
        option_words.ports(text)


def test_owners_are_no_part_of_a_container() -> None:
    """A candidate must not be taken for production's container by whoever looks after that."""
    labels = {"com.docker.compose.project": "a", "PODMAN_SYSTEMD_UNIT": "b", "traefik.enable": "true"}

    assert option_words.without_owners(labels) == {"traefik.enable": "true"}


@pytest.mark.parametrize("text", ["a:b", ":/x", "/a:"])
def test_what_is_no_mount_is_refused(text: str) -> None:
    """A target is a path of the container."""
    with pytest.raises(ValueError, match="is not a mount"):
        option_words.mount(text, folder="/")


def test_a_folder_of_the_home_stays_as_it_is_written() -> None:
    """Only the shell of its owner knows where that is."""
    assert str(option_words.mount("~/hf:/hf", folder="/srv")) == "~/hf:/hf"
