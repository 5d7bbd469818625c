"""The kind of work that robots are: how the engine has one attempt of a run done."""
