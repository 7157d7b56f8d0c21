"""Asks the Berkeley leaderboard's own checker, in an environment that has `bfcl-eval`.

    PYTHON bfcl_official_peers.py < questions.jsonl > verdicts.jsonl

A question is `{"functions", "calls", "accepted", "category"}`, a verdict true or false; the first
line out is the folder of the package's data. Its table of models is left out, as that imports the
clients of all services: the checker asks it for one thing, whether a model's names have dots.
"""

import json
import sys
import types
from pathlib import Path


def main() -> None:
    """Answer each line."""
    import bfcl_eval

    table = types.ModuleType("bfcl_eval.constants.model_config")
    plain = types.SimpleNamespace(underscore_to_dot=False)
    table.MODEL_CONFIG_MAPPING = {"any": plain}  # type: ignore[attr-defined]
    sys.modules[table.__name__] = table
    from bfcl_eval.constants.enums import Language
    from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker

    print(json.dumps(str(Path(bfcl_eval.__path__[0]) / "data")), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        verdict = ast_checker(
            asked["functions"], asked["calls"], asked["accepted"], Language.PYTHON,
            asked["category"], "any",
        )  # fmt: skip
        print(json.dumps(bool(verdict["valid"])))


if __name__ == "__main__":
    main()
