"""Attacks a reward spec before a model does: what is wrong must not pay, what is right must.

situations   a small office of tools, with what is right in each case and what a base may say
suite        the attacks, each a way to earn without doing what was asked
verdict      runs them, and says whether the spec may train
"""
