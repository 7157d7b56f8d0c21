"""Settles PyTorch and transformers for the length of one step: threads, and what they print."""

import warnings


def settle(threads: int) -> None:
    """Compute on so many threads, and leave the terminal to the step's own progress bar.

    Small models are quickest on one thread: with two on a shared core they wait for each other
    (8 times slower, measured).
    """
    import torch
    from transformers.utils import logging

    torch.set_num_threads(threads)
    logging.disable_progress_bar()
    # TRL calls transformers by names that version 6 will drop; nothing a user could do about it.
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
