"""What params.yaml may say.

`params.yaml` holds every knob that changes a result; one section a step. It is copied into
`dvc.lock` and git, so hosts, tokens and keys are never in it: they come from the environment
(`tasks/core/services.py`). A step is given its own section and nothing else. The sections of the
data stages are in `curation_settings`.
"""

import itertools
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from tasks.core.curation_settings import PARAMS_FILE, CurationParams, load_as
from tasks.core.section import Section


class RewardSettings(Section):
    spec: str
    """Path of the reward spec, a YAML file."""
    max_unscored: float = Field(default=0.01, ge=0, le=1)


class ModelSettings(Section):
    path: str
    """Folder of a transformers model and its tokenizer (or a hub name, where a hub is reached)."""
    name: str
    """Name of the registered model in MLflow."""
    max_new_tokens: int = Field(gt=0)
    temperature: float = Field(default=0.0, ge=0)
    """At which production generates; 0 takes the likeliest token. Gate and canary judge it so."""
    engine: Literal["transformers", "vllm"] = "transformers"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """In which a model generates; `auto` is bfloat16 on a GPU and float32 on a CPU."""
    engine_options: dict[str, Any] = {}
    """Handed to the engine as they are: arguments of vLLM's `LLM`, or of transformers'
    `from_pretrained`, as `{gpu_memory_utilization: 0.6}`."""
    dialect: str = "auto"
    """How it writes calls: a file in `tasks/dialects/`, a dotted path to a module of yours, or
    `auto`, which finds it from the chat template."""
    template_options: dict[str, Any] = {}
    """Variables of the chat template, as `{enable_thinking: false}`."""
    template_lacks: tuple[Literal["system", "tools", "results"], ...] = ()
    """What the chat template is known to leave out of the prompt; anything else missing stops."""
    date: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    """What a chat template that asks for today's date is told, as `2026-01-01`; empty: that one."""
    batch_size: int = Field(default=128, gt=0)


class BaselineSettings(Section):
    samples: int = Field(gt=0)
    """Sampled completions for each validation example, beside the greedy one."""
    temperature: float = Field(gt=0)
    limit: int = Field(gt=0)
    """Validation examples used at the most."""
    max_reward: float = Field(gt=0, le=1)
    """A base whose mean reward is above this has nothing to gain: training is refused."""
    seed: int


class LoraSettings(Section):
    rank: int = Field(gt=0)
    alpha: int = Field(gt=0)


class TrainSettings(Section):
    steps: int = Field(gt=0)
    learning_rate: float = Field(gt=0)
    prompts_per_step: int = Field(gt=0)
    generations: int = Field(ge=2)
    """Completions of one prompt that are compared with each other (GRPO's group)."""
    temperature: float = Field(gt=0)
    beta: float = Field(ge=0)
    """Weight of the KL divergence to the base; 0 keeps no reference model in memory."""
    bf16: bool
    gradient_checkpointing: bool = False
    micro_batch: int = Field(default=128, gt=0)
    """Completions in one backward pass, the rest is accumulated: bounds memory, not the result."""
    lora: LoraSettings | None = None
    """None trains all weights."""
    validate_every: int = Field(gt=0)
    """Steps between scorings on validation; the best of these checkpoints is kept."""
    validation_limit: int = Field(default=200, gt=0)
    max_prompt_tokens: int = Field(gt=0)
    """Longer prompts are left out of training and counted, never cut."""
    max_skipped: float = Field(default=0.05, ge=0, le=1)
    """Largest share of prompts that may be too long or that the chat template may refuse; above it
    the run stops, because what is left would be another problem."""
    grpo: dict[str, Any] = {}
    """Fields of TRL's GRPOConfig, as `loss_type: dr_grpo`, over the defaults in
    tasks/learning/grpo_options.py."""
    control: Literal["none", "random_reward", "shuffled_reference"] = "none"
    """For experiments: a run whose reward carries no information must show no lift."""
    seed: int


class EvaluateSettings(Section):
    samples: int = Field(gt=0)
    temperature: float = Field(gt=0)
    better_prompt: str
    """System text of the arm that changes the prompt and nothing else."""
    seed: int


class EndpointSettings(Section):
    """A model that is served elsewhere."""

    url: str
    """Base URL without `/v1`, of any service with OpenAI's chat completions."""
    model: str = ""
    """Its name there."""
    key_variable: str = ""
    """Environment variable with the key that it asks for."""


class GateSettings(Section):
    alpha: float = Field(gt=0, lt=1)
    min_clusters: int = Field(default=10, ge=2)
    slice_alpha: float = Field(gt=0, lt=1)
    slice_floor: float = Field(ge=0, le=2)
    """A slice may not lose more than this once chance is allowed for, whatever its size says."""
    slice_min: int = Field(gt=0)
    """A slice with fewer examples is reported as one that cannot be judged, unless it lost."""
    critical: tuple[str, ...] = ()
    """Tools that must be shown not worse than the base; behaviours must be in any case."""
    critical_margin: float = Field(default=0.1, gt=0, lt=1)
    """By how much a critical slice may be worse."""
    over_refusal_margin: float = Field(gt=0, le=1)
    judge: EndpointSettings | None = None
    """A chat model that judges texts; None: rules read them, and the verdict says so."""


