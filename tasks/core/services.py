"""Where servers and secrets are found: in the environment only, never in a file under git.

    MLFLOW_TRACKING_URI=http://127.0.0.1:5000 RATCHET_KEY_FILE=/run/secrets/redaction.key

Isolated from the settings because reading the environment takes longer to import than they do, and
most data stages need none of it.
"""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Services(BaseSettings):
    """Servers and secrets; from the environment only, never from a file under version control."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    mlflow_tracking_uri: str = ""
    """Empty: a SQLite file in the workspace."""
    prefect_api_url: str = ""
    """Empty: a server for the length of the command."""
    ratchet_key_file: str = ""
    """Key of the surrogates; empty: `.ratchet/redaction.key` in the workspace."""
    ratchet_router: str = ""
    """URL of a router that runs already, beside the workspace; empty: the canary starts its own."""
