# The CPU side: Prefect, MLflow, curation, gates, canary, gateway. vLLM needs an image of its own.
FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends git make && rm -rf /var/lib/apt/lists/*
WORKDIR /ratchet
COPY pyproject.toml constraints.txt README.md ./
COPY cli cli
COPY flows flows
COPY tasks tasks
RUN pip install --no-cache-dir -c constraints.txt -e ".[train,orchestrate]" psycopg2-binary asyncpg
COPY . .
RUN git config --system --add safe.directory '*' \
    && useradd --create-home --uid 1000 ratchet
USER ratchet
CMD ["ratchet", "--help"]
