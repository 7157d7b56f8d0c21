"""What MLflow runs to serve a registered spec: rows of JSON in, scores out.

    model = mlflow.pyfunc.load_model("models:/reward-tool-calls@production")
    model.predict([{"messages": "[]", "tools": "[...]", "reference": "{...}", "reply": "{...}"}])
    -> [Scored(value=1.0, exact=True, tier="exact", ...)]

MLflow keeps this file and the code it needs beside the spec ("models from code": nothing pickled)
and executes it when the model is loaded, so it imports MLflow and names its model at the top.
Nothing else imports it.
"""

from typing import Any

import mlflow
import msgspec
from pydantic import BaseModel

from tasks.core.records import Message, Reference, Reply, Tool
from tasks.rewards import Prompt
from tasks.rewards.specification.spec import load_spec


class Row(BaseModel):
    """One reply to be scored; each field is the record of that name as JSON."""

    messages: str = "[]"
    tools: str
    reference: str
    """`null` where there is none."""
    item: str = "{}"
    """The row's other columns."""
    reply: str


class Scored(BaseModel):
    """A `Score`; `value` is None where the row is unscored."""

    value: float | None = None
    exact: bool
    tier: str
    behaviour: str
    components: dict[str, float]
    reason: str


class RegisteredSpec(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def load_context(self, context: mlflow.pyfunc.PythonModelContext) -> None:
        """Load the spec, and refuse where the code at hand is not the code that was registered."""
        self.spec = load_spec(context.artifacts["spec"])
        registered = context.model_config["sha"]
        if self.spec.sha != registered:
            raise mlflow.MlflowException(
                f"the reward {self.spec.name} {self.spec.version} was registered as "
                f"{registered[:12]}, but with the rewards imported here it is "
                f"{self.spec.sha[:12]}: load it in a new process outside the project, where the "
                "code kept with the model is used"
            )

    def predict(self, model_input: list[Row]) -> list[Scored]:
        prompts = [
            Prompt(
                msgspec.json.decode(row.messages, type=tuple[Message, ...]),
                msgspec.json.decode(row.tools, type=tuple[Tool, ...]),
                msgspec.json.decode(row.reference, type=Reference | None),
                msgspec.json.decode(row.item, type=dict[str, Any]),
            )
            for row in model_input
        ]
        replies = [msgspec.json.decode(row.reply, type=Reply) for row in model_input]
        scores = self.spec.batch(prompts, replies)
        return [Scored(**msgspec.structs.asdict(score)) for score in scores]


mlflow.models.set_model(RegisteredSpec())