class GuardrailSettings(Section):
    """What may not get worse in a canary, beside the outcome of sessions."""

    name: str
    """A file of tasks/evidence/guardrails, or the dotted path of a module of yours."""
    margin: float | None = Field(default=None, gt=0, lt=1)
    """By how much it may be worse; None takes the guardrail's own."""
    options: dict[str, Any] = {}


class RampSettings(Section):
    """From so many judged sessions on, this share of new sessions sees the challenger."""

    sessions: int = Field(ge=0)
    share: float = Field(gt=0, lt=1)


class CanarySettings(Section):
    share: float = Field(gt=0, lt=1)
    """Of new sessions that see the challenger, where no step of the ramp says otherwise."""
    ramp: tuple[RampSettings, ...] = ()
    """Steps in order, as 0.05 from 0, 0.25 from 1,000 and 0.5 from 3,000 sessions on."""
    guardrails: tuple[GuardrailSettings, ...] = ()
    """Each must be shown not worse by its margin before a promotion."""
    alpha: float = Field(gt=0, lt=1)
    margin: float = Field(ge=0, lt=1)
    """Non-inferiority margin on session success."""
    min_sessions: int = Field(gt=0)
    """Sessions on the challenger before it may be promoted."""
    min_hours: float = Field(default=0, ge=0)
    """From the first session to the last before a promotion; a gap counts as an hour at most."""
    max_missing: float = Field(default=0.2, gt=0, le=1)
    """Share of sessions without an outcome above which nothing can be decided."""
    max_sessions: int = Field(gt=0)
    """Sessions in all; then the verdict is INCONCLUSIVE and the champion stays."""
    look_every: int = Field(gt=0)
    timeout_s: float = Field(gt=0)
    """Of one request; a session that runs into it counts as failed."""
    outcome_s: float = Field(default=3600, gt=0)
    """Seconds after a session's start in which its feedback must arrive; later it has failed."""
    max_hours: float = Field(default=72, gt=0)
    """Then the verdict is INCONCLUSIVE, however few sessions came."""
    traffic: str = ""
    """Dotted path of a module with `visitors(seed)`, simulated users; empty: real users."""
    users: int = Field(default=24, gt=0)
    """Simulated users at one time."""
    seed: int = 0
    """Of the simulated users."""
    port: int = Field(default=0, ge=0, lt=65536)
    """Of the router on this machine; 0 takes a free one and says which."""

    def share_after(self, sessions: int) -> float:
        """The share of new sessions once so many were judged."""
        reached = [step.share for step in self.ramp if step.sessions <= sessions]
        return reached[-1] if reached else self.share

    @model_validator(mode="after")
    def _climbs(self) -> "CanarySettings":
        steps = [(step.sessions, step.share) for step in self.ramp]
        if any(b[0] <= a[0] or b[1] < a[1] for a, b in itertools.pairwise(steps)):
            raise ValueError("ramp: expected steps at more and more sessions, with growing shares")
        if self.outcome_s > 3600 * self.max_hours:
            raise ValueError(
                f"outcome_s is {self.outcome_s:g} s, longer than max_hours: no session could be "
                "finished; raise max_hours"
            )
        names = [guardrail.name for guardrail in self.guardrails]
        if len({*names}) < len(names):
            raise ValueError("guardrails: each name may stand there once")
        return self


class CheckSettings(Section):
    """A rule on replies while they are served."""

    reward: Literal["policy", "pii_leak", "json_schema"]
    mode: Literal["observe", "block"] = "observe"
    options: dict[str, Any] = {}
    """As in a reward spec."""
    below: float = Field(default=1.0, gt=0, le=1)
    """A reply that scores less breaks the rule."""


class ServeSettings(Section):
    """The gateway of `ratchet serve`."""

    host: str = "127.0.0.1"
    """Beyond this machine only with callers' keys."""
    port: int = Field(default=8000, ge=0, lt=65536)
    champion: EndpointSettings | None = None
    """Where production's model is served by others; None serves the version under the alias."""
    timeout_s: float = Field(default=60, gt=0)
    """Of one request, and of each piece of a streamed one."""
    keep_warm_s: float = Field(default=900, ge=0)
    """How long the champion of before stays ready after a change."""
    max_body_bytes: int = Field(default=4 * 2**20, gt=0)
    max_concurrent: int = Field(default=256, gt=0)
    requests_per_minute: int = Field(default=0, ge=0)
    """Of each caller; 0 sets no rate."""
    trace_share: float = Field(default=0.0, ge=0, le=1)
    """Of the sessions that are kept as logs for the next dataset."""
    checks: tuple[CheckSettings, ...] = ()


class PromoteSettings(Section):
    approval: Literal["automatic", "manual"]


class ComputeSettings(Section):
    python: str = ""
    """Interpreter of the environment in which models are trained and served; empty: this one."""
    threads: int = Field(default=1, gt=0)


class Params(CurationParams):
    """The whole of params.yaml."""

    model_config = ConfigDict(extra="forbid")

    reward: RewardSettings
    model: ModelSettings
    baseline: BaselineSettings
    train: TrainSettings
    evaluate: EvaluateSettings
    gate: GateSettings
    canary: CanarySettings
    serve: ServeSettings = ServeSettings()
    promote: PromoteSettings
    compute: ComputeSettings


def load(path: Path = Path(PARAMS_FILE)) -> Params:
    """Read and check params.yaml.

    Raises:
        SettingsError: no such file, no YAML, or a value that cannot be; names key and cure.
    """
    return load_as(Params, path)
