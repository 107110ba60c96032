from pathlib import Path

import pytest

from catalogue_maker import message_files
from vllm_qualify.catalogue import messages, reading

ORDER = ["0.9.0", "0.10.0", "0.11.0"]
ONE, TWO = '["word","vllm/b.py","f","X",["a word"],[],[],[],""]', '["","vllm/a.py","f","X",[],[],[],[],"raise X"]'


def test_a_statement_is_one_line_with_its_releases() -> None:
    """Sorted, so that it is found by halves."""
    text = message_files.text({"0.10.0": [ONE], "0.11.0": [ONE, TWO]}, ORDER)

    assert text == f'{TWO[:-1]},"0.11.0.."]\n{ONE[:-1]},"0.10.0.."]\n'


def test_what_was_written_is_read() -> None:
    """So that one release can be put in without the others."""
    said = {"0.9.0": {ONE}, "0.10.0": set(), "0.11.0": {ONE, TWO}}

    assert message_files.read(message_files.text(said, ORDER), ORDER) == said


@pytest.mark.parametrize("package", messages.packages())
def test_the_file_is_what_the_maker_writes(package: str) -> None:
    """Reading the file of the repository and writing it again changes no byte: nobody wrote in it by hand."""
    written = Path(str(reading.folder() / messages.FOLDER / f"{package}.jsonl")).read_text(encoding="utf-8")

    order = messages.order()
    assert message_files.text(message_files.read(written, order), order) == written
