"""One file a family of commands of `ratchet`; each command's help is its docstring."""
