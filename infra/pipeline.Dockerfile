# The CPU side: Prefect, MLflow, curation, gates, canary. No vLLM: see the design note in DECISIONS.md.
FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends git make && rm -rf /var/lib/apt/lists/*
WORKDIR /ratchet
COPY pyproject.toml constraints.txt README.md ./
COPY flows flows
COPY tasks tasks
RUN pip install --no-cache-dir -c constraints.txt -e . psycopg2-binary
COPY . .
RUN git config --global --add safe.directory '*'
CMD ["ratchet", "--help"]
