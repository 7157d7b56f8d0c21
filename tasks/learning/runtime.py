"""Settles PyTorch and transformers for the length of one step: threads, and what they print."""

import logging
import warnings


def settle(threads: int) -> None:
    """Compute on so many threads, and leave the terminal to the step's own progress bar.

    Small models are quickest on one thread: with two on a shared core they wait for each other
    (8 times slower, measured).
    """
    import torch
    from transformers.utils import logging as transformers_logging

    torch.set_num_threads(threads)
    transformers_logging.disable_progress_bar()
    # TRL calls transformers by names that version 6 will drop; nothing a user could do about it.
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    # TRL's warning about rewards that are all None prints the prompt and the completion: text of
    # users does not belong in a terminal or a log. The step counts what is unscored itself.
    logging.getLogger("trl.trainer.grpo_trainer").addFilter(_without_completions)


def _without_completions(record: logging.LogRecord) -> bool:
    return "reward functions returned None" not in record.getMessage()
