"""One section of a settings file: closed and immutable, so that nothing unknown goes unseen."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Base of every section: closed and immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)
