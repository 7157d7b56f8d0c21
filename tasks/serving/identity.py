"""Whether a server serves the weights that were registered, as far as it can be seen from outside.

    verified("http://127.0.0.1:40321", models:/agent/3)
    -> Target(uri="models:/agent/3", identity="verified", …)

Our own server tells the sha256 of what it loaded. vLLM tells the folder (`root` in /v1/models),
whose files are hashed here where this machine has them. A server that tells neither is written down
as `unverified`, and never taken for more; one that tells other weights is refused.
"""

from pathlib import Path

import httpx
import msgspec

from tasks.core.errors import EvidenceError
from tasks.learning import checkpoints
from tasks.learning.learned import Registered
from tasks.serving.targets import Target


class _Model(msgspec.Struct):
    id: str
    root: str | None = None
    weights_sha256: str = ""
    files_sha256: str = ""


class _Listed(msgspec.Struct):
    data: list[_Model]


def verified(url: str, registered: Registered, *, key_variable: str = "") -> Target:
    """The server as a target for this version.

    Raises:
        EvidenceError: it does not answer, has no such model, or serves other weights.
    """
    model = _listed(url, registered)
    known = model.weights_sha256
    if not known and model.root and Path(model.root).is_dir():
        known = checkpoints.weights_sha256(Path(model.root))
    if known and known != registered.weights_sha256:
        raise EvidenceError(
            f"{url} serves weights {known[:12]}… under the name {model.id}, but {registered.uri} "
            f"has {registered.weights_sha256[:12]}…: start that server with this version"
        )
    if model.files_sha256 and model.files_sha256 != registered.files_sha256:
        raise EvidenceError(
            f"{url} serves the weights of {registered.uri} with another tokenizer or chat template "
            f"({model.files_sha256[:12]}…, registered {registered.files_sha256[:12]}…)"
        )
    return Target(
        url=url,
        model=model.id,
        uri=registered.uri,
        weights_sha256=registered.weights_sha256,
        identity="verified" if known else "unverified",
        key_variable=key_variable,
    )


def _listed(url: str, registered: Registered) -> _Model:
    try:
        answer = httpx.get(f"{url}/v1/models", timeout=10, trust_env=False).raise_for_status()
        models = msgspec.json.decode(answer.content, type=_Listed).data
    except (httpx.HTTPError, msgspec.DecodeError, msgspec.ValidationError) as error:
        raise EvidenceError(f"{url}/v1/models does not say what it serves: {error}") from error
    for model in models:
        if model.id == registered.uri:
            return model
    raise EvidenceError(
        f"{url} serves {', '.join(model.id for model in models) or 'nothing'}, not "
        f"{registered.uri}: start that server with this version and its name"
    )
