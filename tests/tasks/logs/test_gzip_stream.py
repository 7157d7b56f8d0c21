import gzip
import random
import zlib

import pytest

from tasks.logs.gzip_stream import Broken, Limits, gunzip, is_gzip

LIMITS = Limits(free=1 << 20)


def unpack(packed: bytes, limits: Limits = LIMITS, size: int = 1000) -> bytes:
    chunks = (packed[at : at + size] for at in range(0, len(packed), size))
    return b"".join(gunzip(chunks, limits))


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_members_and_padding_are_unpacked_however_they_arrive(size: int) -> None:
    packed = gzip.compress(b"one\n") + gzip.compress(b"") + gzip.compress(b"two\n") + b"\0" * 20
    assert unpack(packed, size=size) == b"one\ntwo\n"


def test_more_than_one_piece_comes_whole() -> None:
    content = random.Random(0).randbytes(3 << 20)
    assert unpack(gzip.compress(content)) == content


def test_gzip_is_known_by_its_first_bytes() -> None:
    assert is_gzip(gzip.compress(b""))
    assert not is_gzip(b'{"a": 1}')


@pytest.mark.parametrize("kept", [5, 30, -9, -1])
def test_a_torn_file_gives_what_came_before_the_tear(kept: int) -> None:
    packed = gzip.compress(b"".join(b"%d\n" % n for n in range(2000)))
    found = b""
    with pytest.raises(Broken, match="torn-gzip"):
        for piece in gunzip([packed[:kept]], LIMITS):
            found += piece
    assert found == gzip.decompress(packed)[: len(found)]


def test_a_damaged_checksum_is_torn() -> None:
    packed = bytearray(gzip.compress(b"one\n"))
    packed[-8] ^= 1
    with pytest.raises(Broken, match="torn-gzip: expected gzip data"):
        unpack(bytes(packed))


def test_other_bytes_after_the_last_member_are_torn() -> None:
    with pytest.raises(Broken, match="torn-gzip"):
        unpack(gzip.compress(b"one\n") + b"{}")


def test_a_bomb_is_stopped_at_its_ratio() -> None:
    packer = zlib.compressobj(wbits=31)
    packed = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(64)) + packer.flush()
    seen = 0
    with pytest.raises(Broken, match="gzip-bomb: expected at most 200 times"):
        for piece in gunzip([packed], LIMITS):
            seen += len(piece)
    assert seen < 20 << 20


def test_a_little_that_repeats_itself_is_no_bomb() -> None:
    line = b'{"a": "the same"}\n' * 20_000
    assert len(line) / len(gzip.compress(line)) > 200
    assert unpack(gzip.compress(line)) == line


def test_no_object_may_grow_without_end() -> None:
    with pytest.raises(Broken, match="gzip-bomb: expected at most 10 unpacked bytes"):
        unpack(gzip.compress(b"01234567890"), Limits(unpacked=10))
