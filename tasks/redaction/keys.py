"""The key of the surrogates: where it lies, what it is called, and a person's hash under it.

.ratchet/redaction.key      64 hex digits, mode 0600, outside of git, DVC and MLflow
key_id(key)                 "5b0e3c91a7d2", in the manifest of everything redacted under it
person_hash(key, "mia@example.com")   as in `Invocation.persons` and `Example.persons`
"""

import hmac
import os
import stat
from pathlib import Path

from tasks.core.errors import StageError

DEFAULT_KEY = Path(".ratchet/redaction.key")
_WANTED = "expected 64 of them, as `openssl rand -hex 32` gives"


def load_key(named: str = "", *, made_before: bool = False) -> bytes:
    """Read the key of the surrogates, or make one where none was ever used.

    Args:
        named: a file (`RATCHET_KEY_FILE`); empty: `.ratchet/redaction.key` in this folder.
        made_before: redacted data exists here already, so a new key would not fit it.

    Raises:
        StageError: the file is missing where it must not be, readable by others, below `data/`,
            or holds no key.
    """
    path = Path(named) if named else DEFAULT_KEY
    if Path("data").resolve() in path.resolve().parents:
        raise StageError(f"key file {path} lies in data/, which is versioned; move it elsewhere")
    if not path.exists():
        if named or made_before:
            raise StageError(
                f"key file {path} is missing: bring it back, or raise redact.key_rotation in "
                "params.yaml to have everything redacted again under a new key"
            )
        _make(path)
    key = _read(path)
    if len(key) < 32:
        raise StageError(f"key file {path} holds {len(key)} bytes; {_WANTED}, at least 32 bytes")
    return key


def rotate_key(used: str, named: str = "") -> bytes:
    """The key to redact everything again with, where data was made under key `used` (its id).

    The old key stays beside the new one as `redaction.key.<id>`: who has to find a person in an
    older dataset version needs it.

    Args:
        used: `key_id` of the key that is to be used no more.
        named: a file that you keep yourself (`RATCHET_KEY_FILE`); it must hold another key already.

    Raises:
        StageError: as `load_key`, or the named file still holds the old key.
    """
    path = Path(named) if named else DEFAULT_KEY
    if named or not path.exists():
        key = load_key(named)
        if key_id(key) == used:
            raise StageError(
                f"redact.key_rotation was raised, but key file {path} still holds key {used}: put "
                "another key there, 64 hex digits, as from `openssl rand -hex 32`"
            )
        return key
    key = load_key()
    # Another key than the one used: a rotation that was interrupted has made it.
    if key_id(key) != used:
        return key
    path.rename(path.with_name(f"{path.name}.{used}"))
    return load_key()


def keys_before(named: str = "") -> list[bytes]:
    """The keys that rotations have left beside the one in use, as `redaction.key.<id>`.

    Who has to find a person in an older dataset version needs them.

    Args:
        named: as in `load_key`; old keys of a file of your own are kept beside it in the same way.

    Raises:
        StageError: as `load_key`.
    """
    path = Path(named) if named else DEFAULT_KEY
    found = [
        (load_key(str(old)), old.suffix[1:]) for old in sorted(path.parent.glob(f"{path.name}.*"))
    ]
    return [key for key, name in found if key_id(key) == name]


def key_id(key: bytes) -> str:
    """A short name of the key that gives nothing of it away; 12 hex digits."""
    return hmac.digest(key, b"key id", "sha256").hex()[:12]


def mark(key: bytes, kind: str, text: str) -> str:
    """Keyed hash of a text, 32 hex digits: tells equal from different and no more."""
    message = f"mark|{kind}|{text}".encode()
    return hmac.digest(key, message, "sha256").hex()[:32]


def person_hash(key: bytes, value: str) -> str:
    """What stands for a person in `persons` of records and examples, from the clear value.

    Args:
        key: of the surrogates, as `load_key` reads it.
        value: what stood in the logs under one of `redact.person_keys` (`mia_li_3668`), or the
            e-mail address that stood in a call's metadata. Case and runs of spaces do not count.

    Returns:
        32 hex digits. A person who appears under several values (an id and an address) has a hash
        for each: ask for every value that is known. Records that were redacted under another key
        hold other hashes, see `key_id` and `info["key_id"]` of the manifest.
    """
    return mark(key, "PERSON", " ".join(value.lower().split()))


def _read(path: Path) -> bytes:
    try:
        status = path.stat()
        mode = stat.S_IMODE(status.st_mode)
        # A secret that a container is given belongs to root, and this user reads it by its group.
        others = 0o077 if status.st_uid == os.geteuid() else 0o007
        if mode & others:
            raise StageError(
                f"key file {path} has mode {mode:04o}: expected that nobody else may read it; run "
                f"`chmod 600 {path}`"
            )
        return bytes.fromhex(path.read_text().strip())
    except ValueError as error:
        raise StageError(f"key file {path} holds something else than hex digits; {_WANTED}") from (
            error
        )
    except OSError as error:
        raise StageError(
            f"key file {path} cannot be read: {error.strerror}; expected a file that the user who "
            "runs this owns, with mode 0600. Correct that, or name another in RATCHET_KEY_FILE"
        ) from error


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(os.urandom(32).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
